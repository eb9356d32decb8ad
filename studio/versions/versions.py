"""The named versions of the open project: saved, shown in History, gone back to."""

import datetime
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from core.errors import StudioError
from core.project.versions import (
    Version,
    automatic_name,
    is_there,
    read_versions,
    save_version,
    write_versions,
)
from core.trajectories import revisions, steps
from studio.document import Document
from studio.editing.focus import Focus
from studio.versions.save_dialog import SaveDialog
from studio.versions.versions_window import VersionsWindow
from studio.window.main_window import MainWindow

_LOOKED_AT = 20
"""Of so many versions, the latest, it is known whether they are what is there now."""


class Versions(QObject):
    """What the menu File and History do with versions.

    Signals:
        changed(dict): edit id → the names of the versions in which it is the last one that was made.
        failed(str): something cannot be done; one sentence.
        told(str): something was done.
    """

    changed = Signal(object)
    failed = Signal(str)
    told = Signal(str)

    def __init__(self, document: Document, window: MainWindow, focus: Focus, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._window, self._focus = document, window, focus
        self.all: list[Version] = []
        self.dialog: SaveDialog | None = None
        self.shown: VersionsWindow | None = None

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {"save_version": self.ask_name, "versions": self.show}

    def read(self) -> None:
        """Read them anew and say where they stand in History."""
        project = self._document.project
        try:
            self.all = read_versions(project.path)
        except StudioError as error:
            self.failed.emit(str(error))
            self.all = []
        marks: dict[int, list[str]] = {}
        with project.reading() as connection:
            for one in self.all:
                edit = revisions.last_made(connection, one.revision)
                if edit is not None and is_there(connection, one):
                    marks.setdefault(edit, []).append(one.name)
        self.changed.emit(marks)
        if self.shown is not None:
            self.shown.set_versions(self.all)

    def ask_name(self) -> None:
        """Ask what to call the state that the project is in now."""
        project = self._document.project
        last = self.all[-1] if self.all else None
        with project.reading() as connection:
            since = steps.since(connection, last.revision if last is not None else 0)
            count = len(since.made) + len(since.taken_back)
            name = automatic_name(project.path, connection, _default_name(count))
        self.dialog = SaveDialog(name, _since(count, last), self._in_front)
        self.dialog.accepted.connect(self._save_named)
        self.dialog.open()

    def show(self) -> None:
        """Show what differs between versions, and the ways back."""
        if self.shown is None:
            self.shown = VersionsWindow(self._document, self._window)
            self.shown.show_asked.connect(self._focus.go)
            self.shown.back_asked.connect(self.ask_back)
            self.shown.remove_asked.connect(self.remove)
            self.shown.save_asked.connect(self.ask_name)
        self.shown.set_versions(self.all)
        self.shown.popup()

    def ask_back(self, name: str) -> None:
        """Count what going back to a version turns over, and do it if that is wanted."""
        version = next((one for one in self.all if one.name == name), None)
        if version is None:
            return
        with self._document.project.reading() as connection:
            if not is_there(connection, version):
                self.failed.emit(
                    f"“{name}” is of a history that is gone, since a backup was put back; choose another."
                )
                return
            route = revisions.route(connection, version.revision)
        if not route:
            self.told.emit(f"Nothing differs from “{name}”.")
            return
        box = QMessageBox(self._in_front)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Go back to a version")
        box.setText(f"Go back to “{name}”?")
        box.setInformativeText(
            f"{_turned(route)} What is there now stays as a version of its own, and undo brings it back."
        )
        back = box.addButton("&Go back", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(back)
        box.addButton(QMessageBox.StandardButton.Cancel)
        back.clicked.connect(lambda checked=False: self._go_back(version))
        box.open()

    def remove(self, name: str) -> None:
        """Forget the name of a version; no edit changes."""
        self._write([one for one in self.all if one.name != name])

    def close(self) -> None:
        """Give up what is compared; what is shown goes with its project."""
        if self.shown is not None:
            self.shown.close_reader()
        for one in (self.shown, self.dialog):
            if one is not None:
                one.close()
                one.deleteLater()

    @property
    def _in_front(self) -> QWidget:
        """The window that a question is about, which has the keys again once it is answered."""
        return self.shown if self.shown is not None and self.shown.isVisible() else self._window

    def _save_named(self) -> None:
        if self.dialog is not None:
            self._save(self.dialog.name, self.dialog.note)

    def _save(self, name: str, note: str = "") -> bool:
        project = self._document.project
        try:
            with project.reading() as connection:
                saved = save_version(project.path, connection, name, note)
        except StudioError as error:
            self.failed.emit(str(error))
            return False
        self.read()
        self.told.emit(f"Saved as version “{saved.name}”.")
        return True

    def _go_back(self, version: Version) -> None:
        project = self._document.project
        with project.reading() as connection:
            there = [one for one in self.all[-_LOOKED_AT:] if is_there(connection, one)]
            known = any(not revisions.route(connection, one.revision) for one in there)
            name = automatic_name(project.path, connection, f"Before going back to {version.name}")
        if known or self._save(name):
            self._document.go_to(version.revision, f"“{version.name}”")

    def _write(self, versions: list[Version]) -> None:
        try:
            write_versions(self._document.project.path, versions)
        except StudioError as error:
            self.failed.emit(str(error))
        self.read()


def _default_name(count: int) -> str:
    now = datetime.datetime.now().astimezone()
    return f"{now:%d %b %H:%M}" + (f", {count:,} edit{'s' if count != 1 else ''}" if count else "")


def _since(count: int, last: Version | None) -> str:
    edits = f"{count:,} edit{'s' if count != 1 else ''}" if count else "No edit"
    return f"{edits} since “{last.name}”." if last is not None else f"{edits} since the project began."


def _turned(route: "list[steps.HistoryEntry]") -> str:
    """How many edits are taken back, and how many done again, as a sentence."""
    undone = sum(entry.state == "done" for entry in route)
    again = len(route) - undone
    words = []
    if undone:
        words.append(f"{undone:,} edit{'s are' if undone != 1 else ' is'} taken back")
    if again:
        words.append(f"{again:,} {'are' if again != 1 else 'is'} done again")
    sentence = " and ".join(words)
    return f"{sentence if undone else f'Of those taken back, {sentence}'}."
