"""The columns of the table of tracks in panels of several widths."""

import itertools

from PySide6.QtCore import Qt

from studio.document import Document
from studio.tables.track_model import COLUMNS, LABEL_COLUMN
from studio.tables.track_table import TrackTable
from studio.view_state import ViewState


def test_the_columns_that_fit_are_shown_and_none_is_cut_off(
    qtbot, small_document: Document, small_view: ViewState
):
    table = TrackTable(small_document, small_view)
    qtbot.addWidget(table)
    table.show()
    view, shown = table.table, []
    for width in (220, 300, 340, 440, 800):
        table.resize(width, 600)
        qtbot.waitUntil(lambda width=width: view.width() == width)
        qtbot.waitUntil(lambda: view.horizontalScrollBar().maximum() == 0)
        assert view.horizontalHeader().length() == view.viewport().width()
        assert not view.isColumnHidden(LABEL_COLUMN)
        assert view.columnWidth(LABEL_COLUMN) >= 48
        shown.append([one[0] for place, one in enumerate(COLUMNS) if not view.isColumnHidden(place)])
    assert all(set(fewer) <= set(more) for fewer, more in itertools.pairwise(shown))
    assert {"ids", "mean_error", "max_error"} <= set(shown[0])
    assert {"audit", "to_check"} <= set(shown[2])
    assert len(shown[-1]) == len(COLUMNS)


def test_a_title_stands_over_what_it_names(qtbot, small_document: Document, small_view: ViewState):
    table = TrackTable(small_document, small_view)
    qtbot.addWidget(table)
    model, role = table.table.model(), Qt.ItemDataRole.TextAlignmentRole
    for column in range(len(COLUMNS)):
        title = model.headerData(column, Qt.Orientation.Horizontal, role)
        assert title == model.index(0, column).data(role) is not None
