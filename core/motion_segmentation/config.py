"""Settings of how objects are suggested."""

from dataclasses import dataclass

from core.config import setting
from core.motion_segmentation.grouping_config import GroupingConfig
from core.tracking.config import PRESETS, FlowConfig


@dataclass(frozen=True, kw_only=True)
class SuggestConfig(FlowConfig, GroupingConfig):
    """How points are grouped, and which groups become objects."""

    preset: str = setting(
        "quality",
        "How much time to spend on a frame for points where a clip has none yet",
        choices=PRESETS,
        label="track points with",
    )
    fewest: int = setting(
        5, "An object has so many points in its best frame", "points", minimum=1, label="fewest points"
    )
    shortest: int = setting(
        5, "An object is seen in so many frames", "frames", minimum=1, label="shortest object"
    )
    least_confidence: float = setting(
        0.8, "Objects whose mean confidence is below are not suggested", minimum=0, maximum=1
    )

    def __post_init__(self) -> None:
        FlowConfig.__post_init__(self)
        GroupingConfig.__post_init__(self)
