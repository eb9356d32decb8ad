"""Icons: one set of SVG drawings in one colour, tinted by the palette and sharp on any screen."""

from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication

FOLDER = Path(__file__).parent.parent / "resources" / "icons"

_SIDES = (16, 18, 24, 32, 36, 48)
_PROPERTY = "icon_name"


def icon(name: str, colour: str | None = None) -> QIcon:
    """The icon of a file in `resources/icons`, in a colour (`#rrggbb`) or in the palette's own.

    Colours are fixed when it is made: what shows one for long uses `set_icon`, so that `retint` finds it.
    """
    if colour is not None:
        return _icon(name, colour, colour, colour)
    palette, role = QApplication.palette(), QPalette.ColorRole.ButtonText
    normal = palette.color(role).name()
    faint = palette.color(QPalette.ColorGroup.Disabled, role).name()
    chosen = palette.color(QPalette.ColorRole.HighlightedText).name()
    return _icon(name, normal, faint, chosen)


def set_icon(target: QAction | QAbstractButton, name: str) -> None:
    """Give an action or a button an icon that follows the palette."""
    target.setProperty(_PROPERTY, name)
    target.setIcon(icon(name))


def clear_icon(target: QAction | QAbstractButton) -> None:
    """Take the icon away again."""
    target.setProperty(_PROPERTY, None)
    target.setIcon(QIcon())


def retint(root: QObject) -> None:
    """Tint anew what `set_icon` dressed below `root`, after the palette changed."""
    targets: list[QAction | QAbstractButton] = [*root.findChildren(QAction)]
    targets += root.findChildren(QAbstractButton)
    for target in targets:
        name = target.property(_PROPERTY)
        if name:
            target.setIcon(icon(name))


def app_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    picture = QIcon()
    for side in (16, 32, 48, 64, 128, 256):
        picture.addPixmap(_drawn((FOLDER / "app.svg").read_bytes(), side))
    return picture


def _icon(name: str, normal: str, faint: str, chosen: str) -> QIcon:
    drawing = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    picture = QIcon()
    for mode, colour in (
        (QIcon.Mode.Normal, normal),
        (QIcon.Mode.Disabled, faint),
        (QIcon.Mode.Selected, chosen),
    ):
        tinted = drawing.replace("currentColor", colour).encode()
        for side in _SIDES:
            picture.addPixmap(_drawn(tinted, side), mode)
    return picture


def _drawn(svg: bytes, side: int) -> QPixmap:
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg)).render(painter)
    painter.end()
    return pixmap
