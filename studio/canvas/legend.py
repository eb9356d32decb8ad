"""What the colours of tracks mean, where they are those of labels, too."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from core.overlay.layers import Layers
from core.overlay.scene import ClipTracks
from studio.canvas.colours import colour, legend

MOST = 12
"""Labels that are named; of more, how many there are."""

_LETTERS = 30  # of a name

Rows = Sequence[tuple[str, QColor]]


def legend_of(layers: Layers, tracks: ClipTracks) -> Rows:
    """Names and colours; of labels, those that the shown tracks of the clip have, long ones cut."""
    if layers.colour_by != "label":
        return legend(layers.colour_by, layers.losses)
    names = [name for name, _ in layers.labels.labels if name in tracks.labels]
    rows = [(_cut(name), colour(layers.labels.rgb(name))) for name in names[:MOST]]
    if len(names) > MOST:
        rows.append((f"and {len(names) - MOST:,} more", QColor(Qt.GlobalColor.transparent)))
    return [*rows, ("no label", colour(layers.labels.rgb("")))] if "" in tracks.labels else rows


def _cut(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
