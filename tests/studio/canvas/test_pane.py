"""Looking: frames, keys, zoom, playing, layers, what happens when a frame is missing."""

import dataclasses
import time
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.overlay.scene import EMPTY_POINTS
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import DeleteTrajectories, SetReview
from studio.canvas.key_repeat import DELAYS
from studio.canvas.pane import CanvasPane
from studio.view_state import TOOLS, ViewState
from tests.studio.at_the_window import activate
from tests.studio.canvas.drawn import draw_frame

RING, BOXED, HIGH, LOW, LATE = 1, 2, 3, 4, 5
NONE, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def shown_number(pane):
    """Which frame the pixels on the canvas belong to, read from the picture itself."""
    frame = pane.frame_view.frame
    return None if frame is None else (int(frame[0, 0, 2]) - 5) // 10


def colour_at(pane, mouse, x, y):
    image = pane.frame_view.grab().toImage()
    ratio = image.devicePixelRatio()
    place = mouse.at(x, y)
    return image.pixelColor(round(place.x() * ratio), round(place.y() * ratio))


def wheel(widget, at, notches, keys=NONE):
    place = QPointF(at)
    event = QWheelEvent(
        place,
        QPointF(widget.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


# --- frames -----------------------------------------------------------------------------------


def test_the_canvas_shows_the_pixels_of_the_frame(qtbot, pane, view, mouse):
    view.set_layers(dataclasses.replace(view.layers, masks=False, boxes=False, trails=False, names=False))
    view.set_frame(6)
    qtbot.waitUntil(lambda: shown_number(pane) == 6)
    colour = colour_at(pane, mouse, 58.5, 5.5)
    np.testing.assert_allclose((colour.red(), colour.green(), colour.blue()), draw_frame(6)[5, 58], atol=1)


def test_frame_and_tracks_change_together(qtbot, pane, view):
    for frame in (1, 5, 11, 2):
        view.set_frame(frame)
        qtbot.waitUntil(lambda: shown_number(pane) == view.frame)
        assert pane.stage.scene.frame == frame


def test_a_missing_frame_is_said_on_the_canvas_and_the_next_one_shown(qtbot, pane, view, document, clip):
    (clip.root / clip.files[7]).unlink()
    pane.loader.open(view.clip)
    view.set_frame(7)
    qtbot.waitUntil(lambda: "007.png" in pane.frame_view.message)
    assert pane.frame_view.frame is None
    assert pane.stage.scene.frame == 7
    pane.grab()
    view.set_frame(8)
    qtbot.waitUntil(lambda: shown_number(pane) == 8)
    assert pane.frame_view.message == ""


def test_without_a_clip_it_says_what_will_appear(qtbot, document):
    view = ViewState()
    pane = CanvasPane(document, view)
    qtbot.addWidget(pane)
    pane.show()
    assert "Open a clip" in pane.frame_view.message
    assert not pane.transport.isEnabled()
    assert not pane.layer_bar.isEnabled()
    QTest.mouseClick(pane.frame_view, Qt.MouseButton.LeftButton)
    pane.frame_view.zoom(1.25)
    pane.frame_view.fit()
    pane.zoom_to_selection()
    pane.player.toggle()
    view.go_last()
    pane.grab()


def test_closing_the_clip_empties_the_canvas(qtbot, pane, view):
    view.set_clip(None)
    assert pane.frame_view.frame is None
    assert pane.stage.scene.objects == ()
    assert len(EMPTY_POINTS) == 0
    pane.grab()


def test_an_edit_elsewhere_is_seen_at_once(pane, view, document):
    assert pane.stage.scene.object(BOXED) is not None
    document.perform(DeleteTrajectories(view.clip.id, (BOXED,)))
    assert pane.stage.scene.object(BOXED) is None
    document.undo()
    assert pane.stage.scene.object(BOXED) is not None


# --- keys -------------------------------------------------------------------------------------


def test_one_press_of_an_arrow_is_one_frame(qtbot, pane, view):
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Right)
    assert view.frame == 1
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Right, SHIFT)
    assert view.frame == 11
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Left)
    assert view.frame == 10
    QTest.qWait(DELAYS[0] + 60)
    assert view.frame == 10


def test_an_arrow_in_the_canvas_goes_before_the_menus_action_of_the_same_key(pane, view):
    action = QAction("Next frame", pane)
    action.setShortcut("Right")
    action.triggered.connect(lambda: view.step(1))
    pane.addAction(action)
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Right)
    assert view.frame == 1


def test_a_held_arrow_steps_again_and_faster_until_it_is_released(qtbot, pane, view):
    gaps, timer = [], pane.stepping._timer
    view.frame_changed.connect(lambda frame: gaps.append(timer.interval()))
    QTest.keyPress(pane.frame_view, Qt.Key.Key_Right)
    for _ in range(5):  # what the keyboard itself repeats counts for nothing
        repeat = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Right, NONE, "", True)
        QApplication.sendEvent(pane.frame_view, repeat)
    assert view.frame == 1
    qtbot.waitUntil(lambda: view.frame >= 6)
    QTest.keyRelease(pane.frame_view, Qt.Key.Key_Right)
    assert gaps == list(DELAYS[: len(gaps)])
    assert not timer.isActive()
    stopped = view.frame
    QTest.qWait(250)
    assert view.frame == stopped
    assert list(DELAYS) == sorted(DELAYS, reverse=True)


def test_enter_in_the_frame_box_goes_there_and_gives_the_keys_back(qtbot, pane, view):
    activate(qtbot, pane)
    box = pane.transport.frame
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "9")
    assert view.frame == 0  # nothing happens while one types
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert view.frame == 9
    assert pane.frame_view.hasFocus()


def test_holding_z_hides_the_tracks(pane, view, mouse):
    view.set_layers(dataclasses.replace(view.layers, names=False))
    plain = draw_frame(0)[9, 12]

    def red():
        colour = colour_at(pane, mouse, 12.5, 9.5)
        return (colour.red(), colour.green(), colour.blue())

    assert not np.allclose(red(), plain, atol=2)
    QTest.keyPress(pane.frame_view, Qt.Key.Key_Z)
    np.testing.assert_allclose(red(), plain, atol=2)
    QTest.keyRelease(pane.frame_view, Qt.Key.Key_Z)
    assert not np.allclose(red(), plain, atol=2)


# --- zoom -------------------------------------------------------------------------------------


def test_the_wheel_zooms_where_the_mouse_is(pane, mouse):
    at = mouse.at(16, 12)
    before = pane.stage.camera.to_frame(QPointF(at))
    wheel(pane.frame_view, at, 2)
    after = pane.stage.camera.to_frame(QPointF(at))
    assert pane.stage.camera.scale > 10
    np.testing.assert_allclose((after.x(), after.y()), (before.x(), before.y()), atol=1e-6)


def test_dragging_with_alt_or_the_middle_button_pans(pane, mouse, view, document):
    revision = document.revision()
    camera = pane.stage.camera
    widget, start = pane.frame_view, mouse.at(5, 30)
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, ALT, start)
    QTest.mouseMove(widget, start + QPoint(40, -25))
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, ALT, start + QPoint(40, -25))
    assert pane.stage.camera == camera.moved(40, -25)
    QTest.mousePress(widget, Qt.MouseButton.MiddleButton, NONE, start)
    QTest.mouseMove(widget, start + QPoint(-40, 25))
    QTest.mouseRelease(widget, Qt.MouseButton.MiddleButton, NONE, start + QPoint(-40, 25))
    assert pane.stage.camera == camera
    assert document.revision() == revision


def test_dragging_with_shift_zooms_to_the_rectangle(pane, mouse, view):
    mouse.drag((20, 10), (30, 20), (40, 25), keys=SHIFT)
    low, high = (pane.stage.camera.to_view(np.array(p, np.float32)) for p in ((20, 10), (40, 25)))
    size = pane.frame_view.width(), pane.frame_view.height()
    assert (low >= -1).all()
    assert (high <= np.array(size) + 1).all()
    assert pane.stage.camera.scale > 20
    pane.frame_view.fit()
    assert pane.stage.camera.scale < 12
    assert view.selection == frozenset()


def test_zoom_to_selection_brings_it_into_the_middle(pane, view):
    view.set_selection({LOW})
    pane.zoom_to_selection()
    x, y = pane.stage.camera.to_view(np.array((5, 40), np.float32))
    centre = pane.frame_view.rect().center()
    assert abs(x - centre.x()) <= 2
    assert abs(y - centre.y()) <= 2


def test_a_fitted_frame_stays_fitted_when_the_window_grows(qtbot, pane):
    before = pane.stage.camera.scale
    pane.resize(1000, 800)
    qtbot.waitUntil(lambda: pane.stage.camera.scale > before)
    pane.frame_view.zoom(1.25)
    zoomed = pane.stage.camera.scale
    pane.resize(700, 560)
    assert pane.stage.camera.scale == zoomed


def test_control_and_the_wheel_change_the_brush(pane, view, mouse):
    view.set_tool("brush")
    before, camera = pane.stage.brush_radius, pane.stage.camera
    wheel(pane.frame_view, mouse.at(20, 20), 1, Qt.KeyboardModifier.ControlModifier)
    assert pane.stage.brush_radius > before
    assert pane.stage.camera == camera
    pane.smaller_brush()
    pane.smaller_brush()
    assert pane.stage.brush_radius < before


# --- playing ----------------------------------------------------------------------------------


def test_playing_goes_on_at_the_speed_chosen_and_begins_again(qtbot, pane, view):
    seen = []
    view.frame_changed.connect(seen.append)
    pane.player.set_speed(4.0)
    QTest.mouseClick(pane.transport.play, Qt.MouseButton.LeftButton)
    assert view.playing
    qtbot.waitUntil(lambda: 0 in seen and any(seen))
    QTest.mouseClick(pane.transport.play, Qt.MouseButton.LeftButton)
    assert not view.playing
    assert all(later > earlier or later == 0 for earlier, later in pairwise(seen))


def test_playing_leaves_frames_out_rather_than_lag(qtbot, pane, view):
    pane.player.loop = False
    pane.player.set_speed(8.0)  # 12 frames last 60 ms
    seen = []
    view.frame_changed.connect(lambda frame: (seen.append(frame), time.sleep(0.02)))
    pane.player.toggle()
    qtbot.waitUntil(lambda: not view.playing)
    assert view.frame == 11
    assert len(seen) < 11
    assert pane.player.left_out > 0


def test_playing_ends_when_the_canvas_is_hidden(pane, view):
    pane.player.toggle()
    pane.hide()
    assert not view.playing


def test_the_shuttle_goes_backward_and_faster(qtbot, pane, view):
    view.set_frame(11)
    pane.player.shuttle(-1)
    assert (pane.player.speed, view.playing) == (-1.0, True)
    pane.player.shuttle(-1)
    assert pane.player.speed == -2.0
    qtbot.waitUntil(lambda: view.frame < 9)
    pane.player.toggle()
    assert not view.playing


def test_stepping_stops_playing(pane, view):
    pane.player.toggle()
    view.step(1)
    assert not view.playing


# --- layers -----------------------------------------------------------------------------------


def test_the_chips_switch_layers_and_follow_them(pane, view):
    chips = pane.layer_bar.chips
    QTest.mouseClick(chips["trails"], Qt.MouseButton.LeftButton)
    assert not view.layers.trails
    assert not pane.layer_bar.trail.isEnabled()
    view.set_layers(dataclasses.replace(view.layers, trails=True, trail=40, colour_by="origin"))
    assert chips["trails"].isChecked()
    assert pane.layer_bar.trail.value() == 40
    assert pane.layer_bar.colour_by.currentData() == "origin"


def test_points_that_are_not_drawn_are_not_clicked(pane, view, mouse):
    view.set_layers(dataclasses.replace(view.layers, trails=False))
    mouse.click(5, 30)
    assert view.selection == frozenset()


@pytest.mark.parametrize("colour_by", ["track", "error", "origin", "review"])
def test_every_colouring_is_painted_with_everything_selected(pane, view, document, colour_by):
    document.perform(SetReview(view.clip.id, (LOW, BOXED), Review.REJECTED))
    view.set_selection({RING, BOXED, HIGH, LOW, LATE})
    view.set_hovered(HIGH)
    view.set_layers(dataclasses.replace(view.layers, colour_by=colour_by, ahead=3))
    for tool in TOOLS:
        view.set_tool(tool)
        assert not pane.frame_view.grab().toImage().isNull()


def test_every_control_has_a_name_and_a_tip(pane):
    bar = pane.transport
    controls = [bar.play, bar.frame, bar.speed, bar.loop, *pane.layer_bar.chips.values()]
    controls += [pane.layer_bar.trail, pane.layer_bar.ahead, pane.layer_bar.colour_by]
    assert all(control.accessibleName() and control.toolTip() for control in controls)
