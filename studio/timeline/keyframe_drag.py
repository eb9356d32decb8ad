"""Dragging the tick of a keyframe."""

from dataclasses import dataclass, replace

import numpy as np

from core.trajectories.model import Kind
from studio.timeline.lanes import Lane
from studio.timeline.time_scale import TimeScale
from studio.timeline.trim import REACH


@dataclass(frozen=True)
class KeyframeDrag:
    """A keyframe's tick, held by the mouse, and where letting go would put it.

    Attributes:
        frame, to: where it is and where it would be.
        low, high: the first and last frame that it can go to: it stops beside its neighbours.
        off: view pixels from the middle of its frame to where the mouse took it.
        stopped: whether the mouse is farther away than it can go.
    """

    lane: Lane
    frame: int
    to: int
    low: int
    high: int
    off: float = 0.0
    stopped: bool = False

    @staticmethod
    def at(lane: Lane, x: float, scale: TimeScale, frames: int) -> "KeyframeDrag | None":
        """The tick of a lane within reach of a pixel, in a clip of so many frames."""
        ticks = lane.keyframes
        if not len(ticks):
            return None
        away = np.abs(scale.xs(ticks + 0.5) - x)
        place = int(away.argmin())
        if away[place] > REACH:
            return None
        low = int(ticks[place - 1]) + 1 if place else 0
        high = int(ticks[place + 1]) - 1 if place + 1 < len(ticks) else frames - 1
        frame = int(ticks[place])
        return KeyframeDrag(lane, frame, frame, low, high, x - scale.middle(frame))

    def moved(self, x: float, scale: TimeScale) -> "KeyframeDrag":
        """The same keyframe, brought to a pixel or as near as it can go."""
        wanted = scale.frame(x - self.off)
        to = min(max(wanted, self.low), self.high)
        return replace(self, to=to, stopped=to != wanted)

    @property
    def changes(self) -> bool:
        """Whether letting go would move it."""
        return self.to != self.frame

    @property
    def refusal(self) -> str:
        """Why it cannot be dragged; empty where it can."""
        if self.lane.kind != Kind.OBJECT:
            return "What a person gave a point stays in its frame; drag the point itself on the canvas."
        return ""

    @property
    def sentence(self) -> str:
        """What letting go would do."""
        if self.stopped:
            return f"Keyframe {self.frame} stops at frame {self.to}: it cannot pass what lies beside it."
        if not self.changes:
            return f"Keyframe {self.frame} stays where it is."
        return f"Release to move keyframe {self.frame} to frame {self.to}; Esc cancels."
