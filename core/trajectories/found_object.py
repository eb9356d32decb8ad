"""An object that begins as boxes which were found for it."""

from dataclasses import dataclass

import numpy as np

from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.model import Origin
from core.trajectories.recorder import Recorder
from core.trajectories.trajectory_rows import new_object_row, observation_row

UNSURE = 0.5
"""Confidence in a box that nobody saw."""


@dataclass(frozen=True, eq=False)
class AddFoundObject:
    """Start an object trajectory from boxes that were found, of which a person saw one.

    Attributes:
        clip_id: the clip.
        frames: (K,) int, ascending.
        boxes: (K, 4) float32, pixels.
        seen: the one of the frames that becomes its keyframe; the others count as filled.

    Raises:
        StudioError: the clip is gone.
    """

    clip_id: int
    frames: np.ndarray
    boxes: np.ndarray
    seen: int

    @property
    def text(self) -> str:
        return f"New object in frames {int(self.frames[0])} to {int(self.frames[-1])}"

    @property
    def rows(self) -> int:
        return len(self.frames)

    def write(self, rows: Recorder) -> None:
        clips = store.clips(rows.connection, [self.clip_id])
        if not clips:
            raise StudioError("The clip is no longer in the project; choose another one.")
        first, last = int(self.frames[0]), int(self.frames[-1])
        head = new_object_row(self.clip_id, "", clips[0].annotator, first, last)
        (id,) = rows.insert(schema.trajectory, [head])
        found = []
        for frame, box in zip(self.frames.tolist(), self.boxes, strict=True):
            origin, sure = (Origin.EDITED, 1.0) if frame == self.seen else (Origin.PROPAGATED, UNSURE)
            found.append(observation_row(id, frame, box, origin, sure, None))
        rows.insert(schema.observation, found)
