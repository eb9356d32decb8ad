"""Settings of the point tracker and of the densifier."""

from dataclasses import dataclass

from core import config
from core.config import setting
from core.errors import StudioError

PRESETS = ("fast", "balanced", "quality", "best")
METHODS = ("flow", "shape", "box")


@dataclass(frozen=True, kw_only=True)
class TrackConfig:
    """How points are tracked; see `core.tracking.linking` for what a preset means."""

    preset: str = setting(
        "quality", "How much time to spend on a frame for how exact a trajectory", choices=PRESETS
    )
    spacing: int = setting(8, "Distance between the points that start", "px", minimum=4, maximum=32)
    min_length: int = setting(10, "Shorter trajectories are dropped", "frames", minimum=1)
    max_trajectories: int = setting(
        0, "Keep at most so many a clip, spread over frame and time; 0 keeps all", minimum=0, zero="all"
    )
    max_side: int = setting(
        960, "Larger frames are shrunk by a whole number before tracking", "px", minimum=64, advanced=True
    )
    texture: float = setting(
        0.1, "Smallest structure of a new point, as a share of the frame's mean", minimum=0, advanced=True
    )
    similarity: float = setting(
        0.6,
        "A trajectory ends where its patch correlates less with itself five frames ago; -1 never",
        minimum=-1,
        maximum=1,
        advanced=True,
    )
    threads: int = setting(2, "Flow fields computed at the same time", minimum=1, maximum=64, advanced=True)

    def __post_init__(self) -> None:
        config.check(self)


@dataclass(frozen=True, kw_only=True)
class DensifyConfig:
    """How masks and boxes are carried from keyframe to keyframe."""

    method: str = setting(
        "flow",
        "flow follows the pictures; shape blends the two masks and box the two boxes, without looking",
        choices=METHODS,
    )
    one_way_frames: int = setting(
        10, "How far an object is carried beyond its first and last keyframe", "frames", minimum=0
    )
    min_confidence: float = setting(
        0.5, "Beyond its keyframes an object ends where its confidence falls below", minimum=0, maximum=1
    )
    span: tuple[int, ...] = setting(
        (),
        "Only what lies between these two frames is computed; empty for everything",
        "frames",
        advanced=True,
    )
    max_side: int = setting(
        960,
        "Larger frames are shrunk by a whole number before flow is computed",
        "px",
        minimum=64,
        advanced=True,
    )
    fill: bool = setting(True, "Fill the frames between keyframes; without, an audit leaves them as they are")
    audit: bool = setting(
        False, "Hide each keyframe once, fill it from those beside it, and measure the overlap"
    )
    threads: int = setting(2, "Flow fields computed at the same time", minimum=1, maximum=64, advanced=True)

    def __post_init__(self) -> None:
        config.check(self)
        if self.span and (len(self.span) != 2 or self.span[0] > self.span[1]):
            raise StudioError("span must be two frames, the first and the last, or empty.")
        if not self.fill and not self.audit:
            raise StudioError("There is nothing to do; fill the frames between keyframes, audit, or both.")

    def asks_for(self, frame: int) -> bool:
        """Whether a frame is within `span`."""
        return not self.span or self.span[0] <= frame <= self.span[1]
