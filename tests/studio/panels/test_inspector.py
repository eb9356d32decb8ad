from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QScrollArea

from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.model import EndReason, PointTrajectories, Review
from core.trajectories.trajectory_edits import Relabel, SetReview
from studio.document import Document
from studio.panels.inspector import Inspector
from studio.view_state import ViewState
from tests.studio import densified
from tests.studio.densified import FIRST, SECOND
from tests.studio.judged import judge


@pytest.fixture
def inspector(qtbot, small_document: Document, small_view: ViewState):
    inspector = Inspector(small_document, small_view, [QAction("&Accept")])
    qtbot.addWidget(inspector)
    inspector.resize(330, 600)
    inspector.show()
    yield inspector
    inspector.close_reader()


def facts(inspector: Inspector) -> dict[str, str]:
    return {name: label.text() for name, label in inspector.facts.items()}


def test_without_a_selection_it_says_what_will_appear(inspector: Inspector):
    assert inspector.currentWidget() is inspector.empty


def test_a_long_label_is_shown_from_its_beginning_and_whole_by_the_pointer(
    inspector: Inspector, small_document: Document, small_view: ViewState
):
    label = "a label of eighty characters that somebody typed into the field by mistake, yes"
    assert small_document.perform(Relabel(small_view.clip.id, (1,), label))
    small_view.set_selection((1,))
    assert inspector.label.text() == inspector.label.toolTip() == label
    assert inspector.label.cursorPosition() == 0


def test_an_object_with_where_it_comes_from_and_its_pictures(
    inspector: Inspector, small_view: ViewState, qtbot
):
    small_view.set_selection((1,))
    assert inspector.title.text() == "Object 1"
    assert inspector.label.text() == "swan"
    found = facts(inspector)
    assert found["Frames"] == "0–11, 3 seen, 9 missing; 3 keyframes"
    assert found["Review"] == "open"
    assert found["Here"] == "annotated, confidence 1.00"
    assert found["Place"] == "10 × 10 px at (10, 8)"
    small_view.set_frame(4)
    assert facts(inspector)["Here"] == "not seen at frame 4"
    qtbot.waitUntil(lambda: len(inspector.strip.pictures) == 3)
    assert [cut.frame for cut in inspector.strip.cuts] == [0, 5, 11]
    assert facts(inspector)["Made by"].startswith("import, 20")


def test_what_was_drawn_of_another_track_goes_at_once(inspector: Inspector, small_view: ViewState, qtbot):
    small_view.set_selection((1,))
    qtbot.waitUntil(lambda: len(inspector.strip.cuts) == 3)
    drawn = inspector.plot.grab().toImage()
    small_view.set_frame(3)
    assert len(inspector.strip.cuts) == 3
    assert facts(inspector)["Made by"]
    small_view.set_selection((2,))
    assert inspector.title.text() == "Object 2"
    assert not facts(inspector)["Made by"]
    assert inspector.strip.cuts == []
    assert inspector.plot._nothing_to_export()
    assert inspector.plot.grab().toImage() != drawn
    qtbot.waitUntil(lambda: len(inspector.strip.cuts) > 0)
    assert not inspector.plot._nothing_to_export()


def test_a_point_with_its_error_at_the_frame(
    inspector: Inspector, small_view: ViewState, small_document: Document
):
    points = small_document.points(small_view.clip.id)
    small_view.set_selection((int(points.ids[7]),))  # starts at 3, 5 frames, error 0.7
    small_view.set_frame(5)
    assert inspector.title.text() == f"Point {points.ids[7]}"
    found = facts(inspector)
    assert found["Here"] == "linked, error 0.70 px"
    assert found["Place"] == "(7.0, 10.0) px"
    assert found["Ends because"] == "not known why"
    small_view.set_frame(3)
    assert facts(inspector)["Here"] == "linked"
    small_view.set_frame(8)
    assert facts(inspector)["Here"] == "not seen at frame 8"


def test_it_needs_no_more_width_than_a_small_window_has(
    inspector: Inspector, small_view: ViewState, small_document: Document
):
    small_view.set_selection({min(small_document.objects(small_view.clip.id))})
    page = inspector.findChild(QScrollArea).widget()
    assert page.minimumSizeHint().width() <= 217


def test_several_tracks_are_counted(inspector: Inspector, small_view: ViewState):
    small_view.set_selection((1, 2))
    assert inspector.title.text() == "2 tracks selected"
    assert not inspector.label.isVisible()
    small_view.set_selection((2,))
    assert inspector.label.isVisible()


def test_a_typed_label_asks_for_one_edit(inspector: Inspector, small_view: ViewState, qtbot):
    small_view.set_selection((1,))
    asked = []
    inspector.edit_asked.connect(asked.append)
    inspector.label.setText("mute swan")
    with qtbot.waitSignal(inspector.left):
        qtbot.keyClick(inspector.label, Qt.Key.Key_Return)
    assert asked == [Relabel(small_view.clip.id, (1,), "mute swan")]


def test_an_edit_is_seen_at_once(inspector: Inspector, small_view: ViewState, small_document: Document):
    small_view.set_selection((1,))
    small_document.perform(SetReview(small_view.clip.id, (1,), Review.ACCEPTED))
    assert facts(inspector)["Review"] == "accepted"
    small_document.undo()
    assert facts(inspector)["Review"] == "open"


def test_the_plot_shows_error_over_frames_with_a_cursor(
    inspector: Inspector, small_view: ViewState, small_document: Document, qtbot
):
    points = small_document.points(small_view.clip.id)
    small_view.set_selection((int(points.ids[7]),))
    qtbot.waitUntil(lambda: inspector.plot._curve.getData()[0] is not None)
    frames, values = inspector.plot._curve.getData()
    np.testing.assert_array_equal(frames, [3, 4, 5, 6, 7])
    np.testing.assert_allclose(values, [0, 0.7, 0.7, 0.7, 0.7], rtol=1e-6)
    small_view.set_frame(6)
    assert inspector.plot._cursor.value() == 6


def test_an_object_with_its_audit_and_the_frames_to_check(
    qtbot, new_document: Document, tmp_path: Path, drawn
):
    densified.add_to(new_document, tmp_path, drawn)
    clip, view = new_document.clips()[0].clip, ViewState()
    view.set_clip(clip)
    inspector = Inspector(new_document, view, [])
    qtbot.addWidget(inspector)
    view.set_selection((FIRST,))
    assert not inspector._form.isRowVisible(inspector.facts["Audit"])
    judge(new_document, clip.id, FIRST, {8: 0.9, 16: 0.4}, {3, 4, 12})
    found = facts(inspector)
    assert found["Audit"] == "65 % over 2 keyframes, worst 40 % at frame 16"
    assert found["To check"] == "3 frames"
    view.set_frame(16)
    assert facts(inspector)["Here"] == "annotated, confidence 1.00, audit 40 %"
    view.set_frame(12)
    assert facts(inspector)["Here"].endswith("to be checked: ways of filling disagree")
    qtbot.waitUntil(lambda: len(inspector.plot._audits.getData()[0]) == 2)
    frames, audits = inspector.plot._audits.getData()
    np.testing.assert_array_equal(frames, [8, 16])
    np.testing.assert_allclose(audits, [0.9, 0.4], rtol=1e-6)
    frames, values = inspector.plot._doubtful.getData()
    np.testing.assert_array_equal(frames, [3, 4, 12])
    one = new_document.objects(clip.id)[FIRST]
    np.testing.assert_allclose(values, one.confidence[np.isin(one.frames, frames)])
    assert "to check" in inspector.plot._legend.text()
    view.set_selection((SECOND,))
    qtbot.waitUntil(lambda: "to check" not in inspector.plot._legend.text())
    inspector.close_reader()


def test_why_a_point_ends_is_said_in_words(
    inspector: Inspector, small_view: ViewState, small_document: Document
):
    packed = PointTrajectories.pack([0], [np.ones((3, 2))], end_reason=[EndReason.INCONSISTENT])
    small_document.perform(ReplacePoints({small_view.clip.id: packed}))
    small_view.set_selection(small_document.points(small_view.clip.id).ids.tolist())
    assert facts(inspector)["Ends because"] == "forward and backward flow disagree, usually an occlusion"
