"""Colours of trajectories as Qt takes them; `core.overlay.colours` says which they are."""

import numpy as np
from PySide6.QtGui import QColor, QIcon, QPixmap

from core.overlay import colours
from core.overlay.colours import REJECTED, TRACK_COLOURS, colouring
from core.overlay.label_colours import LabelColours
from core.overlay.layers import Layers
from core.overlay.scene import Scene
from core.overlay.scene_colours import object_colours, point_colours
from core.overlay.track_losses import TrackLosses
from core.trajectories.model import Review
from studio.theme import ICON

KEYFRAME = QColor(0, 200, 225)
"""Ticks of keyframes; near to none of the track colours."""


def colour(rgb: np.ndarray) -> QColor:
    """(3,) RGB as Qt takes it."""
    return QColor(*(int(value) for value in rgb))


def swatch(colour: QColor, width: int = ICON) -> QIcon:
    """A field of a colour, the same where it is selected."""
    pixels = QPixmap(width, ICON)
    pixels.fill(colour)
    icon = QIcon(pixels)
    icon.addPixmap(pixels, QIcon.Mode.Selected)
    return icon


def track_colour(trajectory_id: int) -> QColor:
    """The colour of a trajectory, the same wherever and whenever it is shown."""
    return colour(TRACK_COLOURS[trajectory_id % len(TRACK_COLOURS)])


def loss_colour(trajectory_id: int, review: Review, losses: TrackLosses | None) -> QColor:
    """The colour of a trajectory by its loss; grey where it was rejected or never drawn."""
    known = np.array([trajectory_id])
    zeros = np.zeros(1, np.int64)
    found = colouring("loss", known, zeros, zeros, np.array([int(review)]), losses)
    return colour(found.table[found.index[0]])


def label_colour(label: str, review: Review, labels: LabelColours) -> QColor:
    """The colour of a trajectory by its label; grey where it was rejected."""
    return colour(REJECTED if review == Review.REJECTED else labels.rgb(label))


def colour_of(scene: Scene, trajectory_id: int, layers: Layers) -> QColor:
    """Of one trajectory that is in the scene."""
    alone = scene.among({trajectory_id})
    found = object_colours(alone, layers) if alone.objects else point_colours(alone, layers)
    return colour(found.table[found.index[0]])


def legend(colour_by: str, losses: TrackLosses | None = None) -> list[tuple[str, QColor]]:
    """What the colours mean, for all but the colours by track."""
    return [(name, colour(rgb)) for name, rgb in colours.legend(colour_by, losses)]
