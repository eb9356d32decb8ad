"""Settings of how points are grouped by their motion."""

from dataclasses import dataclass

from core import config
from core.config import setting


@dataclass(frozen=True, kw_only=True)
class GroupingConfig:
    """What decides which points go together."""

    window: int = setting(
        8, "Motions are compared over so many frames", "frames", minimum=1, maximum=100, advanced=True
    )
    neighbours: int = setting(
        12, "Nearest points that each is compared with", minimum=1, maximum=100, advanced=True
    )
    far: int = setting(4, "Points anywhere that each is compared with", minimum=0, maximum=100, advanced=True)
    near: float = setting(
        0.1,
        "Points further apart are not joined for moving alike, as a share of the diagonal",
        minimum=0,
        maximum=10,
        advanced=True,
    )
    bias: float = setting(2.0, "What a pair says that does not move differently at all", advanced=True)
    slope: float = setting(2.2, "How much it counts against a pair to move differently", advanced=True)
    share: float = setting(1.0, "How much of that is forgiven to a pair that moves far", advanced=True)
    apart: float = setting(0.8, "How much it counts against a pair to be far apart", advanced=True)
    camera_weight: float = setting(
        4.0, "How much it counts to follow the camera beside one neighbour", minimum=0, advanced=True
    )
    strongest: float = setting(3.0, "What one pair of points says at most", minimum=0, advanced=True)
    smallest: float = setting(
        0.3,
        "Smaller objects are not named: their share of all observations of points",
        "%",
        minimum=0,
        maximum=50,
        advanced=True,
        label="smallest object",
    )
    seed: int = setting(0, "Of the random numbers that choose far pairs", minimum=0, advanced=True)

    def __post_init__(self) -> None:
        config.check(self)
