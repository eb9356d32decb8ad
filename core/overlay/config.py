"""What an overlay shows; the defaults are those of the window."""

from dataclasses import dataclass, fields

from core import config
from core.config import setting
from core.overlay.layers import Layers

_COLOURS = ("track", "label", "error", "origin", "review")


@dataclass(frozen=True, kw_only=True)
class OverlayConfig:
    """Layers over a frame."""

    masks: bool = setting(Layers.masks, "Fill and outline the masks of objects")
    boxes: bool = setting(Layers.boxes, "Draw boxes: solid for keyframes, dashed for what was propagated")
    trails: bool = setting(Layers.trails, "Draw points and their trails")
    names: bool = setting(Layers.names, "Write number and label of each object")
    stabilise: bool = setting(
        Layers.stabilise, "Draw paths as if the camera had stood still, as told from the points"
    )
    trail: int = setting(
        Layers.trail, "Path drawn behind a point", "frames", minimum=0, maximum=1000, zero="none"
    )
    ahead: int = setting(
        Layers.ahead,
        "Path drawn ahead of a point",
        "frames",
        minimum=0,
        maximum=1000,
        zero="none",
        advanced=True,
    )
    opacity: int = setting(Layers.opacity, "How much masks cover", "percent", minimum=0, maximum=100)
    colour_by: str = setting(Layers.colour_by, "What colours mean", choices=_COLOURS)

    def __post_init__(self) -> None:
        config.check(self)

    @staticmethod
    def of(layers: Layers) -> "OverlayConfig":
        """What the window shows with nothing selected; colours by loss become those of tracks."""
        values = {field.name: getattr(layers, field.name) for field in fields(OverlayConfig)}
        if layers.trails_chosen:
            values |= {"trail": 0, "ahead": 0}
        return OverlayConfig(**(values if layers.colour_by in _COLOURS else values | {"colour_by": "track"}))

    @property
    def layers(self) -> Layers:
        """The same as the window has them."""
        return Layers(**{field.name: getattr(self, field.name) for field in fields(self)})
