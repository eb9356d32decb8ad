"""Settings of the point tracker and of the densifier."""

import re
from dataclasses import dataclass
from pathlib import Path

from core import config
from core.agreements import CLUSTER, PROGRAM
from core.config import DEVICES, setting
from core.errors import StudioError

PRESETS = ("fast", "balanced", "quality", "best")
METHODS = ("flow", "shape", "box")


@dataclass(frozen=True, kw_only=True)
class FlowConfig:
    """What jobs that compute flow clip by clip share; of these only `max_side` changes what is found."""

    max_side: int = setting(
        960,
        "Larger frames are shrunk by a whole number before flow is computed",
        "px",
        minimum=64,
        maximum=100_000,
        advanced=True,
    )
    threads: int = setting(
        2, "Flow fields computed at the same time", minimum=1, maximum=64, advanced=True, free=True
    )
    workers: int = setting(
        1,
        "Clips worked on at the same time, each in a process of its own",
        minimum=1,
        maximum=1_000,
        advanced=True,
        free=True,
    )
    cluster: str = setting(
        "",
        "Address of a Dask scheduler, such as tcp://host:8786, that shares the clips out instead; its "
        "workers see the project and the frames under the same paths",
        advanced=True,
        free=True,
        asks=CLUSTER,
    )

    def __post_init__(self) -> None:
        config.check(self)
        if self.cluster and not _ADDRESS.fullmatch(self.cluster):
            raise StudioError(f"{self.cluster!r} is no address of a Dask scheduler; write tcp://host:8786.")


_ADDRESS = re.compile(r"((tcp|tls|ucx|ws|wss)://)?[^/\s]+:\d+")


@dataclass(frozen=True, kw_only=True)
class TrackConfig(FlowConfig):
    """How points are tracked; see `core.tracking.linking` for what a preset means."""

    preset: str = setting(
        "quality", "How much time to spend on a frame for how exact a trajectory", choices=PRESETS
    )
    spacing: int = setting(8, "Distance between the points that start", "px", minimum=4, maximum=32)
    seed_every: int = setting(
        1,
        "Points start where none are in every so many-th frame",
        "frames",
        minimum=1,
        advanced=True,
        label="new points every",
    )
    min_length: int = setting(
        10, "Shorter trajectories are dropped", "frames", minimum=1, label="shortest track"
    )
    max_trajectories: int = setting(
        0,
        "Keep at most so many a clip, spread over frame and time; 0 keeps all",
        minimum=0,
        zero="all",
        label="most tracks",
    )
    texture: float = setting(
        0.1,
        "Smallest structure of a new point, as a share of the frame's mean",
        minimum=0,
        advanced=True,
        label="least texture",
    )
    similarity: float = setting(
        0.3,
        "A trajectory ends where its patch correlates less with itself five frames ago; -1 never",
        minimum=-1,
        maximum=1,
        advanced=True,
        label="least similarity",
    )
    bridging: bool = setting(
        False,
        "Where the link of one frame fails, one over several may do (not in the preset fast)",
        advanced=True,
        label="bridge short losses",
    )
    motion_boundary: bool = setting(
        False,
        "A trajectory also ends where the flow about it changes abruptly",
        advanced=True,
        label="end at motion edges",
    )
    cycle: bool = setting(
        False,
        "A trajectory also ends where flow back over five frames misses its path",
        advanced=True,
        label="check over 5 frames",
    )
    region: tuple[int, ...] = setting(
        (),
        "Points start only within x1, y1, x2, y2 of the frame; empty for all of it",
        "px",
        advanced=True,
        label="only within",
    )
    flow: Path | None = setting(
        None,
        "A flow network in a TorchScript or torch.export file, instead of DIS; a file can run any code, so "
        "name only files you trust",
        advanced=True,
        asks=PROGRAM,
        label="flow network",
    )
    device: str = setting("auto", "Where a flow network computes", choices=DEVICES, advanced=True, free=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bridging and self.similarity == -1:
            raise StudioError("bridging follows occluders without similarity; set similarity above -1.")
        if self.region and not _is_box(self.region):
            raise StudioError("region must be x1, y1, x2, y2 with 0 <= x1 < x2 and 0 <= y1 < y2, or empty.")


def _is_box(values: tuple[int, ...]) -> bool:
    return len(values) == 4 and 0 <= values[0] < values[2] and 0 <= values[1] < values[3]


@dataclass(frozen=True, kw_only=True)
class DensifyConfig(FlowConfig):
    """How masks and boxes are carried from keyframe to keyframe."""

    method: str = setting(
        "flow",
        "flow follows the pictures; shape blends the two masks and box the two boxes, without looking",
        choices=METHODS,
    )
    one_way_frames: int = setting(
        10,
        "How far an object is carried beyond its first and last keyframe",
        "frames",
        minimum=0,
        label="carry beyond ends",
    )
    min_confidence: float = setting(
        0.5,
        "Beyond its keyframes an object ends where its confidence falls below",
        minimum=0,
        maximum=1,
        label="least confidence",
    )
    span: tuple[int, ...] = setting(
        (),
        "Only what lies between these two frames is computed; empty for everything",
        "frames",
        advanced=True,
        label="only frames",
    )
    fill: bool = setting(True, "Fill the frames between keyframes; without, an audit leaves them as they are")
    audit: bool = setting(
        False, "Hide each keyframe once, fill it from those beside it, and measure the overlap"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.span and (len(self.span) != 2 or self.span[0] > self.span[1]):
            raise StudioError("span must be two frames, the first and the last, or empty.")
        if not self.fill and not self.audit:
            raise StudioError("There is nothing to do; fill the frames between keyframes, audit, or both.")

    def asks_for(self, frame: int) -> bool:
        """Whether a frame is within `span`."""
        return not self.span or self.span[0] <= frame <= self.span[1]
