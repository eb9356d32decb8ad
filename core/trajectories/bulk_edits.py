"""What imports and jobs bring into the project, each one step of undo however large."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import func, select

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.model import KEYFRAMES, Kind, ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.recorder import Recorder
from core.trajectories.rule import Column, as_list
from core.trajectories.touched import accepted, carried_frames, touched_frames, touched_points
from core.trajectories.trajectory_rows import observation_columns
from core.trajectories.written import Written
from core.version import code_version


@dataclass(frozen=True, eq=False)
class AddClips:
    """Add clips with their annotated objects.

    Attributes:
        clips: each with its objects.
        warnings: sentences for whoever imports: what was irregular, and how it was taken.

    Raises:
        StudioError: the project already has a clip of that name.
    """

    clips: Sequence[tuple[Clip, Sequence[ObjectTrajectory]]]
    warnings: tuple[str, ...] = ()
    clip_id: None = None

    @property
    def text(self) -> str:
        return (
            f"Import {self.clips[0][0].name}" if len(self.clips) == 1 else f"Import {len(self.clips):,} clips"
        )

    @property
    def rows(self) -> int:
        return len(self.clips) + sum(object_rows(objects) for _, objects in self.clips)

    def write(self, rows: Recorder) -> None:
        taken = {clip.name for clip in store.clips(rows.connection)}
        for clip, _ in self.clips:
            if clip.name in taken:
                raise StudioError(f"The project already has a clip named {clip.name!r}; import it elsewhere.")
            taken.add(clip.name)
        heads = [
            {
                "name": clip.name,
                "dataset": clip.dataset,
                "width": clip.width,
                "height": clip.height,
                "root_id": store.root_id(rows.connection, clip.root),
                "files": list(clip.files),
                "timestamps": list(clip.timestamps),
                "keyframes": list(clip.keyframes),
                "annotator": clip.annotator,
                "use": clip.use.value,
                "start": clip.start,
                "step": clip.step,
                "upright": clip.upright,
            }
            for clip, _ in self.clips
        ]
        clip_ids = rows.insert(schema.clip, heads)
        provenance = store.add_provenance(rows.connection, "import", {}, code_version())
        for clip_id, (_, objects) in zip(clip_ids, self.clips, strict=True):
            add_objects(rows, clip_id, objects, provenance)


@dataclass(frozen=True, eq=False)
class ReplacePoints:
    """Put tracked points in the place of those tracked before, clip by clip.

    Point trajectories that a person touched in any way stay, and neither they nor those that a person
    deleted come again (see `touched.py`); clips that are gone since are passed over.

    Attributes:
        points: clip id → trajectories; their ids are ignored.
        job, settings: recorded as the provenance of the new rows.
    """

    points: Mapping[int, PointTrajectories]
    job: str = "track"
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def clip_id(self) -> int | None:
        return next(iter(self.points)) if len(self.points) == 1 else None

    @property
    def text(self) -> str:
        count = sum(len(points) for points in self.points.values())
        return f"Track {count:,} point{'s' if count != 1 else ''}"

    @property
    def rows(self) -> int:
        return sum(len(points) for points in self.points.values())

    def hold(self, held: Written) -> None:
        """Ask, without writing anything, whether it could be written.

        Raises:
            StudioError: it breaks a rule.
        """
        there = {clip.id for clip in store.clips(held.connection, self.points)}
        for clip_id in there:
            if len(self.points[clip_id]):
                held.insert_columns(schema.trajectory, _point_columns(clip_id, self.points[clip_id], 0))

    def write(self, rows: Recorder) -> None:
        rows.by_job = True
        provenance = store.add_provenance(rows.connection, self.job, dict(self.settings), code_version())
        there = {clip.id for clip in store.clips(rows.connection)}
        new = kept = left_out = 0
        for clip_id, points in self.points.items():
            if clip_id not in there:
                continue
            before = touched_points(rows.connection, clip_id)
            rows.delete(schema.trajectory, [(id,) for id in before.replaced])
            again = before.again(points)
            found = points.take(~again) if again.any() else points
            rows.insert_columns(schema.trajectory, _point_columns(clip_id, found, provenance))
            new, kept, left_out = new + len(found), kept + len(before.kept), left_out + int(again.sum())
        rows.text = f"Track {new:,} point{'s' if new != 1 else ''}"
        if kept or left_out:
            rows.text += f"; {kept:,} that a person touched stay, {left_out:,} known ones left out"


@dataclass(frozen=True, eq=False)
class FillObservations:
    """Fill the frames between keyframes with what the densifier found.

    Propagated observations made before are replaced; keyframes are never touched. Trajectories that are
    gone since, have no keyframes any more or have others than the densifier saw are left as they are;
    the text says how many. The job `densify` leaves objects that were accepted, and frames that a person
    cut, swapped, joined, took away or carried an object to beyond what was found (see `touched.py`).

    Attributes:
        objects: clip id → trajectory id → its propagated observations, with their flags.
        audit: clip id → trajectory id → keyframe → IoU of what is filled there when it is hidden; in a
            clip that is named here, keyframes that are not are no longer audited.
        made_from: trajectory id → `keyframes_digest` of what the densifier saw; one that is not named here
            counts as unchanged.
        span: (first, last) frames within which old observations are replaced; None for everywhere.
        job, settings: recorded as provenance.
        by_job: whether a job brings it in, else a person asked for it in the window.
    """

    objects: Mapping[int, Mapping[int, ObjectTrajectory]]
    span: tuple[int, int] | None = None
    job: str = "densify"
    settings: Mapping[str, Any] = field(default_factory=dict)
    audit: Mapping[int, Mapping[int, Mapping[int, float]]] = field(default_factory=dict)
    made_from: Mapping[int, str] = field(default_factory=dict)
    by_job: bool = True

    @property
    def clip_id(self) -> int | None:
        return next(iter(self.objects)) if len(self.objects) == 1 else None

    @property
    def text(self) -> str:
        return self._text(sum(map(len, self.objects.values())), 0)

    @property
    def rows(self) -> int:
        """As many as it brings, and as many that it takes away."""
        return 2 * sum(len(one.frames) for objects in self.objects.values() for one in objects.values())

    def hold(self, held: Written) -> None:
        """Ask, without writing anything, whether its observations could be written.

        Raises:
            StudioError: one of them breaks a rule.
        """
        for objects in self.objects.values():
            there = store.reviews(held.connection, objects)
            if there:
                found = [objects[id] for id in there]
                held.insert_columns(schema.observation, observation_columns(list(there), found))

    def write(self, rows: Recorder) -> None:
        rows.by_job = self.by_job
        store.add_provenance(rows.connection, self.job, dict(self.settings), code_version())
        filled, left, stay = 0, 0, 0
        whole: set[int] = set()
        for clip_id, objects in self.objects.items():
            there = [one for one in store.some_objects(rows.connection, objects) if self._is_unchanged(one)]
            unchanged = {one.id for one in there}
            kept: set[tuple[int, int]] = set()
            if self.job == "densify":
                whole |= accepted(rows.connection, unchanged)
                unchanged -= whole
                touched = touched_frames(rows.connection, clip_id, unchanged)
                kept = {(id, frame) for id, frames in touched.items() for frame in frames}
                carried = carried_frames(rows.connection, clip_id, unchanged, _reached(there, objects))
                kept |= {
                    place
                    for place in carried
                    if self.span is None or self.span[0] <= place[1] <= self.span[1]
                }
            keyframes = self._clear(rows, unchanged, kept)
            filling = {id: objects[id] for id in objects if id in unchanged}
            _insert_propagated(rows, filling, keyframes | kept)
            stay += len(kept)
            if clip_id in self.audit:
                _write_audit(rows, unchanged, self.audit[clip_id])
            _set_spans(rows, unchanged)
            filled, left = filled + len(unchanged), left + len(objects.keys() - unchanged - whole)
        rows.text = self._text(filled, left)
        if stay or whole:
            frames = f"{stay:,} frame{'s' if stay != 1 else ''} that a person edited" if stay else ""
            reviewed = f"{len(whole):,} accepted object{'s' if len(whole) != 1 else ''}" if whole else ""
            verb = "stays" if stay + len(whole) == 1 else "stay"
            rows.text += f"; {' and '.join(filter(None, (frames, reviewed)))} {verb}"

    def _clear(self, rows: Recorder, ids: set[int], kept: set[tuple[int, int]]) -> set[tuple[int, int]]:
        """Delete what was propagated within the span and is not kept; the keyframes there, id and frame."""
        o = schema.observation.c
        query = select(o.trajectory_id, o.frame, o.origin).where(o.trajectory_id.in_(ids))
        if self.span:
            query = query.where(o.frame.between(*self.span))
        there = rows.connection.execute(query).all()
        old = {(row.trajectory_id, row.frame) for row in there if row.origin == Origin.PROPAGATED}
        rows.delete(schema.observation, sorted(old - kept))
        return {(row.trajectory_id, row.frame) for row in there if row.origin in KEYFRAMES}

    def _is_unchanged(self, one: ObjectTrajectory) -> bool:
        digest = one.keyframes_digest()
        return len(one.keyframes) > 0 and self.made_from.get(one.id, digest) == digest

    def _text(self, filled: int, left: int) -> str:
        text = f"Densify {filled:,} object{'s' if filled != 1 else ''}"
        if self.span:
            text += f" in frames {self.span[0]} to {self.span[1]}"
        if left:
            text += f" ({left:,} changed meanwhile and {'was' if left == 1 else 'were'} left)"
        return text


def _reached(
    there: Sequence[ObjectTrajectory], found: Mapping[int, ObjectTrajectory]
) -> dict[int, tuple[int, int]]:
    """Object → the first and last frame of its keyframes and of what was found for it."""
    frames = {one.id: [*one.keyframes.tolist(), *found[one.id].frames.tolist()] for one in there}
    return {id: (min(some), max(some)) for id, some in frames.items()}


def _insert_propagated(
    rows: Recorder, objects: Mapping[int, ObjectTrajectory], keyframes: set[tuple[int, int]]
) -> None:
    if not objects:
        return
    columns = observation_columns(list(objects), list(objects.values()))
    places = zip(as_list(columns["trajectory_id"]), as_list(columns["frame"]), strict=True)
    new = np.array([place not in keyframes for place in places], bool)
    kept: dict[str, Column] = {
        name: values[new] if isinstance(values, np.ndarray) else list(itertools.compress(values, new))
        for name, values in columns.items()
    }
    count = int(new.sum())
    same: dict[str, Column] = {"origin": np.full(count, Origin.PROPAGATED), "overlap": [None] * count}
    rows.insert_columns(schema.observation, {**kept, **same})


def _write_audit(rows: Recorder, ids: set[int], audit: Mapping[int, Mapping[int, float]]) -> None:
    o = schema.observation.c
    query = select(o.trajectory_id, o.frame, o.overlap)
    query = query.where(o.trajectory_id.in_(ids), o.origin.in_([int(origin) for origin in KEYFRAMES]))
    new = {}
    for id, frame, old in rows.connection.execute(query):
        overlap = audit.get(id, {}).get(frame)
        if overlap != old:
            new[id, frame] = {"overlap": overlap}
    rows.update(schema.observation, new)


def object_rows(objects: Sequence[ObjectTrajectory]) -> int:
    """Rows of some objects and their observations."""
    return sum(1 + len(one.frames) for one in objects)


def add_objects(rows: Recorder, clip_id: int, objects: Sequence[ObjectTrajectory], provenance: int) -> None:
    """Write the rows of new objects of a clip."""
    heads = [
        {
            "clip_id": clip_id,
            "kind": Kind.OBJECT.value,
            "label": one.label,
            "review": int(one.review),
            "annotator": one.annotator,
            "provenance_id": provenance,
            "first": int(one.frames[0]),
            "last": int(one.frames[-1]),
            "end_reason": 0,
        }
        for one in objects
    ]
    ids = rows.insert(schema.trajectory, heads)
    if objects:
        rows.insert_columns(schema.observation, observation_columns(ids, objects))


def _point_columns(clip_id: int, points: PointTrajectories, provenance: int) -> dict[str, Column]:
    xy = np.ascontiguousarray(points.xy, "<f4").tobytes()
    error = np.ascontiguousarray(points.error, "<f4").tobytes()
    origin = np.ascontiguousarray(points.origin, np.uint8).tobytes()
    bounds, count = list(itertools.pairwise(points.offsets.tolist())), len(points)
    return {
        "clip_id": [clip_id] * count,
        "kind": [Kind.POINT.value] * count,
        "label": points.labels,
        "review": points.review,
        "annotator": [0] * count,
        "provenance_id": [provenance] * count,
        "first": points.first,
        "last": points.last,
        "end_reason": points.end_reason,
        "xy": [xy[8 * start : 8 * end] for start, end in bounds],
        "error": [error[4 * start : 4 * end] for start, end in bounds],
        "origin": [origin[start:end] for start, end in bounds],
    }


def _set_spans(rows: Recorder, ids: set[int]) -> None:
    """Let the rows of trajectories say from which frame to which their observations go now."""
    o, t = schema.observation.c, schema.trajectory.c
    first, last = func.min(o.frame).label("first"), func.max(o.frame).label("last")
    query = (
        select(t.id, first, last)
        .join(schema.observation, o.trajectory_id == t.id)
        .where(t.id.in_(ids))
        .group_by(t.id, t.first, t.last)
        .having((first != t.first) | (last != t.last))
        .order_by(t.id)
    )
    moved = {(row.id,): {"first": row.first, "last": row.last} for row in rows.connection.execute(query)}
    rows.update(schema.trajectory, moved)


@dataclass(frozen=True, eq=False)
class AddTrajectories:
    """Add trajectories that another program made, beside those that are there.

    Attributes:
        clip_id: the clip they belong to.
        points, objects: as `core.trajectories.exchange.import_tracks` gives them; ids are ignored.
        source: the name of the file or folder, recorded as provenance.

    Raises:
        StudioError: there are no trajectories, or the clip is gone.
    """

    clip_id: int
    points: PointTrajectories
    objects: Sequence[ObjectTrajectory]
    source: str

    @property
    def text(self) -> str:
        count = len(self.points) + len(self.objects)
        return f"Import {count:,} track{'s' if count != 1 else ''} from {self.source}"

    @property
    def rows(self) -> int:
        return len(self.points) + object_rows(self.objects)

    def write(self, rows: Recorder) -> None:
        if not len(self.points) and not self.objects:
            raise StudioError(f"{self.source} holds no tracks; choose another file.")
        if not store.clips(rows.connection, [self.clip_id]):
            raise StudioError("The clip is no longer in the project; choose another one.")
        settings = {"source": self.source}
        provenance = store.add_provenance(rows.connection, "import", settings, code_version())
        add_objects(rows, self.clip_id, self.objects, provenance)
        rows.insert_columns(schema.trajectory, _point_columns(self.clip_id, self.points, provenance))
