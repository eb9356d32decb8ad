"""Clicks and keys that choose what lies beneath, in the real window."""

from PySide6.QtCore import Qt

from core.trajectories.bulk_edits import AddTrajectories
from core.trajectories.model import PointTrajectories
from studio.app import Studio
from tests.studio.at_the_window import GOOSE, SHIFT, SWAN, key
from tests.studio.canvas.drawn import Mouse


def test_clicks_go_through_what_lies_beneath_and_shift_t_leaves_points_out(open_studio: Studio, qtbot):
    session, window = open_studio.session, open_studio.window
    view, clip = session.view, session.view.clip
    points = PointTrajectories.pack([0], [[[15.0, 13.0]]])
    assert session.document.perform(AddTrajectories(clip.id, points, [], "here"))
    point = int(session.document.points(clip.id).ids[-1])
    qtbot.waitUntil(lambda: session.canvas.stage.scene.point(point) is not None)
    mouse = Mouse(session.canvas.frame_view)
    seen = []
    for number in (1, 2, 3):
        mouse.click(15, 13)
        (id,) = view.selection
        seen.append(id)
        assert window.hint.text().startswith(f"{number} of 3 here: ")
    assert seen[0] == point
    assert set(seen[1:]) == {SWAN, GOOSE}
    key(qtbot, open_studio, Qt.Key.Key_T, SHIFT)
    assert not view.picks_points
    assert not session.canvas.layer_bar.pick.isChecked()
    assert not window.commands["pick_points"].isChecked()
    view.set_selection(())
    mouse.click(15, 13)
    assert view.selection <= {SWAN, GOOSE}
    assert window.hint.text().startswith("1 of 2 here: object ")
    key(qtbot, open_studio, Qt.Key.Key_T, SHIFT)
    assert view.picks_points
