from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.plots.legend import Legend


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
