"""What a clip holds at one frame, as arrays to draw and to point at."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.trajectories.model import KEYFRAMES, ObjectTrajectory, PointTrajectories, Review
from core.trajectories.sight import occluded


@dataclass(frozen=True, eq=False)
class ObjectHere:
    """An object trajectory at a frame where it has an observation, at `place` of its arrays."""

    trajectory: ObjectTrajectory
    place: int

    @property
    def id(self) -> int:
        return self.trajectory.id

    @property
    def box(self) -> np.ndarray:
        """(4,) float32."""
        return self.trajectory.boxes[self.place]

    @property
    def mask(self) -> bytes | None:
        return self.trajectory.masks[self.place]

    @property
    def keyframe(self) -> bool:
        return int(self.trajectory.origin[self.place]) in KEYFRAMES

    @cached_property
    def occluded(self) -> bool:
        return bool(occluded(self.trajectory)[self.place])

    @property
    def rejected(self) -> bool:
        return self.trajectory.review == Review.REJECTED

    @property
    def suggested(self) -> bool:
        return self.trajectory.review == Review.SUGGESTED


@dataclass(frozen=True, eq=False)
class Scene:
    """The trajectories of a clip that have an observation at a frame and pass the filter.

    Attributes:
        frame: the frame.
        points: all point trajectories of the clip.
        places: (K,) int64, those here, as places in `points`.
        rows: (K,) int64, their observations here, as places in `points.xy`.
        objects: the object trajectories here, the largest box first.
    """

    frame: int
    points: PointTrajectories
    places: np.ndarray
    rows: np.ndarray
    objects: tuple[ObjectHere, ...]

    @cached_property
    def ids(self) -> np.ndarray:
        """(K,) int64, of the points here."""
        return self.points.ids[self.places]

    @cached_property
    def xy(self) -> np.ndarray:
        """(K, 2) float32, where the points here are."""
        return self.points.xy[self.rows]

    @cached_property
    def boxes(self) -> np.ndarray:
        """(J, 4) float32, of the objects here."""
        return np.array([one.box for one in self.objects], np.float32).reshape(-1, 4)

    @cached_property
    def _object_by_id(self) -> dict[int, ObjectHere]:
        return {one.id: one for one in self.objects}

    def object(self, trajectory_id: int) -> ObjectHere | None:
        """The object of an id; None where it is no object or not here."""
        return self._object_by_id.get(trajectory_id)

    def point(self, trajectory_id: int) -> int | None:
        """Where a point stands in `ids`, `xy`, `rows`; None where it is no point or not here."""
        place = int(np.searchsorted(self.ids, trajectory_id))
        return place if place < len(self.ids) and self.ids[place] == trajectory_id else None

    def among(self, ids: Set[int]) -> "Scene":
        """The part that belongs to some trajectories."""
        kept = np.isin(self.ids, np.fromiter(ids, np.int64, len(ids)))
        objects = tuple(one for one in self.objects if one.id in ids)
        return Scene(self.frame, self.points, self.places[kept], self.rows[kept], objects)

    def without(self, trajectory_id: int) -> "Scene":
        """All but one trajectory."""
        kept = self.ids != trajectory_id
        objects = tuple(one for one in self.objects if one.id != trajectory_id)
        return Scene(self.frame, self.points, self.places[kept], self.rows[kept], objects)

    def layer(self, *, points: bool, objects: bool) -> "Scene":
        """Only the points, only the objects, both or nothing."""
        end = len(self.places) if points else 0
        kept = self.objects if objects else ()
        return Scene(self.frame, self.points, self.places[:end], self.rows[:end], kept)


EMPTY_POINTS = PointTrajectories.pack([], [])


@dataclass(frozen=True, eq=False)
class ClipTracks:
    """The trajectories of a clip and which of them are shown.

    Attributes:
        points: by ascending id.
        objects: id → object.
        shown: ids that the filter leaves; None for all.
    """

    points: PointTrajectories = EMPTY_POINTS
    objects: Mapping[int, ObjectTrajectory] = field(default_factory=dict)
    shown: frozenset[int] | None = None

    @cached_property
    def labels(self) -> frozenset[str]:
        """Those of the trajectories that are shown, the empty one for those without."""
        names, which = self.points.label_places
        of_points = {names[place] for place in np.unique(which[self._kept])}
        of_objects = {
            one.label for one in self.objects.values() if self.shown is None or one.id in self.shown
        }
        return frozenset(of_points | of_objects)

    @cached_property
    def _kept(self) -> np.ndarray:
        if self.shown is None:
            return np.ones(len(self.points), bool)
        return np.isin(self.points.ids, np.fromiter(self.shown, np.int64, len(self.shown)))

    @cached_property
    def _last(self) -> np.ndarray:
        return self.points.last

    def at(self, frame: int) -> Scene:
        """What is at a frame: one pass over the trajectories, without an index of observations."""
        points = self.points
        places = np.flatnonzero((points.first <= frame) & (frame <= self._last) & self._kept)
        rows = points.offsets[places] + (frame - points.first[places])
        here = []
        for one in self.objects.values():
            place = one.place(frame)
            if place is not None and (self.shown is None or one.id in self.shown):
                here.append(ObjectHere(one, place))
        here.sort(key=lambda one: -float((one.box[2] - one.box[0]) * (one.box[3] - one.box[1])))
        return Scene(frame, points, places, rows, tuple(here))
