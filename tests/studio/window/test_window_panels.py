"""Workspaces, panels, themes, palette and key sheet of the real window; everybody can use it."""

import subprocess
import sys
import time
from pathlib import Path

from pyqtgraph import PlotWidget
from PySide6.QtCore import QByteArray, QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDockWidget,
    QFrame,
    QLabel,
    QLineEdit,
    QTabBar,
    QTableView,
    QToolButton,
    QWidget,
)

from core.detection.config import VocConfig
from core.runs.run_folder import RunFolder, State, Status
from core.trajectories.clip_edits import RenameClip
from studio import theme
from studio.app import Studio
from studio.window.main_window import WORKSPACES
from studio.window.settings import WindowSettings
from tests.studio.at_the_window import ALT, activate, key, visible_docks


def test_workspaces_by_key_each_with_its_own_panels(open_studio: Studio, qtbot):
    window = open_studio.window
    key(qtbot, open_studio, Qt.Key.Key_2, ALT)
    assert window.panels.workspace == "train"
    assert visible_docks(open_studio) == set()
    qtbot.keyClick(window, Qt.Key.Key_1, ALT)
    assert window.panels.workspace == "curate"
    assert visible_docks(open_studio) == {
        "clips",
        "tracks",
        "inspector",
        "history",
        "review",
        "labels",
        "timeline",
    }
    window.panels.docks["timeline"].close()
    for number in (Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_1):
        qtbot.keyClick(window, number, ALT)
    assert visible_docks(open_studio) == {"clips", "tracks", "inspector", "history", "review", "labels"}
    window.commands["reset_layout"].trigger()
    assert visible_docks(open_studio) == {
        "clips",
        "tracks",
        "inspector",
        "history",
        "review",
        "labels",
        "timeline",
    }


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


def test_a_panel_in_front_has_its_width_again_after_a_restart(
    qtbot, qapp, tmp_path: Path, small_project: Path
):
    wide = 400
    for restarts in range(3):
        studio = Studio(qapp, WindowSettings(tmp_path / "kept.ini"), tmp_path)
        window, panels = studio.window, studio.window.panels
        qtbot.addWidget(window)
        window.show()
        window.resize(1680, 1000)
        studio.begin_opening(small_project)
        qtbot.waitUntil(lambda studio=studio: studio.session is not None)
        qtbot.waitUntil(window.curtain.isHidden)
        dock = panels.docks["history"]
        if not restarts:
            panels.bring("history")
            qtbot.waitUntil(lambda window=window, dock=dock: window.rect().intersects(dock.geometry()))
            window.resizeDocks([dock], [wide], Qt.Orientation.Horizontal)
            qtbot.waitUntil(lambda dock=dock: dock.width() == wide)
            qtbot.mouseRelease(window, Qt.MouseButton.LeftButton)  # as a line that was dragged is let go
        window.resize(1690, 1000)
        qtbot.waitUntil(lambda panels=panels: not panels._fitting.isActive())
        assert dock.width() == wide
        studio.close_project()
        window.close()


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
    assert visible_docks(studio) == {
        "clips",
        "tracks",
        "inspector",
        "history",
        "review",
        "labels",
        "timeline",
    }
    studio.window.close()


def test_the_theme_changes_at_once_and_is_remembered(open_studio: Studio, tmp_path: Path):
    open_studio.window.commands["theme_dark"].trigger()
    assert theme.colours(open_studio.window) is theme.DARK
    assert open_studio.window.preferences.now.theme == "dark"
    open_studio.window.commands["theme_light"].trigger()
    assert theme.colours(open_studio.window) is theme.LIGHT


def test_the_next_step_and_what_differs_from_its_default_stay_bold_in_another_theme(open_studio: Studio):
    steps, form = open_studio.session.curate.steps, open_studio.session.jobs.popovers["track"].form
    assert steps.done == {"import", "track"}
    form.editor("spacing").set_value(5)
    (label,) = [one for one in form.findChildren(QLabel) if one.text() == "Spacing"]
    for name in ("theme_dark", "theme_light"):
        open_studio.window.commands[name].trigger()
        assert [step for step, button in steps.buttons.items() if button.font().bold()] == ["review"]
        assert label.font().bold()


def test_a_step_is_ticked_when_a_run_of_it_is_done_not_when_one_begins(open_studio: Studio, qtbot):
    runs, steps = open_studio.session.runs, open_studio.session.curate.steps
    folder = RunFolder.create(runs.project.runs / "20260101T000000000000-voc-0000", "voc", VocConfig())
    with folder.held_lock():
        folder.write_status(Status(State.RUNNING, 1, 860, updated=time.time()))
        qtbot.waitUntil(lambda: len(runs.active()) == 1)
        assert "evaluate" not in steps.done
        folder.write_status(Status(State.DONE, 860, 860, updated=time.time()))
    qtbot.waitUntil(lambda: "evaluate" in steps.done)


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
    assert open_studio.window.commands.reason("redo"), "which is no part of what it does"
    told = sheet.tree.findItems("Redo", Qt.MatchFlag.MatchStartsWith | Qt.MatchFlag.MatchRecursive)
    assert [one.text(2) for one in told] == [
        row.tip for row, _ in open_studio.window.commands if row.name == "redo"
    ]
    sheet.field.setText("trim")
    shown = [g for g in range(sheet.tree.topLevelItemCount()) if not sheet.tree.topLevelItem(g).isHidden()]
    assert len(shown) == 1
    sheet.close()


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
    for workspace in ("curate", "train", "evaluate", "compare", "probe"):
        open_studio.window.show_workspace(workspace)
        assert buttons_without_a_name(open_studio.window) == []
    assert buttons_without_a_name(open_studio.welcome) == []


def test_no_torch_is_loaded_by_opening_a_project(small_project: Path):
    code = f"""
import sys
import time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from studio.app import Studio
from studio.window.main_window import WORKSPACES
from studio.window.settings import WindowSettings
app = QApplication([])
studio = Studio(app, WindowSettings(Path({str(small_project)!r}) / "s.ini"), Path({str(small_project)!r}))
studio.window.show()
assert studio.open_project(Path({str(small_project)!r}))
app.processEvents()
studio.window.close()
assert "torch" not in sys.modules
print("no torch")
"""
    root = Path(__file__).parents[3]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "no torch", result.stderr


def test_the_window_fits_a_small_screen(open_studio: Studio):
    for workspace in ("curate", "train", "evaluate", "compare", "probe"):
        open_studio.window.show_workspace(workspace)
        assert open_studio.window.minimumSizeHint().width() <= 1280
        assert open_studio.window.minimumSizeHint().height() <= 720


def test_a_place_of_the_window_is_dropped_on(open_studio: Studio):
    assert open_studio.window.acceptDrops()
    assert open_studio.window.childAt(QPoint(5, 5)) is not None


def without_a_name(root: QWidget) -> list[str]:
    """Plots, and widgets that take the focus, of which a screen reader could say nothing."""
    found = []
    for widget in root.findChildren(QWidget):
        read_out = isinstance(widget, PlotWidget) or (
            widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        )
        of_a_box = isinstance(widget.window().parent(), QComboBox) or (
            isinstance(widget.parent(), QFrame) and isinstance(widget.parent().parent(), QComboBox)
        )
        text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
        if read_out and not of_a_box and not widget.accessibleName() and not text:
            above = [type(widget.parent()).__name__, type(widget.parent().parent()).__name__]
            found.append(f"{type(widget).__name__} {widget.objectName()!r} in {' in '.join(above)}")
    return found


def test_everything_that_takes_the_focus_can_be_named(open_studio: Studio):
    for workspace in WORKSPACES:
        open_studio.window.show_workspace(workspace)
    assert without_a_name(open_studio.window) == []


def test_a_field_that_goes_with_its_panel_hands_the_focus_to_no_button(open_studio: Studio, qtbot):
    window = open_studio.window
    activate(qtbot, window)
    open_studio.session.tracks.filter_row.search.setFocus()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.panels.workspace == "train"
    assert not open_studio.session.pill.hasFocus()


def test_panels_keep_their_width_over_another_workspace_and_a_resize(open_studio: Studio, qtbot):
    window = open_studio.window
    inspector = window.panels.docks["inspector"]
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: inspector.width() == 330)
    for name in ("train", "curate"):
        window.show_workspace(name)
        qtbot.wait(50)
    window.resize(1450, 900)
    qtbot.wait(50)
    window.panels.bring("review")
    qtbot.waitUntil(lambda: window.panels.docks["review"].width() == 330)


def test_tab_stops_only_where_the_focus_is_seen(open_studio: Studio, qtbot):
    window = open_studio.window
    for workspace, panel in (("curate", "history"), ("curate", "labels"), ("train", "")):
        window.show_workspace(workspace)
        if panel:
            window.panels.bring(panel)
        window.top.setFocus()
        stops = []
        for _ in range(120):
            window.focusNextPrevChild(True)
            focus = window.focusWidget()
            if focus is None or focus in stops:
                break
            stops.append(focus)
            assert window._is_within(focus), focus
        behind = [window.panels.docks[name] for name in ("inspector", "history", "review", "labels")]
        for dock in behind:
            is_shown = workspace == "curate" and dock.objectName() == panel
            assert any(dock.isAncestorOf(stop) for stop in stops) == is_shown


def test_no_name_makes_the_window_wider(open_studio: Studio, qtbot):
    window, session = open_studio.window, open_studio.session
    name = "blackswan_on_the_river_in_the_morning_mist_recorded_with_camera_two_at_60_fps_take_07"
    session.document.perform(RenameClip(session.view.clip, name))
    session.view.set_clip(next(one.clip for one in session.document.clips() if one.clip.name == name))
    session.view.set_selection(())
    session.inspector.set_remark(f"{name} is held out: none of it trains.")
    window.resize(1000, 640)
    for workspace in ("curate", "train", "evaluate", "compare", "table1", "curate"):
        window.show_workspace(workspace)
        qtbot.wait(50)
        window.resize(1000, 640)
        assert window.minimumSizeHint().width() <= 1000, workspace
        assert window.width() == 1000, workspace
