"""Builds the window and joins its parts; opens, makes and closes projects."""

import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from core.agreements import NotAgreedError
from core.errors import StudioError
from core.project.project import Project
from core.trajectories.bulk_edits import AddClips
from core.trajectories.damage import DamagedError
from studio import theme
from studio.exchange import irregular
from studio.exchange.clip_imports import ClipImports
from studio.exchange.importing import unused_folder
from studio.exchange.sample import SampleMaker
from studio.garbage import WindowGarbage
from studio.opening import Building, Opening
from studio.window.command_palette import CommandPalette
from studio.window.consent import ask
from studio.window.crash import Crashes, diagnostics, keep_log
from studio.window.help_window import HelpWindow
from studio.window.key_sheet import KeySheet
from studio.window.main_window import WORKSPACES, MainWindow
from studio.window.preferences import PreferencesStore
from studio.window.preferred_look import PreferredLook
from studio.window.project_choice import ProjectChoice
from studio.window.recovery_window import RecoveryOffer
from studio.window.settings import WindowSettings
from studio.window.stall_meter import StallMeter
from studio.window.welcome import WelcomePage

if TYPE_CHECKING:
    from studio.session import Session
    from studio.window.check_window import CheckWindow

NAME = "AssociationNet Studio"

AT_LEISURE = 300
"""Milliseconds after the window is shown; then the modules that a project needs are loaded in advance."""

SHARED = 0.001
"""Seconds after which a thread that reads lets the window have Python, which asks often: 5 ms are felt."""

NO_PROJECT = "Open a project first."


class Studio(QObject):
    """The application: one window, at most one open project.

    Attributes:
        window: the window; session: the open project's views, None without one.
        imports: the way from folders and files to clips.
        stalls: what kept it from answering, once that is watched.
    """

    def __init__(self, app: QApplication, settings: WindowSettings, log_folder: Path) -> None:
        super().__init__(app)
        self._app, self._settings, self._log_folder = app, settings, log_folder
        sys.setswitchinterval(SHARED)
        self._garbage = WindowGarbage(self)
        preferences = PreferencesStore(settings, self)
        theme.apply(app, preferences.now.theme)
        self.window = MainWindow(settings, preferences)
        self.welcome = WelcomePage()
        self.window.set_welcome(self.welcome)
        self.crashes = Crashes(self.window)
        self.crashes.refused.connect(self.refuse)
        self.crashes.asked.connect(lambda error: ask(error.matter, self.window, error.again))
        self.session: Session | None = None
        self._choice = ProjectChoice(settings, projects_folder, self.welcome, self.window)
        self.imports = ClipImports(settings, self._names_of_clips, projects_folder, self.window)
        self.imports.ready.connect(self._take_import)
        self.stalls: StallMeter | None = None
        self._building: Building | None = None
        self._check: CheckWindow | None = None
        self._recovery = RecoveryOffer(self.window, self.crashes)
        self._recovery.restoring.connect(self.close_project)
        self._recovery.restored.connect(self._open_restored)
        self._look = PreferredLook(app, self.window)
        self._palette = CommandPalette(self.window.commands, self.window)
        self._key_sheet = KeySheet(self.window.commands, self.window)
        self._help = HelpWindow(self.window)
        self._sample = SampleMaker(self)
        self._join()
        self._choice.show_recent()
        self._refuse_project_actions(NO_PROJECT)

    def begin_opening(self, path: Path) -> bool:
        """Open a project in the place of the one that is open, in steps between which the window answers.

        False, with a message, where it cannot be opened; where its views cannot be built, a message says so.
        """
        self.window.curtain.draw(path.name)
        return self._begin(partial(Project.open, path), path)

    def open_project(self, path: Path) -> bool:
        """Open a project, as `begin_opening` does, but at once; False, with a message, where that fails."""
        return self.begin_opening(path) and self._finish_opening()

    def new_project(self, path: Path) -> bool:
        """Make a project and open it; False, with a message, where that fails."""
        return self._begin(partial(Project.create, path), path) and self._finish_opening()

    def open_sample(self) -> None:
        """Make a sample project in a thread and open it."""
        self._sample.make(unused_folder(projects_folder(), "Sample project"))

    def close_project(self) -> None:
        """Go back to the welcome page."""
        self._let_go()
        self.window.curtain.hide()

    def _let_go(self) -> None:
        self.imports.close()
        if self._check is not None:
            self._check.close_reader()
            self._check.deleteLater()
            self._check = None
        if self.session is not None:
            self._settings.set_last_view(self.session.document.project.path, self.session.last_view())
        self.window.clear()
        self._palette.set_places(None)
        session, self.session = self.session, None
        if self._building is not None:
            self._building.end()
            session, self._building = self._building.session, None
        if session is not None:
            session.close()
        self._choice.show_recent()
        self._refuse_project_actions(NO_PROJECT)

    def refuse(self, sentence: str) -> None:
        """Say what the user can put right."""
        self.window.toasts.show(sentence, "error")

    def close(self) -> None:
        """Let go of everything; runs go on in the background."""
        self._sample.close()
        self._recovery.close()
        self.close_project()
        self._settings.sync()
        self._garbage.close()
        if self.stalls is not None:
            self.stalls.close()
            self.stalls = None

    # --- joining ------------------------------------------------------------------------------

    def _join(self) -> None:
        self.window.closing.connect(self.close)
        self.window.dropped.connect(self._take_dropped)
        self._help.keys_asked.connect(self._key_sheet.popup)
        self._join_welcome()
        self._join_sample()
        for name, slot in self._actions().items():
            self.window.commands.connect(name, slot)

    def _join_welcome(self) -> None:
        self._choice.open_asked.connect(self.begin_opening)
        self._choice.new_asked.connect(self.new_project)
        welcome = self.welcome
        welcome.sample_asked.connect(self.open_sample)
        welcome.import_asked.connect(self.imports.choose_folder)
        welcome.videos_asked.connect(self.imports.choose_videos)

    def _join_sample(self) -> None:
        self.welcome.cancel_asked.connect(self._sample.cancel)
        self._sample.progressed.connect(self.welcome.show_progress)
        self._sample.made.connect(self._show_sample)
        self._sample.failed.connect(self.refuse)

    def _actions(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls, with a project or without."""
        return {
            "open_sample": self.open_sample,
            "import_folder": self.imports.choose_folder,
            "import_videos": self.imports.choose_videos,
            "new_project": self._choice.choose_new,
            "open_project": self._choice.choose,
            "close_project": self.close_project,
            "quit": self.window.close,
            **self._look.slots(),
            "palette": self._palette.popup,
            "guide": partial(self._help.show_page, "guide"),
            "table1_help": partial(self._help.show_page, "table1"),
            "glossary": partial(self._help.show_page, "glossary"),
            "keys": self._key_sheet.popup,
            "check_project": self._check_project,
            "open_log": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_folder))),
            "copy_diagnostics": self._copy_diagnostics,
            "about": self._about,
        }

    def _begin(self, project: Callable[[], Project], path: Path) -> bool:
        """Begin to show a project; False, with a message, where it cannot be opened."""
        try:
            opened = project()
        except StudioError as error:
            self._say_why_not(path, error)
            if self._building is None:
                self.window.curtain.hide()
            return False
        self.window.curtain.draw(opened.name)
        build = load_session()
        self._let_go()
        self._refuse_project_actions("")
        self._recovery.watch(opened.path)
        session = build(opened, self._settings.last_view(opened.path), self.window, self)
        session.document.damaged.connect(self._recovery.offer_open)
        failed = partial(self._give_up, path)
        self._building = Building(session, self.window.curtain, partial(self._show, session), failed)
        return True

    def _finish_opening(self) -> bool:
        """Build all that is still to be built of the project that is being opened."""
        if self._building is not None:
            self._building.finish()
        return self.session is not None

    def _show(self, session: "Session") -> None:
        """Let a project be seen whose views are there, as soon as they are filled."""
        self._building, self.session = None, session
        Opening(session, self.window.curtain.hide)
        session.import_asked.connect(self.imports.choose_folder)
        self._palette.set_places(session.places.find)
        self._settings.add_recent(session.document.project.path)
        self._choice.show_recent()

    def _give_up(self, path: Path, error: Exception) -> None:
        """Show no project, since the views of one could not be built."""
        self._let_go()
        self.window.curtain.hide()
        if not isinstance(error, StudioError):
            raise error
        self._say_why_not(path, error)

    def _say_why_not(self, path: Path, error: StudioError) -> None:
        if isinstance(error, DamagedError):
            self._recovery.offer(path, str(error))
        elif isinstance(error, NotAgreedError):
            ask(error.matter, self.window, partial(self.open_project, path))
        else:
            self.refuse(str(error))

    def _show_sample(self, project: Project, edit: AddClips) -> None:
        if self._begin(lambda: project, project.path) and self._finish_opening() and self.session is not None:
            self.session.document.perform_later(edit)

    def _refuse_project_actions(self, reason: str) -> None:
        menus, always = ("Edit", "Go", "Track", "Review", "Run"), ("preferences",)
        rows = [row for row, _ in self.window.commands if row.name not in always]
        names = [row.name for row in rows if row.curating or row.path[0] in menus]
        names += [
            "check_project",
            "save_version",
            "versions",
            "close_project",
            "export_tracks",
            "reset_layout",
            "steps",
            *WORKSPACES,
        ]
        self.window.commands.set_refused(dict.fromkeys(names, reason))

    def _take_import(self, edit: AddClips, folder: Path | None) -> None:
        if folder is not None and not self.new_project(folder):
            return
        if self.session is not None:
            self.session.document.perform_later(edit)
            if edit.warnings:
                self.window.toasts.show(*irregular.message(edit.warnings, self.window))

    def _names_of_clips(self) -> list[str] | None:
        return None if self.session is None else [one.clip.name for one in self.session.clips.summaries]

    def _take_dropped(self, paths: Sequence[Path]) -> None:
        project = next((path for path in paths if (path / "project.toml").is_file()), None)
        if project is not None:
            self.begin_opening(project)
        elif paths:
            self.imports.look_through(paths)

    def _check_project(self) -> None:
        from studio.window.check_window import CheckWindow  # it needs what a project needs

        if self.session is not None:
            if self._check is None:
                self._check = CheckWindow(self.session.document.project, self.window)
            self._check.popup()

    def _open_restored(self, path: Path) -> None:
        if self.open_project(path):
            self.window.toasts.show(f"The backup of {path.name} is in place; the damaged file is kept.")

    def _copy_diagnostics(self) -> None:
        stalls = [] if self.stalls is None else [str(self.stalls)]
        QGuiApplication.clipboard().setText("\n".join([diagnostics(), *stalls]))
        self.window.toasts.show("Versions and system are on the clipboard.")

    def _about(self) -> None:
        box = QMessageBox(self.window)
        box.setWindowTitle(f"About {NAME}")
        box.setIconPixmap(self.window.windowIcon().pixmap(48, 48))
        box.setText(NAME)
        box.setInformativeText(diagnostics())
        box.setModal(False)
        box.show()


def load_session() -> "type[Session]":
    """The views of a project; plots and all else they need load after the window is up."""
    from studio.session import Session

    return Session


def projects_folder() -> Path:
    """Where projects are put unless another place is chosen."""
    return Path(platformdirs.user_documents_dir()) / "AssociationNet"


def main(project: Path | None, sample: bool) -> int:
    """Start the studio.

    Args:
        project: the project to open; None for the welcome page.
        sample: make a fresh sample project and open it.

    Returns:
        the exit code of the program.
    """
    app = QApplication(sys.argv[:1])
    app.setOrganizationName("AssociationNet")
    app.setApplicationName("studio")
    app.setApplicationDisplayName(NAME)
    app.setDesktopFileName("associationnet-studio")  # its icon, where the desktop draws the window's frame
    log_folder = Path(platformdirs.user_log_dir("associationnet-studio"))
    try:
        keep_log(log_folder)
    except OSError as error:
        logging.getLogger("studio").warning("no log file: %s", error)
    studio = Studio(app, WindowSettings(), log_folder)
    studio.crashes.install()
    studio.stalls = StallMeter(studio)
    if project is not None:
        studio.window.curtain.draw(project.name)
    studio.window.keep_within_screen()
    studio.window.show()
    if sample:
        QTimer.singleShot(0, studio.open_sample)
    elif project is not None:
        studio.window.seen.connect(lambda: studio.begin_opening(project))
    else:
        QTimer.singleShot(AT_LEISURE, load_session)
    return app.exec()
