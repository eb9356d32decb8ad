"""Which project is to be opened or made: asked for, or one of those that were opened last."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from studio.window.main_window import MainWindow
from studio.window.settings import WindowSettings
from studio.window.welcome import WelcomePage

FOLDERS = "projects"
"""Of which place the settings keep the last folder."""


class ProjectChoice(QObject):
    """The dialogs, and the lists of latest projects in the menu and on the welcome page.

    Signals:
        open_asked(Path): open this project.
        new_asked(Path): make one there.
    """

    open_asked = Signal(object)
    new_asked = Signal(object)

    def __init__(
        self, settings: WindowSettings, projects: Callable[[], Path], welcome: WelcomePage, window: MainWindow
    ) -> None:
        """`projects`: gives the folder in which a new project is made unless another place is chosen."""
        super().__init__(window)
        self._settings, self._projects = settings, projects
        self._welcome, self._window = welcome, window
        welcome.open_asked.connect(self.choose)
        welcome.new_asked.connect(self.choose_new)
        welcome.recent_chosen.connect(self.open_asked)
        welcome.recent_forgotten.connect(self._forget)

    def choose(self) -> None:
        """Ask for a project to open."""
        start = str(self._settings.last_folder(FOLDERS))
        chosen = QFileDialog.getExistingDirectory(self._window, "Open project", start)
        if chosen:
            self._settings.set_last_folder(FOLDERS, Path(chosen).parent)
            self.open_asked.emit(Path(chosen))

    def choose_new(self) -> None:
        """Ask where to make a project."""
        usual = self._projects()
        there = next(folder for folder in (usual, *usual.parents) if folder.is_dir())
        start = str(there / "New project")
        options = QFileDialog.Option.ShowDirsOnly | QFileDialog.Option.DontConfirmOverwrite
        chosen, _ = QFileDialog.getSaveFileName(self._window, "New project", start, options=options)
        if chosen:
            self.new_asked.emit(Path(chosen))

    def show_recent(self) -> None:
        """List the latest projects again."""
        recent, menu = self._settings.recent, self._window.recent_menu
        self._welcome.set_recent(recent)
        menu.clear()
        for one in recent:
            action = menu.addAction(f"{one.path.name}  ({one.path.parent})")
            action.setEnabled((one.path / "project.toml").is_file())
            action.triggered.connect(lambda checked=False, one=one: self.open_asked.emit(one.path))
        menu.setEnabled(bool(recent))

    def _forget(self, path: Path) -> None:
        self._settings.forget_recent(path)
        self.show_recent()
