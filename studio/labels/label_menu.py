"""What can be done with a label of the list."""

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QColorDialog, QMenu, QWidget

from core.overlay.label_colours import PALETTE
from core.project.labels import KEYS, Label
from studio import theme
from studio.labels.project_labels import ProjectLabels

_NAMES = ("sky", "orange", "green", "yellow", "coral", "pink", "blue", "lime", "rose", "violet")
"""Of the colours of `PALETTE`."""


def swatch(colour: str) -> QIcon:
    """A square of a colour, `#rrggbb`."""
    pixels = QPixmap(theme.ICON, theme.ICON)
    pixels.fill(QColor(colour))
    return QIcon(pixels)


def colour_menu(labels: ProjectLabels, label: Label, parent: QWidget) -> QMenu:
    """The colours of the palette, and any other."""
    menu = QMenu("&Colour", parent)
    for name, colour in zip(_NAMES, PALETTE, strict=True):
        action = menu.addAction(swatch(colour), name.capitalize())
        action.triggered.connect(partial(_do, labels.recolour, label.name, colour))
    menu.addSeparator()
    other = menu.addAction("&Other…")
    other.triggered.connect(partial(_do, _ask_colour, labels, label, parent))
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
        action.triggered.connect(partial(_do, labels.set_key, label.name, key))
    menu.addSeparator()
    none = menu.addAction("&None")
    none.setEnabled(bool(label.key))
    none.triggered.connect(partial(_do, labels.set_key, label.name, ""))
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


def _do(what: Callable[..., object], *rest: object) -> None:
    """`QAction.triggered` says at the end whether it is checked, which is not asked here."""
    what(*rest[:-1])
