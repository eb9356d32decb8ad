"""The command palette finds clips, tracks and labels, and Enter goes there."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.trajectories.trajectory_edits import Relabel
from studio.app import Studio
from tests.studio.at_the_window import CTRL, GOOSE, SWAN, key


def lines(studio: Studio, text: str) -> list[str]:
    """What the palette lists for a text."""
    palette = studio._palette
    palette.field.setText(text)
    return [palette.list.item(row).text() for row in range(palette.list.count())]


def test_enter_goes_to_a_clip_a_track_and_a_label_and_nothing_is_said_in_words(open_studio: Studio, qtbot):
    session, palette, view = open_studio.session, open_studio._palette, open_studio.session.view
    birds = view.clip
    other = next(one.clip for one in session.clips.summaries if one.clip.id != birds.id)
    session.document.perform(Relabel(birds.id, (SWAN, GOOSE), "water fowl"))
    view.set_frame(4)

    key(qtbot, open_studio, Qt.Key.Key_K, CTRL)
    assert palette.isVisible()
    assert lines(open_studio, other.name.upper())[-1] == f"Clip {other.name}"
    palette.list.setCurrentRow(palette.list.count() - 1)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert view.clip == other
    assert not palette.isVisible()

    open_studio.window.show_workspace("train")
    palette.popup()
    assert lines(open_studio, str(GOOSE))[0] == f"Track {GOOSE}"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert (view.clip, view.selection) == (birds, {GOOSE})
    frames = session.document.objects(birds.id)[GOOSE].frames
    assert view.frame == min(frames, key=lambda frame: abs(frame - 4)) != 4
    assert open_studio.window.panels.workspace == "curate"

    palette.popup()
    assert lines(open_studio, "fowl wat") == ["Label water fowl"]
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert view.selection == {SWAN, GOOSE}

    palette.popup()
    for text in ("no such thing", "9" * 40, "999999", "<b>"):
        assert lines(open_studio, text) == []
        assert palette.nothing.isVisible()
        assert palette.nothing.text() == f"Nothing matches “{text}”."
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
        assert palette.isVisible()
    assert lines(open_studio, "next frame")[0] == "Go ▸ Next frame"
    assert palette.list.isVisible()
    assert not palette.nothing.isVisible()
    palette.hide()
    open_studio.close_project()
    assert lines(open_studio, birds.name) == []
