"""Objects from points that move together: a mask in every frame that has points of the object."""

from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from core.geometry import encode_mask
from core.motion_segmentation.config import SuggestConfig
from core.motion_segmentation.grouped import SILENT, Grouping
from core.motion_segmentation.masks import find_masks
from core.motion_segmentation.moving_with import APART, Picture, moving_with
from core.tracking.boxes import box_without_specks
from core.tracking.flow_stream import Images, one_thread_in_opencv
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories, Review


@dataclass(frozen=True, eq=False)
class _Seen:
    """An object at a frame."""

    frame: int
    box: np.ndarray
    runs: bytes
    confidence: float


class ObjectFinder:
    """Finds the objects of a clip in each of its frames.

    `for done in finder.steps(): ...` does the work and says how many frames are done; then
    `finder.trajectories()` has what was found. Closing `steps()` ends the work within a frame.

    An object lives as long as its points do: those that lie still at last, or before they move, are still
    points of it, and where none is left it ends.
    """

    def __init__(
        self, frames: Images, points: PointTrajectories, grouping: Grouping, config: SuggestConfig
    ) -> None:
        """Args:
        frames: the clip's.
        points: of the clip, and `grouping` what they belong to.
        """
        self._frames, self._points, self._grouping, self._config = frames, points, grouping, config
        self._seen: dict[int, list[_Seen]] = defaultdict(list)
        self._pictures: dict[int, Picture] = {}

    def steps(self) -> Generator[int, None, None]:
        """Frames done so far, after each.

        Raises:
            StudioError: a frame cannot be read.
        """
        wanted = self._worth_while()
        with one_thread_in_opencv():
            for frame in range(len(self._frames)):
                self._read_to(frame + APART)
                self._look(frame, wanted)
                self._pictures.pop(frame - APART, None)
                yield frame + 1

    def trajectories(self) -> list[ObjectTrajectory]:
        """What was found, surest first."""
        found = [self._packed(seen) for seen in self._seen.values() if len(seen) >= self._config.shortest]
        sure = [one for one in found if one.confidence.mean() >= self._config.least_confidence]
        return sorted(sure, key=lambda one: -float(one.confidence.mean()))

    def _worth_while(self) -> np.ndarray:
        """(G + 1,) bool, which groups have enough points in their best frame, and live long enough."""
        points, groups = self._points, self._grouping.groups
        count = int(groups.max(initial=0)) + 1
        of_object = np.flatnonzero(groups[points.owner] > 0)
        frames = int(points.frame.max(initial=-1)) + 1
        places = groups[points.owner[of_object]] * frames + points.frame[of_object]
        there = np.bincount(places, minlength=count * frames).reshape(count, frames)
        most, life = there.max(axis=1, initial=0), (there > 0).sum(axis=1)
        return np.asarray((most >= self._config.fewest) & (life >= self._config.shortest))

    def _read_to(self, last: int) -> None:
        """Read frames on to one; each is read once."""
        for frame in range(max(self._pictures, default=-1) + 1, min(last + 1, len(self._frames))):
            self._pictures[frame] = Picture.of(self._frames[frame])

    def _look(self, frame: int, wanted: np.ndarray) -> None:
        rows = self._points.at(frame)
        owner = self._points.owner[rows]
        groups = self._grouping.groups[owner]
        if not wanted[np.maximum(groups, 0)].any():
            return
        says = groups != SILENT
        rows, owner, groups = rows[says], owner[says], groups[says]
        weights = self._grouping.belonging[owner]
        numbers = [number for number in np.unique(groups).tolist() if wanted[number]]
        moving = moving_with(self._points, self._grouping.groups, numbers, frame, self._pictures)
        found = find_masks(self._pictures[frame], self._points.xy[rows], groups, weights, numbers, moving)
        for number, one in found.items():
            box = box_without_specks(one.mask)
            if box is not None:
                self._seen[number].append(_Seen(frame, box, encode_mask(one.mask), one.confidence))

    def _packed(self, seen: list[_Seen]) -> ObjectTrajectory:
        return ObjectTrajectory(
            frames=np.array([one.frame for one in seen], np.int32),
            boxes=np.array([one.box for one in seen], np.float32),
            origin=np.full(len(seen), Origin.PROPAGATED, np.uint8),
            confidence=np.array([one.confidence for one in seen], np.float32),
            masks=tuple(one.runs for one in seen),
            review=Review.SUGGESTED,
        )
