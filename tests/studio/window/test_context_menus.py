"""The right mouse button on canvas and lanes of the real window; what it does is read from the database."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from core.trajectories.model import Review
from studio.app import Studio
from tests.studio.at_the_window import CTRL, GOOSE, SWAN, choose, entries, key, right_click
from tests.studio.canvas.drawn import Mouse
from tests.studio.window.test_filling import everything, go, rows
from tests.studio.window.test_keyframe_dragging import Lane


def on_canvas(studio: Studio, x: float, y: float) -> QMenu | None:
    view = studio.session.canvas.frame_view
    return right_click(view, Mouse(view).at(x, y))


def grey(menu: QMenu) -> dict[str, str]:
    """What cannot be used, and the reason that its tool tip ends with."""
    return {
        one.text().replace("&", ""): one.toolTip().split("\n")[-1]
        for one in menu.actions()
        if not one.isSeparator() and not one.isEnabled()
    }


def test_on_the_canvas_the_track_under_the_mouse_is_selected_and_has_a_menu(open_studio: Studio, qtbot):
    session = open_studio.session
    document, view, clip = session.document, session.view, session.view.clip.id
    go(open_studio, qtbot, 5)
    before = everything(open_studio)
    menu = on_canvas(open_studio, 16, 17.9)
    (id,) = view.selection
    assert id in (SWAN, GOOSE)
    told = entries(menu)
    assert told[0] == f"Track {id}"
    for text in (
        *("Make or unmake keyframe", "Occluded from here", "Out of sight from here", "Copy shape"),
        *("Fill between keyframes", "Densify selected…", "Split here", "Merge", "Label…", "Accept and next"),
        *("Delete here", "Delete track"),
    ):
        assert text in told
    assert grey(menu)["Merge"] == "Select two tracks or more."
    choose(qtbot, menu, "Split here")
    assert [row[0] for row in rows(open_studio, id)] == [0]
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == before

    view.set_selection({SWAN, GOOSE})
    menu = on_canvas(open_studio, 16, 17.9)
    assert entries(menu)[0] == "2 tracks"
    assert view.selection == {SWAN, GOOSE}, "one of several that are selected"
    choose(qtbot, menu, "Reject 2 ")
    qtbot.waitUntil(lambda: document.objects(clip)[GOOSE].review == Review.REJECTED)
    assert document.objects(clip)[SWAN].review == Review.REJECTED
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == before

    point = int(session.canvas.stage.scene.ids[0])
    menu = on_canvas(open_studio, *session.canvas.stage.scene.xy[0].tolist())
    assert view.selection == {point}
    told = entries(menu)
    assert "Split here" in told
    assert not {"Copy shape", "Occluded from here", "Fill between keyframes"} & set(told), "of objects alone"
    menu.close()

    menu = on_canvas(open_studio, 60, 40)
    assert view.selection == {point}
    assert {"New object", "Paste shape", "Tool", "Layers", "Save frame as picture…"} <= set(entries(menu))
    assert grey(menu)["Paste shape"] == "Copy the shape of an object first (Ctrl+C)."
    choose(qtbot, menu, "New object")
    assert (view.tool, view.selection) == ("box", frozenset())


def test_on_a_lane_the_frame_is_gone_to_and_a_tool_that_is_drawing_takes_the_button(
    open_studio: Studio, qtbot
):
    session = open_studio.session
    before = everything(open_studio)
    lane = Lane(open_studio, GOOSE)
    timeline = session.timeline.viewport()
    menu = right_click(timeline, lane.at(5))
    assert (session.view.selection, session.view.frame) == ({GOOSE}, 5)
    assert entries(menu)[0] == f"Track {GOOSE}"
    qtbot.waitUntil(lambda: session.canvas.stage.scene.frame == 5)
    choose(qtbot, menu, "Trim end to here")
    assert [row[0] for row in rows(open_studio, GOOSE)] == [0, 5]
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == before
    menu = right_click(timeline, lane.at(0))
    qtbot.waitUntil(lambda: grey(menu).get("Split here") == "Go to a frame inside the track.")
    menu.close()
    assert right_click(timeline, QPoint(300, 3)) is None, "the ruler"

    session.view.set_selection(())
    mouse = Mouse(session.canvas.frame_view)
    key(qtbot, open_studio, Qt.Key.Key_G)
    for place in ((30, 20), (40, 20), (40, 44)):
        mouse.click(*place)
    assert on_canvas(open_studio, 50, 40) is None, "the last corner is taken back"
    mouse.click(40, 32)
    mouse.click(30, 32)
    key(qtbot, open_studio, Qt.Key.Key_Return)
    (new,) = session.view.selection
    found = session.document.objects(session.view.clip.id)[new]
    assert found.boxes[0, 3] < 36, "without the corner at 44"
    key(qtbot, open_studio, Qt.Key.Key_B)
    revision = session.document.revision()
    mouse.press(10, 10)
    mouse.move(20, 20)
    assert on_canvas(open_studio, 20, 20) is None, "the box under way is given up"
    mouse.release(20, 20)
    assert session.document.revision() == revision
    menu = on_canvas(open_studio, 60, 5)
    assert "New object" in entries(menu), "nothing is being drawn"
    menu.close()
