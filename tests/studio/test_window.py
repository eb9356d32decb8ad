"""The real window on a small project, used with mouse and keys."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QDockWidget,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QTabBar,
    QTableView,
    QToolButton,
    QWidget,
)

from core.project import Project
from core.trajectories.edits import DeleteTrajectories, Relabel
from core.trajectories.model import Review
from studio import theme
from studio.app import Studio
from studio.importing import ImportDialog
from studio.settings import LastView, WindowSettings
from tests.studio.small_project import draw_clip

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
SWAN, GOOSE = 1, 2


def key(qtbot, studio: Studio, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the canvas has the focus."""
    studio.window.activateWindow()
    qtbot.waitUntil(studio.window.isActiveWindow)
    studio.session.canvas.setFocus()
    qtbot.keyClick(studio.window.focusWidget() or studio.window, key, modifier)


def visible_docks(studio: Studio) -> set[str]:
    return {name for name, dock in studio.window.panels.docks.items() if not dock.isHidden()}


# --- opening and closing ------------------------------------------------------------------------


def test_the_window_starts_on_the_welcome_page(studio: Studio):
    assert studio.welcome.isVisible()
    assert not studio.window.commands["track_points"].isEnabled()
    assert "Open a project first." in studio.window.commands["split"].toolTip()


def test_a_project_opens_ready_to_work(open_studio: Studio):
    session = open_studio.session
    assert open_studio.window.project_label.text() == "small"
    assert session.view.clip.name == "birds"
    assert session.tracks.model.rowCount() == 22
    assert visible_docks(open_studio) == {"clips", "tracks", "inspector", "history", "timeline"}
    assert open_studio.window.commands["track_points"].isEnabled()
    assert session.curate.steps.done == {"import", "track"}


def test_closing_the_project_goes_back_and_lets_go_of_it(open_studio: Studio, small_project: Path, qtbot):
    open_studio.window.commands["close_project"].trigger()
    assert open_studio.welcome.isVisible()
    assert open_studio.window.panels.docks == {}
    Project.open(small_project).close()
    assert not open_studio.window.commands["split"].isEnabled()
    assert [one.path for one in open_studio._settings.recent] == [small_project.resolve()]
    assert open_studio.welcome.recent_frame.isVisible()


def test_a_project_that_cannot_be_opened_is_one_sentence_and_the_open_one_stays(
    open_studio: Studio, tmp_path: Path
):
    assert not open_studio.open_project(tmp_path)
    assert "not a project" in open_studio.window.toasts.texts[-1]
    assert open_studio.session is not None
    open_studio.session.document.clips()


def test_the_same_project_can_be_opened_again_after_another(
    open_studio: Studio, small_project: Path, tmp_path: Path
):
    assert open_studio.new_project(tmp_path / "second")
    assert open_studio.session.clips.summaries == []
    assert not open_studio.window.commands["track_points"].isEnabled()
    assert open_studio.open_project(small_project)
    assert len(open_studio.session.clips.summaries) == 2


def test_where_one_was_comes_back(open_studio: Studio, small_project: Path, qtbot):
    session = open_studio.session
    session.view.set_clip(session.clips.summaries[1].clip)
    session.view.set_frame(7)
    open_studio.window.show_workspace("train")
    open_studio.close_project()
    assert open_studio._settings.last_view(small_project.resolve()) == LastView("cars", 7, "train")
    open_studio.open_project(small_project)
    assert open_studio.session.view.clip.name == "cars"
    assert open_studio.session.view.frame == 7
    assert open_studio.window.panels.workspace == "train"


def test_an_empty_project_says_how_to_fill_it(studio: Studio, tmp_path: Path, qtbot, monkeypatch):
    studio.new_project(tmp_path / "empty")
    draw_clip(tmp_path / "frames", "walk")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "frames" / "walk"))
    (button,) = [
        button
        for button in studio.session.curate.findChildren(QPushButton)
        if button.text() == "Import clips…" and button.isVisible()
    ]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = studio.window.findChild(ImportDialog)
    qtbot.waitUntil(lambda: dialog.import_button.isVisible())
    with qtbot.waitSignal(studio.session.document.performed):
        qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    assert studio.session.view.clip.name == "walk"
    assert studio.session.canvas.isVisible()


# --- importing and the sample -------------------------------------------------------------------


def test_clips_dropped_on_the_welcome_page_become_a_project(studio: Studio, tmp_path: Path, qtbot):
    draw_clip(tmp_path / "frames", "walk")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "frames" / "walk"))])
    drop = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    studio.window.dropEvent(drop)
    dialog = studio.window.findChild(ImportDialog)
    qtbot.waitUntil(lambda: dialog.import_button.isVisible())
    qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: studio.session is not None and studio.session.view.clip is not None)
    assert studio.session.document.project.path == (tmp_path / "projects" / "walk").resolve()
    assert studio.session.document.undo_text() == "Import walk"


def test_a_project_dropped_is_opened(studio: Studio, small_project: Path):
    studio.window.dropped.emit([small_project])
    assert studio.session.document.project.path == small_project.resolve()


@pytest.mark.timeout(120)
def test_the_sample_project_opens_with_its_clips(studio: Studio, projects_folder: Path, qtbot):
    qtbot.mouseClick(studio.welcome.sample_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: studio.welcome.progress.isVisible(), timeout=10_000)
    qtbot.waitUntil(
        lambda: studio.session is not None and bool(studio.session.clips.summaries), timeout=90_000
    )
    assert studio.session.document.project.path == projects_folder / "Sample project"
    assert len(studio.session.clips.summaries) == 4
    assert all(one.objects and one.annotated for one in studio.session.clips.summaries)


def test_a_sample_that_is_cancelled_leaves_nothing(studio: Studio, projects_folder: Path, qtbot):
    studio.open_sample()
    studio._sample.cancel()
    qtbot.waitUntil(lambda: not (projects_folder / "Sample project").exists(), timeout=60_000)
    assert studio.session is None


# --- editing ------------------------------------------------------------------------------------


def test_keys_undo_and_redo_an_edit_and_the_menu_names_it(open_studio: Studio, qtbot):
    session, commands = open_studio.session, open_studio.window.commands
    session.view.set_selection((SWAN,))
    qtbot.waitUntil(lambda: commands["delete_track"].isEnabled())
    key(qtbot, open_studio, Qt.Key.Key_Delete, SHIFT)
    qtbot.waitUntil(lambda: session.tracks.model.rowCount() == 21)
    assert commands["undo"].text().replace("&", "") == f"Undo Delete track {SWAN}"
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: session.tracks.model.rowCount() == 22)
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL | SHIFT)
    qtbot.waitUntil(lambda: session.tracks.model.rowCount() == 21)


def test_undo_reaches_back_over_a_restart(open_studio: Studio, small_project: Path):
    session = open_studio.session
    clip = session.view.clip.id
    session.document.perform(DeleteTrajectories(clip, (SWAN, GOOSE)))
    open_studio.close_project()
    open_studio.open_project(small_project)
    open_studio.window.commands["undo"].trigger()
    assert set(open_studio.session.document.objects(clip)) == {SWAN, GOOSE}


def test_an_edit_shows_a_toast_whose_undo_takes_it_back(open_studio: Studio, qtbot):
    session = open_studio.session
    session.document.perform(Relabel(session.view.clip.id, (SWAN,), "duck"))
    assert open_studio.window.toasts.texts == [f"Label track {SWAN} 'duck'"]
    assert f"Label track {SWAN} 'duck'" in open_studio.window.last_edit.text()
    qtbot.mouseClick(open_studio.window.toasts._shown[-1].button, Qt.MouseButton.LeftButton)
    assert session.document.objects(session.view.clip.id)[SWAN].label == "swan"


def test_return_accepts_and_goes_to_the_next_open_track(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_selection((SWAN,))
    qtbot.waitUntil(lambda: open_studio.window.commands["accept"].isEnabled())
    key(qtbot, open_studio, Qt.Key.Key_Return)
    objects = session.document.objects(session.view.clip.id)
    assert objects[SWAN].review == Review.ACCEPTED
    assert session.view.selection == frozenset({GOOSE})
    key(qtbot, open_studio, Qt.Key.Key_Backspace)
    assert session.document.objects(session.view.clip.id)[GOOSE].review == Review.REJECTED


def test_typing_in_a_field_triggers_no_action(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_selection((SWAN,))
    search = session.tracks.filter_row.search
    open_studio.window.activateWindow()
    search.setFocus()
    qtbot.waitUntil(search.hasFocus)
    revision = session.document.revision()
    for letter in (Qt.Key.Key_X, Qt.Key.Key_M, Qt.Key.Key_Space, Qt.Key.Key_Backspace, Qt.Key.Key_Return):
        qtbot.keyClick(search, letter)
    assert search.text() == "xm"
    assert session.document.revision() == revision
    assert not session.view.playing
    assert not search.hasFocus(), "Enter gives the keys back to the canvas"


def test_keys_of_curate_do_nothing_elsewhere(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_selection((SWAN,))
    open_studio.window.show_workspace("train")
    revision = session.document.revision()
    qtbot.keyClick(open_studio.window, Qt.Key.Key_Delete, SHIFT)
    qtbot.keyClick(open_studio.window, Qt.Key.Key_Return)
    assert session.document.revision() == revision


def test_frames_are_stepped_by_keys(open_studio: Studio, qtbot):
    view = open_studio.session.view
    key(qtbot, open_studio, Qt.Key.Key_Right)
    key(qtbot, open_studio, Qt.Key.Key_Right)
    assert view.frame == 2
    key(qtbot, open_studio, Qt.Key.Key_Right, CTRL)
    assert view.frame == 5  # a keyframe
    key(qtbot, open_studio, Qt.Key.Key_End)
    assert view.frame == 11
    key(qtbot, open_studio, Qt.Key.Key_Home)
    assert view.frame == 0


def test_escape_leaves_the_tool_then_the_selection(open_studio: Studio, qtbot):
    view = open_studio.session.view
    view.set_selection((SWAN,))
    key(qtbot, open_studio, Qt.Key.Key_B)
    assert view.tool == "box"
    key(qtbot, open_studio, Qt.Key.Key_Escape)
    assert view.tool == "select"
    assert open_studio.window.commands["tool_select"].isChecked()
    key(qtbot, open_studio, Qt.Key.Key_Escape)
    assert view.selection == frozenset()


def test_layers_follow_their_actions_and_back(open_studio: Studio, qtbot):
    view, commands = open_studio.session.view, open_studio.window.commands
    key(qtbot, open_studio, Qt.Key.Key_T)
    assert not view.layers.trails
    open_studio.session.canvas.layer_bar.chips["trails"].click()
    assert commands["trails"].isChecked()
    commands["colour_by_error"].trigger()
    assert view.layers.colour_by == "error"


def test_only_the_selected_can_be_shown(open_studio: Studio, qtbot):
    view, commands = open_studio.session.view, open_studio.window.commands
    view.set_selection((SWAN,))
    qtbot.waitUntil(lambda: commands["hide_others"].isEnabled())
    commands["hide_others"].trigger()
    assert view.shown == frozenset({SWAN})
    commands["hide_others"].trigger()
    assert view.shown is None


def test_history_goes_back_several_steps(open_studio: Studio):
    session = open_studio.session
    clip = session.view.clip.id
    for label in "abc":
        session.document.perform(Relabel(clip, (SWAN,), label))
    session.history.steps_asked.emit(-2)
    assert session.document.objects(clip)[SWAN].label == "a"
    session.history.steps_asked.emit(1)
    assert session.document.objects(clip)[SWAN].label == "b"


def test_a_refused_edit_is_one_sentence(open_studio: Studio):
    session = open_studio.session
    session.document.perform(DeleteTrajectories(session.view.clip.id, (9999,)))
    assert len(open_studio.window.toasts.texts) == 1
    assert open_studio.window.toasts.texts[0].endswith(".")


# --- workspaces, panels, themes -----------------------------------------------------------------


def test_workspaces_by_key_each_with_its_own_panels(open_studio: Studio, qtbot):
    window = open_studio.window
    key(qtbot, open_studio, Qt.Key.Key_2, ALT)
    assert window.panels.workspace == "train"
    assert visible_docks(open_studio) == set()
    qtbot.keyClick(window, Qt.Key.Key_1, ALT)
    assert window.panels.workspace == "curate"
    assert visible_docks(open_studio) == {"clips", "tracks", "inspector", "history", "timeline"}
    window.panels.docks["timeline"].close()
    for number in (Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_1):
        qtbot.keyClick(window, number, ALT)
    assert visible_docks(open_studio) == {"clips", "tracks", "inspector", "history"}
    window.commands["reset_layout"].trigger()
    assert visible_docks(open_studio) == {"clips", "tracks", "inspector", "history", "timeline"}


def test_panels_keep_their_width_through_the_workspaces(open_studio: Studio, qtbot):
    window = open_studio.window
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: window.panels.docks["clips"].width() == 340)
    for workspace in ("compare", "curate", "evaluate", "train", "curate"):
        window.show_workspace(workspace)
    qtbot.waitUntil(lambda: window.panels.docks["clips"].width() == 340)


def test_a_layout_survives_a_restart(open_studio: Studio, small_project: Path):
    open_studio.window.panels.docks["history"].close()
    open_studio.close_project()
    open_studio.open_project(small_project)
    assert "history" not in visible_docks(open_studio)


def test_a_window_that_was_on_a_screen_that_is_gone_comes_back_to_one(
    qtbot, qapp, tmp_path: Path, studio: Studio
):
    studio.window.move(9000, 9000)
    path = tmp_path / "elsewhere.ini"
    WindowSettings(path).geometry = studio.window.saveGeometry()
    other = Studio(qapp, WindowSettings(path), tmp_path)
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert screen.intersects(QRect(other.window.pos(), other.window.size()))
    shown = screen.intersected(other.window.frameGeometry())
    assert shown.width() >= 200
    assert shown.height() >= 100
    other.window.close()


def test_damaged_settings_do_no_harm(qtbot, qapp, tmp_path: Path, small_project: Path):
    settings = WindowSettings(tmp_path / "odd.ini")
    settings.geometry = QByteArray(b"nonsense")
    settings.set_layout("curate", QByteArray(b"nonsense"))
    studio = Studio(qapp, settings, tmp_path)
    studio.window.show()
    assert studio.open_project(small_project)
    assert visible_docks(studio) == {"clips", "tracks", "inspector", "history", "timeline"}
    studio.window.close()


def test_the_theme_changes_at_once_and_is_remembered(open_studio: Studio, tmp_path: Path):
    open_studio.window.commands["theme_dark"].trigger()
    assert theme.colours(open_studio.window) is theme.DARK
    assert open_studio._settings.theme == "dark"
    open_studio.window.commands["theme_light"].trigger()
    assert theme.colours(open_studio.window) is theme.LIGHT


def test_the_palette_finds_an_action_and_runs_it(open_studio: Studio, qtbot):
    palette = open_studio._palette
    open_studio.window.commands["palette"].trigger()
    qtbot.keyClicks(palette.field, "dark")
    assert "Dark" in palette.list.item(0).text()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert theme.colours(open_studio.window) is theme.DARK
    assert not palette.isVisible()
    open_studio.window.commands["theme_light"].trigger()


def test_the_palette_says_why_an_action_cannot_be_used_and_does_not_run_it(open_studio: Studio, qtbot):
    palette = open_studio._palette
    open_studio.window.commands["palette"].trigger()
    qtbot.keyClicks(palette.field, "merge")
    assert "Select two tracks" in palette.list.item(0).toolTip()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.hide()


def test_the_key_sheet_lists_every_key(open_studio: Studio, qtbot):
    sheet = open_studio._key_sheet
    open_studio.window.commands["keys"].trigger()
    rows = [
        sheet.tree.topLevelItem(group).child(row).text(1)
        for group in range(sheet.tree.topLevelItemCount())
        for row in range(sheet.tree.topLevelItem(group).childCount())
    ]
    assert "Ctrl+Shift+Z or Ctrl+Y" in rows
    assert len(rows) == len(list(open_studio.window.commands))
    sheet.field.setText("trim")
    shown = [g for g in range(sheet.tree.topLevelItemCount()) if not sheet.tree.topLevelItem(g).isHidden()]
    assert len(shown) == 1
    sheet.close()


# --- jobs ---------------------------------------------------------------------------------------


def test_the_form_of_a_job_opens_below_its_button(open_studio: Studio, qtbot):
    open_studio.window.commands["track_points"].trigger()
    popover = open_studio.session.jobs.popovers["track"]
    assert popover.isVisible()
    assert [popover.clips.itemText(k) for k in range(popover.clips.count())] == ["all 2 clips", "only birds"]
    popover.hide()


@pytest.mark.timeout(120)
def test_densified_objects_appear_by_themselves_as_one_edit(open_studio: Studio, qtbot):
    session = open_studio.session
    clip = session.view.clip.id
    open_studio.window.commands["densify"].trigger()
    popover = session.jobs.popovers["densify"]
    popover.clips.setCurrentIndex(1)
    qtbot.mouseClick(popover.start_button, Qt.MouseButton.LeftButton)

    def frames() -> int:
        return sum(len(one.frames) for one in session.document.objects(clip).values())

    assert frames() == 6
    qtbot.waitUntil(lambda: frames() > 6, timeout=100_000)
    assert session.document.undo_text() == "Densify 2 objects"
    assert session.document.undo()
    assert frames() == 6


# --- everybody can use it -----------------------------------------------------------------------


QT_MAKES_BUTTONS_IN = (QDockWidget, QLineEdit, QTabBar, QTableView)


def buttons_without_a_name(root: QWidget) -> list[str]:
    found = []
    for button in root.findChildren(QAbstractButton):
        inside_qt = button.objectName().startswith("qt_") or isinstance(button.parent(), QT_MAKES_BUTTONS_IN)
        wordless = isinstance(button, QToolButton) and (
            button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly and not button.icon().isNull()
        )
        if not inside_qt and (wordless or not button.text()) and not button.accessibleName():
            found.append(f"{type(button).__name__} {button.objectName()!r} in {button.parent()}")
    return found


def test_every_button_without_words_has_an_accessible_name(open_studio: Studio):
    for workspace in ("curate", "train", "evaluate", "compare"):
        open_studio.window.show_workspace(workspace)
        assert buttons_without_a_name(open_studio.window) == []
    assert buttons_without_a_name(open_studio.welcome) == []


def test_no_torch_is_loaded_by_opening_a_project(small_project: Path):
    code = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from studio.app import Studio
from studio.settings import WindowSettings
app = QApplication([])
studio = Studio(app, WindowSettings(Path({str(small_project)!r}) / "s.ini"), Path({str(small_project)!r}))
studio.window.show()
assert studio.open_project(Path({str(small_project)!r}))
app.processEvents()
studio.window.close()
assert "torch" not in sys.modules
print("no torch")
"""
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.stdout.strip() == "no torch", result.stderr


def test_the_window_fits_a_small_screen(open_studio: Studio):
    for workspace in ("curate", "train", "evaluate", "compare"):
        open_studio.window.show_workspace(workspace)
        assert open_studio.window.minimumSizeHint().width() <= 1280
        assert open_studio.window.minimumSizeHint().height() <= 720


def test_a_place_of_the_window_is_dropped_on(open_studio: Studio):
    assert open_studio.window.acceptDrops()
    assert open_studio.window.childAt(QPoint(5, 5)) is not None
