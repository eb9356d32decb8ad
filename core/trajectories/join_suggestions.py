"""Suggested objects that are parts of one thing, made one."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core import geometry
from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.model import KEYFRAMES, Kind, Review
from core.trajectories.recorder import Recorder
from core.trajectories.trajectory_edits import OfTracks
from core.trajectories.trajectory_rows import head_of, observation_row, observations_of, set_span


@dataclass(frozen=True)
class JoinSuggestions(OfTracks):
    """Make one suggested object of several that are parts of the same thing; the first keeps its id.

    In frames that more than one has, mask and box become what any covers, and the confidence that of the
    surest one. A keyframe stays one.

    Raises:
        StudioError: one of them is no suggestion, or is gone.
    """

    @property
    def text(self) -> str:
        first, *others = self.trajectory_ids
        return f"Join suggestion {first} with {' and '.join(map(str, others))}"

    def write(self, rows: Recorder) -> None:
        heads = [head_of(rows, id, Kind.OBJECT) for id in self.trajectory_ids]
        for head in heads:
            if head.review != Review.SUGGESTED:
                raise StudioError(f"Track {head.id} is no suggestion any more; merge the tracks instead.")
        (clip,) = store.clips(rows.connection, [heads[0].clip_id])
        first = self.trajectory_ids[0]
        ours = observations_of(rows, first)
        there, touched = set(ours), set[int]()
        for other in self.trajectory_ids[1:]:
            theirs = observations_of(rows, other)
            rows.delete(schema.observation, [(other, frame) for frame in theirs])
            for frame, row in theirs.items():
                mine, row = ours.get(frame), {**row, "trajectory_id": first}
                ours[frame] = row if mine is None else _united(mine, row, clip.height, clip.width)
            touched |= theirs.keys()
        rows.update(schema.observation, {(first, frame): ours[frame] for frame in sorted(touched & there)})
        rows.insert(schema.observation, [ours[frame] for frame in sorted(touched - there)])
        set_span(rows, first)
        rows.delete(schema.trajectory, [(other,) for other in self.trajectory_ids[1:]])


def _united(a: dict[str, Any], b: dict[str, Any], height: int, width: int) -> dict[str, Any]:
    """The row of two observations in a frame as one."""
    sides = ("x1", "y1", "x2", "y2")
    boxes = np.array([[row[side] for side in sides] for row in (a, b)], np.float64)
    box = np.concatenate((boxes[:, :2].min(0), boxes[:, 2:].max(0)))
    runs = [row["mask"] for row in (a, b) if row["mask"]]
    mask = runs[0] if runs else None
    if len(runs) > 1:
        mask = geometry.encode_mask(np.any([geometry.decode_mask(one, height, width) for one in runs], 0))
    key = next((row for row in (a, b) if row["origin"] in KEYFRAMES), None)
    return observation_row(
        *(a["trajectory_id"], a["frame"], box, a["origin"] if key is None else key["origin"]),
        *(1.0 if key is not None else max(a["confidence"], b["confidence"]), mask),
        flags=(a if key is None else key)["flags"],
    )
