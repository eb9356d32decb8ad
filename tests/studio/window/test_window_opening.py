"""Opening and closing projects in the real window, importing, the sample."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

from core.project.project import Project
from core.trajectories.bulk_edits import AddClips
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel
from studio.app import Studio
from studio.exchange.importing import ImportDialog
from studio.window.main_window import WORKSPACES
from studio.window.settings import LastView
from tests.studio.at_the_window import SWAN, visible_docks
from tests.studio.small_project import draw_clip


def test_the_window_starts_on_the_welcome_page(studio: Studio):
    assert studio.welcome.isVisible()
    assert not studio.window.commands["track"].isEnabled()
    assert "Open a project first." in studio.window.commands["split"].toolTip()


def test_a_project_opens_ready_to_work(open_studio: Studio):
    session = open_studio.session
    assert open_studio.window.project_label.text() == "small"
    assert session.view.clip.name == "birds"
    assert session.tracks.model.rowCount() == 22
    assert visible_docks(open_studio) == {
        "clips",
        "tracks",
        "inspector",
        "history",
        "review",
        "labels",
        "timeline",
    }
    assert open_studio.window.commands["track"].isEnabled()
    assert session.curate.steps.done == {"import", "track"}


def test_a_workspace_is_built_when_it_is_first_wanted_or_while_nobody_works(
    open_studio: Studio, small_project: Path, qtbot, monkeypatch
):
    def built(studio: Studio) -> set[str]:
        named = [name for name in WORKSPACES if studio.window.findChild(QWidget, f"{name}_workspace")]
        return set(named) - {"curate"}

    assert built(open_studio) == set()
    monkeypatch.setattr("studio.building_ahead.QUIET", 1)
    window = open_studio.window
    window.commands["train"].trigger()
    assert built(open_studio) == {"train"}
    assert open_studio.session.train.isVisible()
    open_studio.close_project()
    assert open_studio.open_project(small_project)
    first = {"train", "evaluate", "compare", "probe"}
    qtbot.waitUntil(lambda: built(open_studio) >= first)
    train = open_studio.session.train
    window.show_workspace("train")
    assert open_studio.session.train is train
    assert train.isVisible()


def test_where_a_workspace_is_still_to_be_built_one_sees_at_once_where_one_goes(
    open_studio: Studio, monkeypatch, qtbot
):
    window, shown = open_studio.window, []
    qtbot.waitUntil(window.curtain.isHidden)
    build = window.build_workspace

    def look_and_build(name: str) -> None:
        labels = window.centralWidget().findChildren(QLabel)
        shown.append((name, [one.text() for one in labels if one.isVisible()][:1]))
        build(name)

    monkeypatch.setattr(window, "build_workspace", look_and_build)
    window.show_workspace("train")
    assert shown == [("train", ["Train…"])]
    assert open_studio.session.train.isVisible()
    assert "Train…" not in [one.text() for one in window.findChildren(QLabel) if one.isVisible()]
    window.show_workspace("curate")
    assert window.commands["curate"].isChecked()
    assert window.commands["train"].isEnabled()


def test_the_history_behind_another_panel_is_read_when_it_comes_to_the_front(open_studio: Studio, qtbot):
    session, panels = open_studio.session, open_studio.window.panels
    history, clip = session.history.list, session.view.clip.id
    qtbot.waitUntil(lambda: session.history.visibleRegion().isEmpty())
    (first, *_) = session.document.objects(clip)
    before = len(session.document.history())
    session.perform(Relabel(clip, (first,), "heron"))
    assert history.count() == 0
    panels.bring("history")
    qtbot.waitUntil(lambda: history.count() == before + 1)
    session.perform(Relabel(clip, (first,), "swan"))
    assert history.count() == before + 2
    panels.bring("inspector")
    qtbot.waitUntil(lambda: session.history.visibleRegion().isEmpty())
    session.document.undo()
    assert not history.item(0).font().italic()
    panels.bring("history")
    qtbot.waitUntil(lambda: history.item(0).font().italic())


def test_the_hint_says_at_once_what_the_mouse_does(open_studio: Studio):
    assert open_studio.window.hint.text().endswith(open_studio.session.canvas.frame_view.tool.hint())


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
    assert not open_studio.window.commands["track"].isEnabled()
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
    assert studio.session.document.last_edit().text == "Import walk"


def test_a_project_dropped_is_opened(studio: Studio, small_project: Path, qtbot):
    studio.window.dropped.emit([small_project])
    qtbot.waitUntil(lambda: studio.session is not None)
    assert studio.session.document.project.path == small_project.resolve()


def test_the_sample_project_opens_with_its_clips(studio: Studio, projects_folder: Path, qtbot):
    qtbot.mouseClick(studio.welcome.sample_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: studio.welcome.progress.isVisible())
    qtbot.waitUntil(
        lambda: studio.session is not None and bool(studio.session.clips.summaries), timeout=600_000
    )
    assert studio.session.document.project.path == projects_folder / "Sample project"
    assert len(studio.session.clips.summaries) == 4
    assert all(one.objects and one.annotated for one in studio.session.clips.summaries)


def test_a_sample_that_is_cancelled_leaves_nothing(studio: Studio, projects_folder: Path, qtbot):
    studio.open_sample()
    assert (projects_folder / "Sample project").is_dir()
    studio._sample.cancel()
    assert studio.welcome._what.text() == "Cancelling…"
    qtbot.waitUntil(lambda: not (projects_folder / "Sample project").exists())
    assert studio.session is None


def import_dialogs(studio: Studio) -> list[ImportDialog]:
    return [one for one in studio.window.findChildren(ImportDialog) if one.isVisible()]


def test_an_import_that_is_open_goes_with_its_project(open_studio: Studio, tmp_path: Path, qtbot):
    draw_clip(tmp_path / "more", "walk")
    open_studio.imports.look_through([tmp_path / "more" / "walk"])
    (dialog,) = import_dialogs(open_studio)
    qtbot.waitUntil(dialog.import_button.isVisible)
    assert open_studio.new_project(tmp_path / "second")
    assert import_dialogs(open_studio) == []
    assert open_studio.session.clips.summaries == []


def test_a_second_import_takes_the_place_of_the_first(open_studio: Studio, tmp_path: Path):
    for name in ("walk", "run"):
        draw_clip(tmp_path / "more", name)
        open_studio.imports.look_through([tmp_path / "more" / name])
    assert len(import_dialogs(open_studio)) == 1


def test_no_message_offers_to_undo_in_a_project_that_is_closed(open_studio: Studio, small_project: Path):
    session = open_studio.session
    session.document.perform(DeleteTrajectories(session.view.clip.id, (SWAN,)))
    shown: list[int] = []
    pages = open_studio.window.centralWidget()
    pages.currentChanged.connect(shown.append)
    open_studio.close_project()
    assert open_studio.window.toasts.texts == []
    assert len(shown) == 1  # no other workspace on the way, which would begin to count


def test_what_needs_a_project_cannot_be_used_on_the_welcome_page(studio: Studio, small_project: Path):
    commands = studio.window.commands
    usable = {row.name for row, action in commands if action.isEnabled()}
    assert usable == {
        "new_project", "open_project", "open_sample", "import_folder", "import_videos", "quit",
        "preferences", "theme_system", "theme_light", "theme_dark", "full_screen",
        "palette", "guide", "glossary", "table1_help", "keys", "open_log", "copy_diagnostics", "about",
    }  # fmt: skip
    studio.open_project(small_project)
    assert commands["relocate"].isEnabled()
    assert commands["masks"].isEnabled()
    studio.close_project()
    assert {row.name for row, action in commands if action.isEnabled()} == usable


def test_a_new_project_is_first_looked_for_in_a_folder_that_is_there(studio: Studio, tmp_path, monkeypatch):
    asked: list[str] = []

    def no_choice(window: QWidget, title: str, start: str, options: QFileDialog.Option) -> tuple[str, str]:
        asked.append(start)
        return "", ""

    monkeypatch.setattr(studio._choice, "_projects", lambda: tmp_path / "Documents" / "AssociationNet")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", no_choice)
    studio.window.commands["new_project"].trigger()
    (tmp_path / "Documents" / "AssociationNet").mkdir(parents=True)
    studio.window.commands["new_project"].trigger()
    wanted = [tmp_path, tmp_path / "Documents" / "AssociationNet"]
    assert [Path(one) for one in asked] == [folder / "New project" for folder in wanted]


def test_the_window_is_no_larger_than_the_screen(studio: Studio):
    room = studio.window.screen().availableGeometry()
    studio.window.resize(room.width() + 300, room.height() - 200)
    studio.window.keep_within_screen()
    assert studio.window.width() <= room.width()
    assert studio.window.height() == room.height() - 200


def test_the_first_line_is_never_squeezed_when_a_clip_is_named(open_studio: Studio, qtbot):
    window = open_studio.window
    window.resize(1380, 860)
    qtbot.waitUntil(lambda: window.top.width() == 1380)
    buttons = [one for one in window.top.findChildren(QToolButton) if one.property("role") == "segment"]
    for name in ("b", "a clip with quite a long name", "blackswan"):
        window.top.show_clip(name)
        assert all(one.width() >= one.sizeHint().width() for one in buttons), name


def test_a_shorter_clip_is_shown_where_it_was_left(open_studio: Studio, qtbot, tmp_path):
    session = open_studio.session
    short = replace(draw_clip(tmp_path / "more", "short"), files=("short/000.png", "short/001.png"))
    session.document.perform(AddClips([(short, [])]))
    clips = {one.clip.name: one.clip for one in session.document.clips()}
    session.view.set_clip(clips["birds"])
    session.view.set_frame(9)
    session.view.set_clip(clips["short"])
    assert (session.view.frame, session.canvas.transport.frame.value()) == (0, 0)
    session.view.set_clip(clips["birds"])
    assert (session.view.frame, session.canvas.transport.frame.value()) == (9, 9)
