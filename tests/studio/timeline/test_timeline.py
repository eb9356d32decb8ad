from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.datasets.clip import Clip
from core.project.project import Project
from core.tracking.next_keyframe import next_keyframe
from core.trajectories.bulk_edits import AddClips
from core.trajectories.model import Review
from core.trajectories.observation_edits import MovePoint
from core.trajectories.trajectory_edits import DeleteTrajectories
from studio import theme
from studio.document import Document
from studio.timeline.lane_layout import NAMES, ROW, RULER
from studio.timeline.lane_source import LaneSource
from studio.timeline.lanes import density, object_lane, point_lane, stretches
from studio.timeline.time_scale import TimeScale
from studio.timeline.timeline import Timeline
from studio.timeline.trim import TrimDrag
from studio.view_state import Filling, ViewState
from tests.studio.judged import judge
from tests.studio.timeline.conftest import an_object

WALKER, GAPPED, EARLY, LATE = 1, 2, 3, 4
LEFT, NONE, CONTROL = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
)


def click(timeline, at, keys=NONE):
    QTest.mouseClick(timeline.viewport(), LEFT, keys, at)


def drag(timeline, start, *ways):
    QTest.mousePress(timeline.viewport(), LEFT, NONE, start)
    for way in ways:
        QTest.mouseMove(timeline.viewport(), way)
    QTest.mouseRelease(timeline.viewport(), LEFT, NONE, ways[-1])


def wheel(timeline, at, notches, keys=NONE):
    event = QWheelEvent(
        QPointF(at),
        QPointF(timeline.viewport().mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(timeline.viewport(), event)


# --- what lanes show --------------------------------------------------------------------------


def test_stretches_are_runs_of_consecutive_frames():
    assert stretches(np.array([0, 1, 2, 4, 10, 11, 20])).tolist() == [[0, 2], [4, 4], [10, 11], [20, 20]]
    assert stretches(np.zeros(0, int)).tolist() == []


def test_the_lane_of_an_object_has_keyframes_propagated_parts_and_gaps(document, view):
    lane = object_lane(document.objects(view.clip.id)[GAPPED])
    assert lane.spans.tolist() == [[0, 2], [10, 11]]
    assert lane.solid.tolist() == [[0, 0], [10, 10]]
    assert lane.propagated.tolist() == [[1, 2], [11, 11]]
    assert lane.keyframes.tolist() == [0, 10]
    assert "1 gap" in lane.about(0)
    assert "2 keyframes" in lane.about(0)


def test_the_lane_of_an_object_has_poor_audits_and_frames_to_check(document, view):
    judge(document, view.clip.id, WALKER, {5: 0.95, 18: 0.62}, {8, 9, 25})
    lane = object_lane(document.objects(view.clip.id)[WALKER])
    assert lane.poor.tolist() == [18]
    assert lane.to_check.tolist() == [[8, 9], [25, 25]]
    assert lane.about(18).endswith("frame 18: audit 62 % · 3 frames to check")
    assert lane.about(9).endswith("audit 78 % on average · frame 9 is to be checked")
    assert "audit" not in object_lane(document.objects(view.clip.id)[GAPPED]).about(0)


def test_a_diamond_stands_in_the_frame_that_is_best_annotated_next(timeline, view, document):
    one = document.objects(view.clip.id)[WALKER]
    lane = timeline.lanes.source.lane(WALKER)
    best = next_keyframe(one)
    assert lane.wanted == best.frame
    assert f"frame {best.frame}: the next best to annotate" in lane.about(best.frame)
    rect, scale, colours = timeline.lanes.lane_rect(WALKER), timeline.lanes.scale, theme.colours(timeline)
    assert ink(timeline, scale.middle(best.frame), rect.center().y()) == QColor(colours.base)
    assert object_lane(replace(one, review=Review.ACCEPTED)).wanted is None


def ink(timeline, x: float, y: float) -> QColor:
    return timeline.viewport().grab().toImage().pixelColor(round(x), round(y))


def test_a_wedge_stands_above_a_poor_keyframe_and_a_line_below_frames_to_check(timeline, view, document):
    judge(document, view.clip.id, WALKER, {5: 0.95, 18: 0.62}, {8, 9})
    rect, scale, colours = timeline.lanes.lane_rect(WALKER), timeline.lanes.scale, theme.colours(timeline)
    assert ink(timeline, scale.middle(18), rect.top() + 2) == QColor(colours.bad)
    assert ink(timeline, scale.middle(5), rect.top() + 2) != QColor(colours.bad)
    assert ink(timeline, scale.middle(9), rect.bottom() - 2) == QColor(colours.warning)
    assert ink(timeline, scale.middle(10) + 2, rect.bottom() - 2) != QColor(colours.warning)


def test_frames_that_are_filled_again_are_veiled(timeline, view):
    before = timeline.viewport().grab().toImage()
    view.set_filling({WALKER: Filling(8, 16)})
    during = timeline.viewport().grab().toImage()
    assert during != before
    view.set_filling({})
    assert timeline.viewport().grab().toImage() == before


def test_the_lane_of_a_point_marks_what_a_person_moved(document, view):
    document.perform(MovePoint(view.clip.id, EARLY, 6, 1.0, 2.0))
    points = document.points(view.clip.id)
    lane = point_lane(points, 0)
    assert (lane.first, lane.last, lane.keyframes.tolist()) == (2, 11, [6])


def test_density_counts_the_points_of_each_frame(document, view):
    points = document.points(view.clip.id)
    counts = density(points, np.array([True, True]), 40)
    assert counts.tolist() == [int(2 <= f <= 11) + int(20 <= f <= 34) for f in range(40)]
    assert density(points, np.array([True, False]), 40)[25] == 0


def test_objects_have_lanes_and_points_when_they_are_selected(timeline, view):
    assert tuple(timeline.lanes.source.ids) == (WALKER, GAPPED)
    view.set_selection({LATE, WALKER})
    assert tuple(timeline.lanes.source.ids) == (WALKER, GAPPED, LATE)
    view.set_shown(frozenset({GAPPED}))
    assert tuple(timeline.lanes.source.ids) == (WALKER, GAPPED, LATE)  # what is selected is always shown
    view.set_selection(())
    assert tuple(timeline.lanes.source.ids) == (GAPPED,)


def test_an_empty_timeline_says_whether_the_filter_empties_it(timeline, view, document):
    view.set_shown(frozenset())
    assert tuple(timeline.lanes.source.ids) == ()
    hidden = timeline.viewport().grab().toImage()
    document.perform(DeleteTrajectories(view.clip.id, (WALKER, GAPPED)))
    view.set_shown(None)
    assert tuple(timeline.lanes.source.ids) == ()
    assert timeline.viewport().grab().toImage() != hidden
    source = LaneSource(document, view)
    assert source.empty_text.startswith("No objects")
    document.undo()
    assert source.empty_text.startswith("The filter hides")


# --- going and selecting ----------------------------------------------------------------------


def test_dragging_in_the_ruler_scrubs(timeline, view):
    def on_ruler(frame):
        return QPoint(round(timeline.lanes.scale.middle(frame)), RULER // 2)

    seen = []
    view.frame_changed.connect(seen.append)
    drag(timeline, on_ruler(3), on_ruler(8), on_ruler(20), on_ruler(17))
    assert seen == [3, 8, 20, 17]
    drag(timeline, on_ruler(30), QPoint(5000, 10))
    assert view.frame == 39


def test_a_click_on_a_lane_selects_and_control_adds(timeline, view, place):
    click(timeline, place(WALKER, 12.5))
    assert (view.selection, view.frame) == (frozenset({WALKER}), 0)
    click(timeline, place(GAPPED, 6), CONTROL)
    assert view.selection == {WALKER, GAPPED}
    click(timeline, QPoint(NAMES + 50, timeline.viewport().height() - 3))
    assert view.selection == frozenset()


def test_a_click_on_a_tick_goes_there_too(timeline, view, place):
    click(timeline, place(WALKER, 18.5))
    assert (view.selection, view.frame) == (frozenset({WALKER}), 18)


def test_a_double_click_goes_to_the_frame_or_from_the_name_to_the_start(timeline, view, place):
    QTest.mouseDClick(timeline.viewport(), LEFT, NONE, place(WALKER, 12.5))
    assert (view.selection, view.frame) == (frozenset({WALKER}), 12)
    name = QPoint(40, place(WALKER, 0).y())
    QTest.mouseDClick(timeline.viewport(), LEFT, NONE, name)
    assert view.frame == 5


def test_up_and_down_go_from_track_to_track(timeline, view):
    timeline.setFocus()
    QTest.keyClick(timeline, Qt.Key.Key_Down)
    assert view.selection == {WALKER}
    QTest.keyClick(timeline, Qt.Key.Key_Down)
    assert view.selection == {GAPPED}
    QTest.keyClick(timeline, Qt.Key.Key_Right)
    assert view.frame == 1


def test_hovering_marks_the_track(timeline, view, place):
    QTest.mouseMove(timeline.viewport(), place(GAPPED, 5))
    QTest.mouseMove(timeline.viewport(), place(GAPPED, 6))
    assert view.hovered == GAPPED


# --- editing ----------------------------------------------------------------------------------


def test_dragging_the_end_of_a_bar_trims_with_one_edit(timeline, view, document, place):
    before = document.revision()
    drag(timeline, place(WALKER, 31), place(WALKER, 28), place(WALKER, 26))
    assert document.revision() == before + 1
    assert document.objects(view.clip.id)[WALKER].frames.tolist() == list(range(5, 26))
    drag(timeline, place(WALKER, 5), place(WALKER, 7), place(WALKER, 9))
    assert document.objects(view.clip.id)[WALKER].frames.tolist() == list(range(9, 26))
    document.undo()
    document.undo()
    assert document.objects(view.clip.id)[WALKER].frames.tolist() == list(range(5, 31))


def test_a_bar_that_is_drawn_out_is_to_be_carried_there_and_none_can_be_trimmed_away(
    timeline, view, document, place
):
    before, reached = document.revision(), []
    timeline.reach_asked.connect(lambda *asked: reached.append(asked))
    drag(timeline, place(WALKER, 31), place(WALKER, 34), place(WALKER, 38))
    drag(timeline, place(WALKER, 31), place(WALKER, 34), place(WALKER, 46))
    drag(timeline, place(WALKER, 5), place(WALKER, 4), place(WALKER, 2))
    assert reached == [(WALKER, 37), (WALKER, 39), (WALKER, 2)]
    assert document.revision() == before
    drag(timeline, place(WALKER, 31), place(WALKER, 20), place(WALKER, 1))
    assert document.objects(view.clip.id)[WALKER].frames.tolist() == [5]


def test_a_trim_snaps_to_the_nearest_border_between_frames(document, view):
    drag = TrimDrag.at(object_lane(document.objects(view.clip.id)[WALKER]), 410, TimeScale(100, 10))
    ends = [drag.moved(100 + x, TimeScale(100, 10), 33).last for x in (204, 206, 310, 400)]
    assert ends == [19, 20, 30, 32]
    start = TrimDrag.at(drag.lane, 150, TimeScale(100, 10))
    assert [start.moved(100 + x, TimeScale(100, 10), 33).first for x in (84, 86, 50, -20)] == [8, 9, 5, 0]
    assert not start.changes


def test_escape_cancels_a_trim(timeline, document, place):
    before = document.revision()
    QTest.mousePress(timeline.viewport(), LEFT, NONE, place(WALKER, 31))
    QTest.mouseMove(timeline.viewport(), place(WALKER, 20))
    QTest.keyClick(timeline, Qt.Key.Key_Escape)
    QTest.mouseRelease(timeline.viewport(), LEFT, NONE, place(WALKER, 20))
    assert document.revision() == before


def right_click(timeline, at):
    """What the menu is asked for: the place on the screen; None where it is not."""
    asked = []
    timeline.menu_asked.connect(asked.append)
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, at, timeline.viewport().mapToGlobal(at))
    QApplication.sendEvent(timeline.viewport(), event)
    timeline.menu_asked.disconnect(asked.append)
    return asked[0] if asked else None


def test_the_right_button_selects_the_lane_goes_to_the_frame_and_asks_for_the_menu(timeline, view, place):
    at = place(WALKER, 12.5)
    assert right_click(timeline, at) == timeline.viewport().mapToGlobal(at)
    assert (view.selection, view.frame) == ({WALKER}, 12)
    view.set_selection({WALKER, GAPPED})
    assert right_click(timeline, place(GAPPED, 3.5)) is not None
    assert (view.selection, view.frame) == ({WALKER, GAPPED}, 3), "of several selected tracks"
    name = QPoint(40, place(WALKER, 0).y())
    assert right_click(timeline, name) is not None
    assert view.frame == 3, "on a name no frame is meant"
    assert right_click(timeline, QPoint(NAMES + 5, 3)) is None


def test_an_edit_elsewhere_is_seen(timeline, view, document):
    document.perform(DeleteTrajectories(view.clip.id, (WALKER,)))
    assert tuple(timeline.lanes.source.ids) == (GAPPED,)
    document.undo()
    assert tuple(timeline.lanes.source.ids) == (WALKER, GAPPED)


# --- looking ----------------------------------------------------------------------------------


def test_control_and_the_wheel_zoom_where_the_mouse_is_and_the_playhead_is_followed(timeline, view):
    at = QPoint(600, 100)
    frame = timeline.lanes.scale.frame(at.x())
    width = timeline.lanes.scale.width
    wheel(timeline, at, 3, CONTROL)
    assert timeline.lanes.scale.width > width * 1.5
    assert timeline.lanes.scale.frame(at.x()) == frame
    for number in (39, 0):
        view.set_frame(number)
        assert NAMES <= timeline.lanes.scale.middle(number) <= timeline.viewport().width()
    wheel(timeline, at, -30, CONTROL)
    assert timeline.lanes.scale.x(40) <= timeline.viewport().width()
    assert timeline.lanes.scale.left == NAMES


def test_the_ruler_numbers_every_1_2_5_10_frames():
    assert [TimeScale(0, width).step(60) for width in (60, 30, 13, 6, 0.5)] == [1, 2, 5, 10, 200]


def test_a_bars_end_is_taken_within_reach_only(document, view):
    lane = object_lane(document.objects(view.clip.id)[WALKER])
    scale = TimeScale(100, 10)
    assert TrimDrag.at(lane, 100 + 50 - 5, scale).at_start
    assert not TrimDrag.at(lane, 100 + 310 + 5, scale).at_start
    assert TrimDrag.at(lane, 100 + 200, scale) is None


@pytest.mark.parametrize("name", ["", "clip"])
def test_it_paints_without_a_clip_and_with_an_empty_one(qtbot, document, view, name):
    seen = ViewState()
    timeline = Timeline(document, seen)
    qtbot.addWidget(timeline)
    if name:
        document.perform(DeleteTrajectories(view.clip.id, (WALKER, GAPPED, EARLY, LATE)))
        seen.set_clip(view.clip)
    timeline.show()
    assert not timeline.grab().toImage().isNull()
    assert tuple(timeline.lanes.source.ids) == ()
    assert right_click(timeline, QPoint(300, 80)) is None


def test_of_five_thousand_lanes_those_that_are_seen_are_painted(qtbot, tmp_path):
    frames = tuple(f"{number}.png" for number in range(60))
    clip = Clip(name="many", dataset="frames", width=64, height=48, root=tmp_path, files=frames)
    objects = [an_object([i % 20, 21 + i % 10, 59], [i % 20], f"n{i}") for i in range(5000)]
    document = Document(Project.create(tmp_path / "many"))
    with qtbot.waitSignal(document.performed):
        assert document.perform(AddClips([(clip, objects)]))
    view = ViewState()
    view.set_clip(document.clips()[0].clip)
    timeline = Timeline(document, view)
    qtbot.addWidget(timeline)
    timeline.resize(1200, 300)
    timeline.show()
    timeline.grab()
    for step in range(20):
        timeline.verticalScrollBar().setValue(step * 5000)
        seen = timeline.lanes.rows_seen()
        assert len(seen) <= 300 / ROW + 2
        assert all(timeline.lanes.is_whole(row) for row in seen[1:-1])
        assert not timeline.lanes.is_whole(seen.start - 1) or seen.start == 0
        timeline.grab()
    view.set_selection({4000})
    rect = timeline.lanes.lane_rect(4000)
    assert 0 < rect.top() < 300
    document.close()
