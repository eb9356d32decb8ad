"""What was edited, taken back or brought in by a job, in messages, the menu Edit and the status bar."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from PySide6.QtCore import QObject

from core.trajectories.model import Changes
from core.trajectories.steps import HistoryEntry
from studio.document import Document
from studio.editing.focus import Focus
from studio.window.main_window import MainWindow


class EditMessages(QObject):
    """Tells of each edit with a button that takes back that one, and of each undo where it was."""

    def __init__(self, document: Document, window: MainWindow, focus: Focus, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._window, self._focus = document, window, focus
        self._last: HistoryEntry | None = None  # what undo would take back
        self._told: HistoryEntry | None = None  # the edit that the last message was about
        self._of_a_view = False
        document.performed.connect(self._tell)
        document.turned.connect(self._tell_turned)
        document.changed.connect(self.refresh)
        document.busy_changed.connect(self._show_busy)

    @contextmanager
    def of_a_view(self) -> Iterator[None]:
        """What is edited within was asked for in a view: what it was about is selected."""
        self._of_a_view = True
        yield
        self._of_a_view = False

    def refresh(self) -> None:
        """Name what undo and redo would turn over."""
        last = self._last = self._document.last_edit()
        undo, redo = last.text if last else None, self._document.redo_text()
        self._window.toasts.dismiss("turned")
        if last is None or self._told is None or last.id != self._told.id:
            self._window.toasts.dismiss("edit")  # another edit is the last one now
        commands = self._window.commands
        commands.set_text("undo", f"&Undo {undo}" if undo else "&Undo")
        commands.set_text("redo", f"&Redo {redo}" if redo else "&Redo")
        commands.set_refused(
            {"undo": "" if undo else self._why_no_undo(), "redo": "" if redo else "Nothing to redo."}
        )
        self._window.set_last_edit(undo or "", undo is not None)

    def _tell(self, changes: Changes) -> None:
        if self._of_a_view:
            self._focus.follow(changes)
        undo = partial(self._document.turn_over, [changes.edit])
        self._window.toasts.show(changes.text, "job" if changes.by_job else "edit", "Undo", undo)
        if not changes.by_job:
            self._told = self._last

    def _tell_turned(self, changes: Changes, word: str) -> None:
        """Go to what was taken back or done again, and say where that is."""
        where = self._focus.go(changes)
        back = ("Redo", self._document.redo) if word == "Undone" else ("Undo", self._document.undo)
        text = f"{word} in {where}: {changes.text}" if where else f"{word}: {changes.text}"
        if word == "Gone back to":
            text = f"{word} {changes.text}"
        self._window.toasts.show(text, "turned", *back)

    def _why_no_undo(self) -> str:
        of_jobs = any(entry.state == "done" for entry in self._document.history())
        return f"Nothing to undo{'; what jobs brought in is undone in History' if of_jobs else ''}."

    def _show_busy(self, text: str) -> None:
        self._window.busy.setText(f"{text}…" if text else "")
