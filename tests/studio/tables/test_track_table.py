import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit

from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.filter_text import parse
from core.trajectories.model import EndReason, PointTrajectories, Review
from core.trajectories.observation_edits import DeleteObservation
from core.trajectories.track_rows import track_rows
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel, SetReview, Trim
from studio.document import Document
from studio.tables.track_model import COLUMNS, LABEL_COLUMN, TrackModel
from studio.tables.track_table import TrackTable
from studio.view_state import ViewState
from tests.studio import densified
from tests.studio.densified import FIRST, SECOND
from tests.studio.judged import judge
from tests.studio.losses import losses
from tests.studio.test_document_cache import edits_of


@pytest.fixture
def table(qtbot, small_document: Document, small_view: ViewState) -> TrackTable:
    table = TrackTable(small_document, small_view)
    qtbot.addWidget(table)
    table.resize(700, 600)
    table.show()
    return table


def column(name: str) -> int:
    return [column[0] for column in COLUMNS].index(name)


def shown(table: TrackTable, name: str) -> list[str]:
    model = table.model
    return [model.index(row, column(name)).data() for row in range(model.rowCount())]


def test_the_model_keeps_qts_rules(table: TrackTable):
    tester = QAbstractItemModelTester(table.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.model.set_filter(parse("kind:point"))
    table.model.sort(column("length"), Qt.SortOrder.DescendingOrder)
    table.model.set_rows(None)
    table.reload()
    assert tester.model() is table.model


def test_what_a_row_says(table: TrackTable):
    assert [table.model.index(0, place).data() for place in range(len(COLUMNS))] == [
        "", "1", "object", "swan", "0–11", "3", "3", "", "", "1.00", "", "", "", "",
    ]  # fmt: skip
    row = [str(id) for id in table.model.shown_ids].index("6")  # the third point: error 0.2, from frame 2
    assert [table.model.index(row, place).data() for place in range(1, len(COLUMNS))] == [
        "6", "point", "", "2–6", "5", "0", "0.20", "0.20", "", "", "", "", "unknown",
    ]  # fmt: skip
    assert table.model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "open"


def test_losses_of_a_run_are_a_column_that_survives_edits(
    table: TrackTable, small_view: ViewState, small_document: Document
):
    ids = table.model.shown_ids.tolist()
    place = column("loss")
    assert {table.model.index(row, place).data() for row in range(len(ids))} == {""}
    header = Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
    assert "a run" not in table.model.headerData(place, *header)
    small_view.set_layers(
        dataclasses.replace(small_view.layers, losses=losses({ids[1]: 0.5, ids[4]: 2.0, ids[2]: np.nan}))
    )
    assert [table.model.index(row, place).data() for row in (1, 4, 2, 3)] == ["0.50", "2.00", "", ""]
    assert table.model.headerData(place, *header).endswith(": a run")
    table.model.sort(place, Qt.SortOrder.DescendingOrder)
    assert table.model.shown_ids.tolist()[:2] == [ids[4], ids[1]]
    small_document.perform(Relabel(small_document.clips()[0].clip.id, (ids[4],), "leg"))
    assert table.model.index(0, place).data() == "2.00"
    assert "drawn 3 times" in table.model.index(0, place).data(Qt.ItemDataRole.ToolTipRole)
    small_view.set_layers(dataclasses.replace(small_view.layers, losses=None))
    assert table.model.index(0, place).data() == ""


def test_audits_and_frames_to_check_are_columns_that_sort(
    qtbot, new_document: Document, tmp_path: Path, drawn
):
    densified.add_to(new_document, tmp_path, drawn)
    clip = new_document.clips()[0].clip
    view = ViewState()
    view.set_clip(clip)
    table = TrackTable(new_document, view)
    qtbot.addWidget(table)
    judge(new_document, clip.id, FIRST, {8: 0.9, 16: 0.41}, {3, 4})
    judge(new_document, clip.id, SECOND, {}, {9})
    new_document.perform(DeleteObservation(clip.id, SECOND, 9))
    assert shown(table, "audit") == ["66 %", ""]  # half of 0.9 + 0.41, rounded
    assert shown(table, "to_check") == ["2", ""]
    tip = table.model.index(0, column("audit")).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "audit 66 % on average, worst 41 % at frame 16"
    assert table.model.index(1, column("audit")).data(Qt.ItemDataRole.ToolTipRole) is None
    judge(new_document, clip.id, SECOND, {8: 0.3}, {11, 12, 13})
    for name, ids in (("audit", [SECOND, FIRST]), ("to_check", [FIRST, SECOND])):
        table.model.sort(column(name))
        assert table.model.shown_ids.tolist() == ids
    for name in ("audit", "to_check"):
        title = table.model.headerData(column(name), Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        assert len(title.split()) > 5, "the header explains"


def test_points_are_chosen_and_sorted_by_why_they_end(
    table: TrackTable, small_view: ViewState, small_document: Document, qtbot
):
    lost = EndReason.INCONSISTENT
    packed = PointTrajectories.pack([0, 0, 0], [np.ones((3, 2))] * 3, end_reason=[lost, 0, lost])
    small_document.perform(ReplacePoints({small_view.clip.id: packed}))
    ids = small_document.points(small_view.clip.id).ids.tolist()
    small_document.perform(Trim(small_view.clip.id, ids[1], 0, 1))
    table.filters.set(parse("ends:flow"))
    assert table.model.shown_ids.tolist() == [ids[0], ids[2]]
    assert shown(table, "end_reason") == ["flow disagrees"] * 2
    why = table.model.index(0, column("end_reason")).data(Qt.ItemDataRole.ToolTipRole)
    assert why == "forward and backward flow disagree, usually an occlusion"
    table.filters.set(parse("ends:cut"))
    assert table.model.shown_ids.tolist() == [ids[1]]
    qtbot.mouseClick(table.filter_row.clear_button, Qt.MouseButton.LeftButton)
    table.model.sort(column("end_reason"))
    assert table.model.shown_ids.tolist() == [ids[0], ids[2], ids[1], 1, 2], "objects, which have none, last"


def test_a_click_on_a_header_sorts(table: TrackTable, qtbot):
    header = table.table.horizontalHeader()
    x = header.sectionViewportPosition(column("max_error")) + 5
    for _ in range(2):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, 5))
    errors = [float(text) for text in shown(table, "max_error") if text]
    assert errors in (sorted(errors), sorted(errors, reverse=True))
    assert shown(table, "max_error")[-2:] == ["", ""]


def test_a_single_track_is_not_several(table: TrackTable):
    table.filter_row.show_count(1, 1)
    assert table.filter_row.count.text() == "1 track"


def test_the_filter_drives_what_every_view_shows(table: TrackTable, small_view: ViewState, qtbot):
    assert small_view.shown is None
    qtbot.keyClicks(table.filter_row.search, "kind:object")
    qtbot.waitUntil(lambda: small_view.shown == frozenset({1, 2}))
    assert table.filter_row.count.text() == "2 of 22 tracks"
    qtbot.keyClicks(table.filter_row.search, " goo")
    qtbot.waitUntil(lambda: small_view.shown == frozenset({2}))
    qtbot.mouseClick(table.filter_row.clear_button, Qt.MouseButton.LeftButton)
    assert small_view.shown is None
    assert table.filter_row.count.text() == "22 tracks"
    assert not table.filter_row.clear_button.isVisible()


def test_enter_in_the_search_gives_the_keys_back(table: TrackTable, qtbot):
    with qtbot.waitSignal(table.left):
        qtbot.keyClick(table.filter_row.search, Qt.Key.Key_Return)
    qtbot.keyClicks(table.filter_row.search, "swan")
    with qtbot.waitSignal(table.left):
        qtbot.keyClick(table.filter_row.search, Qt.Key.Key_Escape)
    assert table.filter_row.search.text() == ""


def test_selecting_rows_selects_tracks(table: TrackTable, small_view: ViewState, qtbot):
    rect = table.table.visualRect(table.model.index(1, 1))
    qtbot.mouseClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert small_view.selection == frozenset({2})
    rect = table.table.visualRect(table.model.index(4, 1))
    modifier = Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(table.table.viewport(), Qt.MouseButton.LeftButton, modifier, pos=rect.center())
    assert small_view.selection == frozenset(table.model.shown_ids[1:5].tolist())


def test_selecting_tracks_selects_rows_and_survives_sorting_and_edits(
    table: TrackTable, small_view: ViewState, small_document: Document
):
    ids = table.model.shown_ids
    wanted = frozenset(ids[[0, 3, 4, 9]].tolist())
    small_view.set_selection(wanted)

    def selected() -> frozenset[int]:
        rows = table.table.selectionModel().selectedRows()
        return frozenset(int(table.model.shown_ids[index.row()]) for index in rows)

    assert selected() == wanted
    table.model.sort(column("length"), Qt.SortOrder.DescendingOrder)
    assert selected() == wanted == small_view.selection
    clip = small_view.clip.id
    small_document.perform(SetReview(clip, (1,), Review.ACCEPTED))
    assert selected() == wanted == small_view.selection


def test_a_selected_track_that_the_filter_hides_stays_selected(table: TrackTable, small_view: ViewState):
    small_view.set_selection((1,))
    table.filters.set(parse("kind:point"))
    assert small_view.selection == frozenset({1})


def test_a_typed_label_asks_for_an_edit_and_writes_nothing_itself(table: TrackTable, qtbot):
    index = table.model.index(0, LABEL_COLUMN)
    with qtbot.waitSignal(table.edit_asked) as asked:
        table.table.edit(index)
        editor = table.table.viewport().findChild(QLineEdit)
        editor.setText("  mute swan ")
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert asked.args == [Relabel(table._view.clip.id, (1,), "mute swan")]
    assert index.data() == "swan"


def test_the_same_label_is_no_edit(table: TrackTable, qtbot):
    with qtbot.assertNotEmitted(table.edit_asked):
        table.model.setData(table.model.index(0, LABEL_COLUMN), "swan")


def test_stepping_goes_through_the_table_and_to_where_the_track_is(table: TrackTable, small_view: ViewState):
    ids = table.model.shown_ids.tolist()
    table.step(1)
    assert small_view.selection == frozenset({ids[0]})
    for _ in range(4):
        table.step(1)
    assert small_view.selection == frozenset({ids[4]})
    assert small_view.frame == 2  # the third point starts there
    table.step(-10)
    assert small_view.selection == frozenset({ids[0]})


def test_stepping_to_the_next_open_track_goes_round_the_end(
    table: TrackTable, small_view: ViewState, small_document: Document
):
    ids = table.model.shown_ids.tolist()
    small_document.perform(SetReview(small_view.clip.id, tuple(ids[1:]), Review.ACCEPTED))
    small_view.set_selection((ids[5],))
    assert table.step(1, Review.OPEN)
    assert small_view.selection == frozenset({ids[0]})
    small_document.perform(SetReview(small_view.clip.id, (ids[0],), Review.REJECTED))
    assert not table.step(1, Review.OPEN)


def test_select_shown_and_invert(table: TrackTable, small_view: ViewState):
    table.filters.set(parse("kind:object"))
    table.select_shown()
    assert small_view.selection == frozenset({1, 2})
    small_view.set_selection((1,))
    table.invert_selection()
    assert small_view.selection == frozenset({2})


def test_the_keys_go_on_from_the_same_track_after_an_edit(
    table: TrackTable, small_view: ViewState, small_document: Document, qtbot
):
    ids = table.model.shown_ids.tolist()
    rect = table.table.visualRect(table.model.index(5, 1))
    qtbot.mouseClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert small_view.selection == {ids[5]}
    small_document.perform(SetReview(small_view.clip.id, (ids[5],), Review.ACCEPTED))
    qtbot.keyClick(table.table, Qt.Key.Key_Down)
    assert small_view.selection == {ids[6]}
    small_document.perform(DeleteTrajectories(small_view.clip.id, (ids[0],)))
    qtbot.keyClick(table.table, Qt.Key.Key_Up)
    assert small_view.selection == {ids[5]}


def test_the_keys_go_on_from_what_was_selected_elsewhere(table: TrackTable, small_view: ViewState, qtbot):
    ids = table.model.shown_ids.tolist()
    small_view.set_selection((ids[7],))  # as by a click on the canvas
    qtbot.keyClick(table.table, Qt.Key.Key_Down)
    assert small_view.selection == {ids[8]}
    table.filters.set(parse("kind:object"))  # objects only: the row is gone
    qtbot.keyClick(table.table, Qt.Key.Key_Down)
    assert small_view.selection == {ids[0]}


def test_after_each_edit_it_holds_what_a_table_made_anew_would(
    table: TrackTable, small_view: ViewState, small_document: Document
):
    clip = small_view.clip.id

    def compare() -> None:
        anew = track_rows(small_document.points(clip), small_document.objects(clip).values())
        for field in dataclasses.fields(anew):
            ours, theirs = getattr(table.model.rows, field.name), getattr(anew, field.name)
            np.testing.assert_array_equal(ours, theirs, err_msg=field.name)
            assert ours.dtype == theirs.dtype

    edits = edits_of(small_document)
    for edit in edits:
        assert small_document.perform(edit)
        compare()
    for count in (-1, 1, -1):
        for _ in edits:
            assert small_document.turn(count)
            compare()


def test_a_view_that_trusts_what_it_is_told_of_each_edit_shows_what_a_model_made_anew_does(
    table: TrackTable, small_view: ViewState, small_document: Document
):
    model, clip = table.model, small_view.clip.id

    def read(model: TrackModel, rows: range) -> list[list[object]]:
        return [[model.index(row, place).data() for place in range(len(COLUMNS))] for row in rows]

    seen, told = read(model, range(model.rowCount())), []

    def read_all() -> None:
        seen[:] = read(model, range(model.rowCount()))
        told.append("all")

    def read_some(first: QModelIndex, last: QModelIndex) -> None:
        seen[first.row() : last.row() + 1] = read(model, range(first.row(), last.row() + 1))
        told.append("some")

    model.modelReset.connect(read_all)
    model.layoutChanged.connect(read_all)
    model.dataChanged.connect(read_some)
    model.sort(column("mean_error"), Qt.SortOrder.DescendingOrder)
    for edit in (*edits_of(small_document)[:12], None):
        small_document.perform(edit) if edit is not None else small_document.undo()
        anew = TrackModel()
        anew.sort(column("mean_error"), Qt.SortOrder.DescendingOrder)
        objects = small_document.objects(clip).values()
        anew.set_rows(track_rows(small_document.points(clip), objects))
        assert seen == read(anew, range(anew.rowCount()))
    assert {"all", "some"} == set(told)


def test_it_follows_the_clip(table: TrackTable, small_view: ViewState, small_document: Document):
    small_view.set_clip(small_document.clips()[1].clip)
    assert shown(table, "labels")[0] == "van"
    small_view.set_clip(None)
    assert table.model.rowCount() == 0


def test_12500_tracks_are_sorted_and_filtered(qtbot):
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 60, 12_500)
    errors = [rng.exponential(1, n) for n in lengths]
    packed = PointTrajectories.pack(
        [0] * len(lengths), [np.zeros((n, 2), np.float32) for n in lengths], errors
    )
    packed.ids[:] = np.arange(1, len(lengths) + 1)
    model = TrackModel()
    model.set_rows(track_rows(packed, []))
    model.sort(column("length"), Qt.SortOrder.DescendingOrder)
    model.set_filter(parse("length>=20 worst<=5"))
    worst = np.array([each.max() for each in errors])
    kept = np.flatnonzero((lengths >= 20) & (worst <= 5))
    assert 1000 < len(kept) < 10_000
    assert sorted(packed.ids[kept]) == sorted(model.shown_ids)
    places = np.searchsorted(packed.ids, model.shown_ids)
    assert (np.diff(lengths[places]) <= 0).all()


def test_selecting_all_of_many_is_one_range(table: TrackTable, small_view: ViewState):
    table.select_shown()
    selection = table.table.selectionModel().selection()
    assert selection.count() == 1
    flags = QItemSelectionModel.SelectionFlag
    table.table.selectionModel().select(table.model.index(0, 0), flags.Deselect | flags.Rows)
    assert len(small_view.selection) == table.model.rowCount() - 1


def test_very_many_are_arranged_in_a_thread_and_what_was_shown_stays_until_then(qtbot, monkeypatch):
    monkeypatch.setattr("studio.tables.track_model.MANY", 100)
    packed = PointTrajectories.pack([0] * 300, [np.zeros((n % 50 + 1, 2)) for n in range(300)])
    packed.ids[:] = np.arange(1, 301)
    model = TrackModel()
    model.set_rows(track_rows(packed, []))
    assert model.rowCount() == 300
    model.set_filter(parse("length>40"))
    model.sort(column("length"), Qt.SortOrder.DescendingOrder)
    model.set_filter(parse("length>45"))  # of several orders the last one holds
    assert model.rowCount() == 300
    with qtbot.waitSignal(model.arranged):
        pass
    lengths = [n % 50 + 1 for n in range(300)]
    wanted = sorted((id for id in range(1, 301) if lengths[id - 1] > 45), key=lambda id: -lengths[id - 1])
    assert model.shown_ids.tolist() == wanted
    assert model.shown == frozenset(wanted)
    model.set_filter(parse(""))
    model.set_rows(track_rows(packed.take(np.arange(10)), []))  # another clip, before the thread is done
    assert model.shown_ids.tolist() == sorted(range(1, 11), reverse=True)
    qtbot.wait(50)
    assert model.rowCount() == 10
    model.close_reader()
