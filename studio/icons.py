"""Icons: one set of SVG drawings in one colour, tinted by the palette and sharp on any screen."""

from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication

_RESOURCES = Path(__file__).parent.parent / "resources"
FOLDER = _RESOURCES / "icons"
APP = _RESOURCES / "desktop" / "associationnet-studio.svg"

_SIDES = (16, 18, 32, 36, 64)  # of menus, tool bars and large buttons, at 100 % and 200 %
_PROPERTY, _ON_ACCENT = "icon_name", "icon_on_accent"


def icon(name: str, colour: str | None = None, on_accent: bool = False) -> QIcon:
    """The icon of a file in `resources/icons`, in a colour (`#rrggbb`) or in the palette's own.

    Colours are fixed when it is made: what shows one for long uses `set_icon`, so that `retint` finds it.

    Args:
        name: the file, without its suffix.
        colour: one colour for every state.
        on_accent: whether what is checked stands on the accent colour.
    """
    palette, role = QApplication.palette(), QPalette.ColorRole.ButtonText
    normal = colour or palette.color(role).name()
    faint = colour or palette.color(QPalette.ColorGroup.Disabled, role).name()
    chosen = colour or palette.color(QPalette.ColorRole.HighlightedText).name()
    renderer = QSvgRenderer(str(FOLDER / f"{name}.svg"))
    picture = QIcon()
    for side in _SIDES:
        drawn = _drawn(renderer, side)
        picture.addPixmap(_tinted(drawn, normal))
        picture.addPixmap(_tinted(drawn, faint), QIcon.Mode.Disabled)
        picture.addPixmap(_tinted(drawn, chosen), QIcon.Mode.Selected)
        if on_accent:
            picture.addPixmap(_tinted(drawn, chosen), QIcon.Mode.Normal, QIcon.State.On)
    return picture


def set_icon(target: QAction | QAbstractButton, name: str, on_accent: bool = False) -> None:
    """Give an action or a button an icon that follows the palette."""
    target.setProperty(_PROPERTY, name)
    target.setProperty(_ON_ACCENT, on_accent)
    target.setIcon(icon(name, on_accent=on_accent))


def clear_icon(target: QAction | QAbstractButton) -> None:
    """Take the icon away again."""
    target.setProperty(_PROPERTY, None)
    target.setIcon(QIcon())


def retint(root: QObject) -> None:
    """Tint again what `set_icon` gave an icon below `root`, after the palette changed."""
    targets: list[QAction | QAbstractButton] = [*root.findChildren(QAction)]
    targets += root.findChildren(QAbstractButton)
    for target in targets:
        name = target.property(_PROPERTY)
        if name:
            target.setIcon(icon(name, on_accent=bool(target.property(_ON_ACCENT))))


def app_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    picture, renderer = QIcon(), QSvgRenderer(str(APP))
    for side in (16, 24, 32, 48, 64, 128, 256):
        picture.addPixmap(_drawn(renderer, side))
    return picture


def _drawn(renderer: QSvgRenderer, side: int) -> QPixmap:
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    return pixmap


def _tinted(drawn: QPixmap, colour: str) -> QPixmap:
    pixmap = QPixmap(drawn)
    painter = QPainter(pixmap)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(pixmap.rect(), QColor(colour))
    painter.end()
    return pixmap
