import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QToolButton, QWidget

from studio import icons, theme

NAMES = sorted(path.stem for path in icons.FOLDER.glob("*.svg"))


def colours_in(image: QImage) -> set[str]:
    """The colours of pixels that are drawn in full."""
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    pixels = (image.pixelColor(x, y) for x, y in places)
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize("name", NAMES)
def test_an_icon_is_drawn_in_the_one_colour_it_is_asked_for(qapp, name):
    image = icons.icon(name, "#ff00aa").pixmap(QSize(36, 36)).toImage()
    assert colours_in(image) == {"#ff00aa"}


def test_an_icon_is_sharp_at_200_percent(qapp):
    pixmap = icons.icon("accept").pixmap(QSize(18, 18), 2.0)
    assert pixmap.size() == QSize(36, 36)
    assert pixmap.devicePixelRatio() == 2.0


def test_icons_follow_the_palette_and_fade_where_they_cannot_be_used(qapp, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    button = QToolButton(parent)
    theme.apply(qapp, "light")
    icons.set_icon(button, "stop")
    assert colours_in(button.icon().pixmap(18, 18).toImage()) == {theme.LIGHT.text}
    theme.apply(qapp, "dark")
    icons.retint(parent)
    assert colours_in(button.icon().pixmap(18, 18).toImage()) == {theme.DARK.text}
    off = button.icon().pixmap(QSize(18, 18), QIcon.Mode.Disabled).toImage()
    assert colours_in(off) == {QColor(theme.DARK.faint).name()}
    theme.apply(qapp, "light")


def test_what_is_checked_on_the_accent_colour_is_drawn_in_what_is_read_on_it(qapp, qtbot):
    theme.apply(qapp, "light")
    picture = icons.icon("stop", on_accent=True)
    checked = picture.pixmap(QSize(18, 18), QIcon.Mode.Normal, QIcon.State.On).toImage()
    assert colours_in(checked) == {theme.LIGHT.on_accent}


def test_an_icon_that_was_cleared_stays_away(qapp, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    button = QToolButton(parent)
    icons.set_icon(button, "stop")
    icons.clear_icon(button)
    icons.retint(parent)
    assert button.icon().isNull()


@pytest.mark.parametrize("side", [16, 24, 256])
def test_the_application_s_icon_is_blue_white_and_yellow_at_every_size(qapp, side):
    image = icons.app_icon().pixmap(QSize(side, side)).toImage()
    assert (image.width(), image.height()) == (side, side)
    assert image.pixelColor(0, 0).alpha() < 128  # round corners
    assert {"#2b62c4", "#ffffff"} <= colours_in(image)
    assert any(QColor(name).hue() in range(35, 55) for name in colours_in(image))


def test_the_png_of_the_application_s_icon_is_its_drawing(qapp):
    png = QImage(str(icons.APP.with_suffix(".png"))).convertToFormat(QImage.Format.Format_ARGB32)
    drawn = icons.app_icon().pixmap(QSize(256, 256)).toImage().convertToFormat(QImage.Format.Format_ARGB32)
    assert png.size() == drawn.size()
    away = np.abs(pixels(png).astype(int) - pixels(drawn).astype(int))
    assert away.max() <= 2


def pixels(image: QImage) -> np.ndarray:
    """(H, W, 4) uint8."""
    return np.array(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
