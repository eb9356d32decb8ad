"""Scrolling costs what comes into view."""

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QApplication

from studio.document import Document
from studio.tables.track_table import TrackTable
from studio.view_state import ViewState


@pytest.fixture
def table(qtbot, small_document: Document, small_view: ViewState) -> TrackTable:
    table = TrackTable(small_document, small_view)
    qtbot.addWidget(table)
    table.show()
    return table


class Painted(QObject):
    """How high what is painted of a widget is, one number a time."""

    def __init__(self) -> None:
        super().__init__()
        self.heights: list[int] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            region = event.region()
            self.heights.append(sum(one.height() for one in region))
        return False


def test_what_is_scrolled_is_moved_and_not_painted_again(table: TrackTable, small_view: ViewState, qtbot):
    rows, port = table.table, table.table.viewport()
    rows.setStyleSheet("QTableView { border: none; }")  # as that of the window, which paints backgrounds
    table.resize(700, 12 * rows.rowHeight(0))
    ids = table.model.shown_ids
    small_view.set_selection((int(ids[-1]),))
    qtbot.waitUntil(lambda: rows.verticalScrollBar().value() > 2)
    QApplication.processEvents()
    small_view.set_selection((int(ids[rows.verticalScrollBar().value()]),))
    QApplication.processEvents()
    painted = Painted()
    port.installEventFilter(painted)
    before = rows.verticalScrollBar().value()
    small_view.set_selection((int(ids[before - 1]),))
    QApplication.processEvents()
    assert rows.verticalScrollBar().value() == before - 1
    assert 0 < sum(painted.heights) <= 4 * rows.rowHeight(0) < port.height()
    corner = port.mapTo(table, QPoint(0, 0))
    on_screen = table.screen().grabWindow(table.winId()).toImage().copy(port.rect().translated(corner))
    port.removeEventFilter(painted)
    assert on_screen.convertToFormat(on_screen.Format.Format_RGB32) == port.grab().toImage().convertToFormat(
        on_screen.Format.Format_RGB32
    )
