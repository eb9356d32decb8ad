"""What a person does to point trajectories by hand: new ones, and ones that go on beyond their ends.

Frames count from 0, points are in pixels of the frame. Each is a step of undo (see `journal.py`).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.model import KEYFRAMES, EndReason, Kind, Origin, Review
from core.trajectories.recorder import Recorder
from core.trajectories.trajectory_rows import head_of, path_values, read_path, set_heads, set_path


@dataclass(frozen=True)
class AddPoint:
    """Start a point trajectory with the one observation that a person gave."""

    clip_id: int
    frame: int
    x: float
    y: float
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"New point at frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        path = (
            np.array([[self.x, self.y]], np.float32),
            np.zeros(1, np.float32),
            np.array([Origin.EDITED], np.uint8),
        )
        head = {
            "clip_id": self.clip_id,
            "kind": Kind.POINT.value,
            "label": "",
            "review": int(Review.OPEN),
            "annotator": 0,
            "provenance_id": None,
            "end_reason": int(EndReason.UNKNOWN),
            **path_values(self.frame, path),
        }
        (new,) = rows.insert(schema.trajectory, [head])
        rows.text = f"New point {new} at frame {self.frame}"


@dataclass(frozen=True, eq=False)
class ExtendPoint:
    """Let a point trajectory go on beyond its ends, where it was followed.

    Attributes:
        frames: (K,) int, ascending: those right after its last, right before its first, or both. Those that
            it has meanwhile are passed over.
        xy: (K, 2) float32.
        error: (K,) float32, forward-backward error in pixels of the link to each from its neighbour on the
            side of the known path.
        end_reason: why it ends now; None where that is not known yet.
    """

    clip_id: int
    trajectory_id: int
    frames: np.ndarray
    xy: np.ndarray
    error: np.ndarray
    end_reason: EndReason | None = None
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Extend point {self.trajectory_id}"

    def write(self, rows: Recorder) -> None:
        head = head_of(rows, self.trajectory_id, Kind.POINT)
        ahead, behind = self.frames > head.last, self.frames < head.first
        after, before = int(ahead.sum()), int(behind.sum())
        if not np.array_equal(self.frames[ahead], head.last + 1 + np.arange(after)) or not np.array_equal(
            self.frames[behind], head.first - before + np.arange(before)
        ):
            raise StudioError(f"Point {head.id} no longer ends there; carry it on again.")
        if not after + before:
            if self.end_reason is not None and self.end_reason != head.end_reason:
                set_heads(rows, [head.id], end_reason=int(self.end_reason))
            return
        xy, error, origin = (array.copy() for array in read_path(head))
        back = self.error[behind]  # of the links to the frames after, where those are known already
        if before and origin[0] not in KEYFRAMES:
            error[0] = back[-1]
        begins = np.zeros(min(before, 1))  # no link leads to the first
        linked = np.full(before, Origin.LINKED), np.full(after, Origin.LINKED)
        path = (
            np.concatenate((self.xy[behind], xy, self.xy[ahead])).astype(np.float32),
            np.concatenate((begins, back[:-1], error, self.error[ahead])).astype(np.float32),
            np.concatenate((linked[0], origin, linked[1])).astype(np.uint8),
        )
        why = self.end_reason
        if after and why is None:
            why = EndReason.UNKNOWN  # it is on its way
        set_path(rows, head.id, head.first - before, path, why)
        if not before:
            rows.text = f"{self.text} from frame {head.last}"
        elif not after:
            rows.text = f"{self.text} back from frame {head.first}"
