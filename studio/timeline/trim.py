"""Dragging the end of a bar."""

from dataclasses import dataclass, replace

from studio.timeline.lanes import Lane
from studio.timeline.time_scale import TimeScale

REACH = 5.0
"""View pixels around a bar's end, or a tick, within which the mouse takes it."""


@dataclass(frozen=True)
class TrimDrag:
    """The end of a bar, held by the mouse, and the frames that letting go would leave, or have it reach."""

    lane: Lane
    at_start: bool
    first: int
    last: int
    off: float = 0.0  # view pixels from the end to where the mouse took it

    @staticmethod
    def at(lane: Lane, x: float, scale: TimeScale) -> "TrimDrag | None":
        """The end of a lane's bar at a pixel."""
        to_start, to_end = abs(x - scale.x(lane.first)), abs(x - scale.x(lane.last + 1))
        if min(to_start, to_end) > REACH:
            return None
        end = lane.first if to_start < to_end else lane.last + 1
        return TrimDrag(lane, to_start < to_end, lane.first, lane.last, x - scale.x(end))

    def moved(self, x: float, scale: TimeScale, frames: int) -> "TrimDrag":
        """The same end, brought to a pixel, within the clip's frames; at least one frame stays."""
        lane, border = self.lane, round((x - scale.left) / scale.width)
        if self.at_start:
            return replace(self, first=min(max(border, 0), lane.last))
        return replace(self, last=max(min(border, frames) - 1, lane.first))

    @property
    def reached(self) -> int | None:
        """The frame beyond its end that the track is to be carried to; None where it is trimmed."""
        if self.first < self.lane.first:
            return self.first
        return self.last if self.last > self.lane.last else None

    @property
    def refusal(self) -> str:
        """Why letting go changes nothing."""
        end = f"begins at frame {self.lane.first}" if self.at_start else f"ends at frame {self.lane.last}"
        return f"Track {self.lane.id} {end}; its end is dragged inwards, to trim it."

    @property
    def changes(self) -> bool:
        """Whether letting go would take anything away, or carry it on."""
        return (self.first, self.last) != (self.lane.first, self.lane.last)
