"""What can be done with a label of the list."""

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QMenu, QWidget

from core.overlay.label_colours import PALETTE
from core.project.labels import KEYS, Label
from studio.canvas.colours import swatch
from studio.labels.project_labels import ProjectLabels

_NAMES = ("sky", "orange", "green", "yellow", "coral", "pink", "blue", "lime", "rose", "violet")
"""Of the colours of `PALETTE`."""


def colour_menu(labels: ProjectLabels, label: Label, parent: QWidget) -> QMenu:
    """The colours of the palette, and any other."""
    menu = QMenu("&Colour", parent)
    for name, colour in zip(_NAMES, PALETTE, strict=True):
        action = menu.addAction(swatch(QColor(colour)), name.capitalize())
        action.triggered.connect(lambda checked=False, to=colour: labels.recolour(label.name, to))
    menu.addSeparator()
    other = menu.addAction("&Other…")
    other.triggered.connect(lambda: _ask_colour(labels, label, parent))
    return menu


def key_menu(labels: ProjectLabels, label: Label, parent: QWidget) -> QMenu:
    """The number keys, with whose they are now."""
    menu = QMenu("&Key", parent)
    for key in KEYS:
        owner = labels.list.by_key(key)
        whose = f"  {shortened(owner.name)}" if owner is not None and owner.name != label.name else ""
        action = menu.addAction(f"{key}{whose}".replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(label.key == key)
        action.triggered.connect(lambda checked=False, to=key: labels.set_key(label.name, to))
    menu.addSeparator()
    none = menu.addAction("&None")
    none.setEnabled(bool(label.key))
    none.triggered.connect(lambda: labels.set_key(label.name, ""))
    return menu


def shortened(name: str, letters: int = 24) -> str:
    """A name that fits a menu."""
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def _ask_colour(labels: ProjectLabels, label: Label, parent: QWidget) -> None:
    dialog = QColorDialog(QColor(label.colour), parent)
    dialog.setWindowTitle(f"Colour of {shortened(label.name)}")
    dialog.colorSelected.connect(lambda colour: labels.recolour(label.name, colour.name()))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
