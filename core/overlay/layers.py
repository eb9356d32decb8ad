"""What of the tracks is drawn over a frame, and in which colours."""

from dataclasses import dataclass, field

from core.overlay.label_colours import LabelColours
from core.overlay.track_losses import TrackLosses

COLOUR_BY = ("track", "label", "error", "origin", "review", "loss")

LONGEST_TRAIL = 500
"""Frames of path drawn at most."""


@dataclass(frozen=True)
class Layers:
    """What is drawn over the frame.

    Attributes:
        masks, boxes, trails, names: whether each is shown.
        stabilise: whether paths are drawn as if the camera had stood still.
        trails_chosen: whether only what is selected or under the mouse has a path.
        trail: frames of path drawn behind a point.
        ahead: frames of path drawn ahead of it.
        colour_by: one of `COLOUR_BY`.
        losses: what `loss` means; None while no run has recorded any.
        labels: what `label` means.
        opacity: of the inside of masks, in percent.
    """

    masks: bool = True
    boxes: bool = True
    trails: bool = True
    names: bool = True
    stabilise: bool = True
    trails_chosen: bool = False
    trail: int = 16
    ahead: int = 0
    colour_by: str = "track"
    losses: TrackLosses | None = None
    labels: LabelColours = field(default_factory=LabelColours)
    opacity: int = 33
