from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.plots.legend import MOST_LINES, Legend


def test_it_is_as_high_as_its_lines_and_no_higher_when_there_is_room_again(qtbot: Any) -> None:
    panel, legend = QWidget(), Legend()
    qtbot.addWidget(panel)
    column = QVBoxLayout(panel)
    column.addWidget(legend)
    column.addStretch()
    panel.resize(900, 200)
    panel.show()
    legend.show_entries([f"■&nbsp;association objtr tiny, run {number}" for number in range(3)])
    qtbot.waitUntil(lambda: 0 < legend.height() < 25)
    one_line = legend.height()
    panel.resize(260, 200)
    qtbot.waitUntil(lambda: legend.height() > 2 * one_line)
    panel.resize(900, 200)
    qtbot.waitUntil(lambda: legend.height() == one_line)


def test_a_long_one_leaves_the_plot_its_room_and_tells_the_rest_by_a_tip(qtbot: Any) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.resize(300, 20)
    legend.show_entries(["■&nbsp;mine", "quoted, not comparable: " + "measured on other objects; " * 12])
    assert legend.height() <= MOST_LINES * legend.fontMetrics().lineSpacing()
    assert "not comparable" in legend.toolTip()
    legend.show_entries(["■&nbsp;mine"])
    assert legend.toolTip() == ""
