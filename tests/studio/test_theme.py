import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QToolButton,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.plots.curve_plot import DENSE, DOTS
from studio.theme import DARK, LIGHT, PRINT, Colours
from tests.studio.at_the_window import activate


def contrast(a: str, b: str) -> float:
    """The contrast of two colours, 1 to 21.

    Source: WCAG 2.1, relative luminance and contrast ratio; AA asks 4.5 for text, 3 for lines and large text.
    """
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    c = QColor(colour)
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF())


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == 1
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # WebAIM's checker
    assert contrast("#ff0000", "#ffffff") == contrast("#ffffff", "#ff0000") == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_that_is_read_stands_out_as_wcag_aa_asks(colours: Colours):
    for ground in (colours.window, colours.base, colours.stripe, colours.button):
        for text in (colours.text, colours.muted, colours.mark, colours.good, colours.bad, colours.warning):
            assert contrast(text, ground) >= 4.5, (text, ground)
    assert contrast(colours.on_accent, colours.accent) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_line_that_means_something_stands_out(colours: Colours):
    grounds = (colours.window, colours.base, colours.stripe, colours.button)
    for ground in grounds:
        assert contrast(colours.edge, ground) >= 3  # borders of fields, buttons and chips; axes, ticks
        assert contrast(colours.mark, ground) >= 3  # the ring of what has the focus; what is switched on
        assert contrast(colours.faint, ground) >= 3  # what cannot be used now
    for line in (colours.edge, colours.faint):
        assert contrast(line, colours.raised) >= 3
    assert contrast(colours.text, colours.accent) >= 3  # the ring around what is filled with the accent
    for ground in (colours.window, colours.base):
        assert contrast(colours.accent, ground) >= 3
    for ground in (colours.raised, theme.mixed(colours.accent, colours.window, theme.TINT)):
        assert contrast(colours.text, ground) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
def test_curves_can_be_seen_raw_ones_too(colours: Colours):
    for line in colours.series:
        for share in (1.0, DOTS, DENSE):
            assert contrast(theme.mixed(line, colours.base, share), colours.base) >= 3, (line, share)
        assert contrast(line, colours.window) >= 3


FIELDS = (QLineEdit, QSpinBox, QComboBox, QPlainTextEdit, QCheckBox, QPushButton)


def shown_together(qtbot, *widgets: QWidget) -> QWidget:
    """A window in front that holds them, one below the other."""
    page = QWidget()
    qtbot.addWidget(page)
    box = QVBoxLayout(page)
    for widget in widgets:
        box.addWidget(widget)
    page.show()
    qtbot.waitExposed(page)
    activate(qtbot, page)
    return page


@pytest.mark.parametrize("kind", [QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPushButton])
def test_a_field_is_large_enough_to_hit(qapp, qtbot, kind: type[QWidget]):
    theme.apply(qapp, "light")
    field = kind()
    _page = shown_together(qtbot, field)
    assert field.height() == theme.TARGET


@pytest.mark.parametrize("focused", [False, True], ids=["", "focus"])
@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_border_of_a_field_as_it_is_drawn(qapp, qtbot, name: str, kind: type[QWidget], focused: bool):
    theme.apply(qapp, name)
    other, field = QLineEdit(), kind()
    _page = shown_together(qtbot, other, field)  # lives as long as it is held
    (field if focused else other).setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: field.hasFocus() == focused)
    image = field.grab().toImage()
    row = [image.pixelColor(x, image.height() // 2).name() for x in range(min(image.width(), 6))]
    if kind is QCheckBox and focused:  # its ring lies around the words
        return
    assert max(contrast(pixel, theme.colours().window) for pixel in row) >= 3
    theme.apply(qapp, "light")


def test_applying_a_theme_changes_what_widgets_are_dressed_in(qapp, qtbot):
    theme.apply(qapp, "dark")
    assert theme.colours() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.window
    theme.apply(qapp, "light")
    assert theme.colours() is LIGHT
    theme.apply(qapp, "system")  # offscreen does not tell
    assert theme.colours() is LIGHT


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_buttons_of_the_file_dialog_can_be_seen_in_both_themes(qapp, qtbot, name: str):
    theme.apply(qapp, name)
    dialog = QFileDialog()
    qtbot.addWidget(dialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.show()
    buttons = [one for one in dialog.findChildren(QToolButton) if not one.icon().isNull()]
    assert len(buttons) == 6
    for button in buttons:
        picture = button.icon().pixmap(QSize(64, 64)).toImage()
        (line,) = {
            colour.name()
            for x in range(64)
            for y in range(64)
            if (colour := picture.pixelColor(x % picture.width(), y % picture.height())).alpha() == 255
        }
        assert contrast(line, (DARK if name == "dark" else LIGHT).window) >= 3, button.objectName()


def test_what_empties_a_field_stands_in_its_middle(qapp, qtbot):
    theme.apply(qapp, "light")
    field = QLineEdit("a long text that goes behind it", clearButtonEnabled=True)
    qtbot.addWidget(field)
    field.resize(120, field.sizeHint().height())
    field.show()
    (button,) = field.findChildren(QToolButton)
    qtbot.waitUntil(lambda: button.isVisible())
    assert field.rect().contains(button.geometry())
    assert abs(button.geometry().center().y() - field.rect().center().y()) <= 1


@pytest.mark.parametrize("kind", [QListWidget, QTreeWidget, QTableWidget])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_list_with_the_focus_has_a_ring(qapp, qtbot, name: str, kind: type[QWidget]):
    theme.apply(qapp, name)
    other, items = QLineEdit(), kind()
    _page = shown_together(qtbot, other, items)  # lives as long as it is held
    edges = []
    for focus in (other, items):
        focus.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.waitUntil(focus.hasFocus)
        image = items.grab().toImage()
        edges.append(image.pixelColor(0, image.height() // 2).name())
    assert contrast(edges[1], theme.colours().window) >= 3
    assert contrast(*edges) >= 3
    theme.apply(qapp, "light")
