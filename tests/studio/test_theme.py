import pytest
from PySide6.QtGui import QColor, QPalette

from studio import theme
from studio.theme import DARK, LIGHT, Colours


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
def test_lines_of_plots_and_what_is_off_can_still_be_seen(colours: Colours):
    for line in colours.series:
        assert contrast(line, colours.window) >= 3
        assert contrast(line, colours.base) >= 3
    assert contrast(colours.faint, colours.base) >= 2
    assert contrast(colours.accent, colours.window) >= 2


def test_applying_a_theme_changes_what_widgets_are_dressed_in(qapp, qtbot):
    theme.apply(qapp, "dark")
    assert theme.colours() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.window
    theme.apply(qapp, "light")
    assert theme.colours() is LIGHT
    theme.apply(qapp, "system")  # offscreen does not tell
    assert theme.colours() is LIGHT
