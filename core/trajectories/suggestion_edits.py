"""Suggested objects brought into the project, in the place of those that nobody touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.geometry import areas, decode_mask, intersections
from core.trajectories import schema, store
from core.trajectories.bulk_edits import ReplacePoints, add_objects, object_rows
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from core.trajectories.recorder import Recorder
from core.trajectories.touched_suggestions import as_suggested, touched_suggestions
from core.trajectories.trajectory_rows import observation_columns
from core.trajectories.written import Written
from core.version import code_version

SAME = 0.5
"""IoU over the frames of both from which a suggestion counts as an object that is known."""


@dataclass(frozen=True, eq=False)
class AddSuggestions:
    """Add suggested objects, clip by clip.

    Earlier suggestions that nobody touched are replaced; all other objects stay, and a suggestion that
    shows one of them is left out, or one that was suggested before and a person changed or deleted. Clips
    that are gone since are passed over.

    Attributes:
        objects: clip id → suggestions; their ids are ignored.
        points: clip id → points that were tracked for them; they come in where a clip still has none.
        job, settings: recorded as provenance.
    """

    objects: Mapping[int, Sequence[ObjectTrajectory]]
    points: Mapping[int, PointTrajectories] = field(default_factory=dict)
    job: str = "suggest"
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def clip_id(self) -> int | None:
        return next(iter(self.objects)) if len(self.objects) == 1 else None

    @property
    def text(self) -> str:
        return _text(sum(map(len, self.objects.values())))

    @property
    def rows(self) -> int:
        return sum(map(object_rows, self.objects.values())) + sum(map(len, self.points.values()))

    def hold(self, held: Written) -> None:
        """Ask, without writing anything, whether it could be written.

        Raises:
            StudioError: it breaks a rule.
        """
        ReplacePoints(self.points).hold(held)
        for objects in self.objects.values():
            if objects:
                held.insert_columns(
                    schema.observation, observation_columns(list(range(1, len(objects) + 1)), objects)
                )

    def write(self, rows: Recorder) -> None:
        rows.by_job = True
        there = {clip.id: clip for clip in store.clips(rows.connection, self.objects)}
        bare = {
            id: points
            for id, points in self.points.items()
            if id in there and not len(store.points(rows.connection, id))
        }
        if bare:
            ReplacePoints(bare, self.job, self.settings).write(rows)
        provenance = store.add_provenance(rows.connection, self.job, dict(self.settings), code_version())
        new = known = kept = 0
        for clip_id, clip in there.items():
            before = store.objects(rows.connection, clip_id)
            touched, untouched = touched_suggestions(rows.connection, clip_id, before)
            gone = [one for one in before if one.id in untouched]
            rows.delete(
                schema.observation, [(one.id, frame) for one in gone for frame in one.frames.tolist()]
            )
            rows.delete(schema.trajectory, [(one.id,) for one in gone])
            stay = [one for one in before if one.id not in untouched and one.annotator == clip.annotator]
            stay += as_suggested(rows.connection, clip_id)
            fresh = [
                one for one in self.objects[clip_id] if not any(same_thing(one, other) for other in stay)
            ]
            add_objects(rows, clip_id, [replace(one, annotator=clip.annotator) for one in fresh], provenance)
            new, known = new + len(fresh), known + len(self.objects[clip_id]) - len(fresh)
            kept += len(touched)
        rows.text = _text(new)
        parts = [f"{kept:,} that a person touched stay{'s' if kept == 1 else ''}"] if kept else []
        parts += [f"{known:,} known one{'s' if known != 1 else ''} left out"] if known else []
        if parts:
            rows.text += f"; {', '.join(parts)}"


def _text(count: int) -> str:
    return f"Suggest {count:,} object{'s' if count != 1 else ''}"


def same_thing(one: ObjectTrajectory, other: ObjectTrajectory) -> bool:
    """Whether two show the same thing in the frames in which both are, by their masks, else boxes."""
    _, mine, others = np.intersect1d(one.frames, other.frames, return_indices=True)
    if not intersections(one.boxes[mine], other.boxes[others]).any():
        return False  # without a look at any mask
    shared = either = 0.0
    for a, b in zip(mine.tolist(), others.tolist(), strict=True):
        mask, other_mask = one.masks[a], other.masks[b]
        box, other_box = one.boxes[a], other.boxes[b]
        if mask is None or other_mask is None:
            common = float(intersections(box, other_box))
            total = float(areas(box) + areas(other_box))
        else:
            common, total = _overlap(mask, other_mask)
        shared, either = shared + common, either + total - common
    return either > 0 and shared >= SAME * either


def _overlap(a: bytes, b: bytes) -> tuple[float, float]:
    """Pixels that two masks share, and the pixels of the one and of the other together."""
    pixels = [int(np.frombuffer(runs, "<u4").sum(dtype=np.int64)) for runs in (a, b)]
    if pixels[0] != pixels[1]:  # of frames of another size: nothing to compare
        return 0.0, float(sum(pixels))
    one, other = (decode_mask(runs, pixels[0], 1) for runs in (a, b))
    return float((one & other).sum()), float(one.sum() + other.sum())
