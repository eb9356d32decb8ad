"""Settings of the search for identity errors."""

from dataclasses import dataclass

from core import config
from core.config import DEVICES, setting
from core.identity.looks import COLOURS


@dataclass(frozen=True, kw_only=True)
class IdentityConfig:
    """By what identity errors are looked for, and how sure it must be."""

    init: str = setting(
        COLOURS,
        "What tells things apart: colours, without a network; or a pretraining run or a weights file; "
        "random measures what chance finds",
        start=True,
        words=(COLOURS, "random"),
    )
    regime: str = setting(
        "obj",
        "Look at objects (obj), points (tr) or both (objtr)",
        choices=("obj", "tr", "objtr"),
        meanings={"obj": "objects", "tr": "points", "objtr": "both"},
    )
    certainty: float = setting(
        0.55,
        "How sure a proposal must be: how much the looks of a track change beyond what is usual, as a share "
        "of how far it is from the nearest other thing; lower proposes more",
        minimum=0.05,
        maximum=2.0,
    )
    window: int = setting(
        8, "Observations compared on each side of a frame", "frames", minimum=1, maximum=30, advanced=True
    )
    minimum_length: int = setting(
        10, "Shorter point trajectories are passed over", "frames", minimum=2, advanced=True
    )
    patch_size: int = setting(
        100, "Side of the square around a point", "px", minimum=8, maximum=2_000, advanced=True
    )
    device: str = setting("auto", "Where to compute", choices=DEVICES, advanced=True, free=True)

    def __post_init__(self) -> None:
        config.check(self)
