"""What can be done at a cell of the table: see where it comes from, open and name its runs."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from core.runs import provenance
from studio.comparison.compared_row import MEAN, ComparedRow
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.workspaces.run_menu import edit_notes

StartOf = Callable[[Run], Run | None]


class RowMenu(QMenu):
    """The context menu of a cell; a row of several seeds has a submenu for what is of one run.

    Signals:
        origin_asked(): where the figure comes from is to be shown.
        run_asked(Run): a run is to be shown in its workspace.
        reference_asked(ComparedRow): differences are to be taken to a row.
        class_asked(str): the curves of a class are to be shown.
        pictures_asked(Run): the pictures on which a run differs from the reference are to be shown.
    """

    origin_asked = Signal()
    run_asked = Signal(object)
    reference_asked = Signal(object)
    class_asked = Signal(str)
    pictures_asked = Signal(object)

    def __init__(self, runs: Runs, parent: QWidget) -> None:
        super().__init__(parent)
        self._runs, self._owner = runs, parent

    def show_for(self, row: ComparedRow, of: str, reference: ComparedRow | None, start_of: StartOf) -> None:
        """Set up for a cell.

        Args:
            row: of its line.
            of: the class, or `MEAN`.
            reference: the row that differences are taken to now.
            start_of: the pretraining run of a run, or None.
        """
        self.clear()
        if row.runs:
            self.addAction("Where this comes from", self.origin_asked.emit)
        if of != MEAN:
            self.addAction(f"Curves of {of}", lambda: self.class_asked.emit(of))
        if row.runs and reference is not None and reference.runs and row.key != reference.key:
            words = f"Pictures on which it differs from {reference.name}"
            self.addAction(words, lambda: self.pictures_asked.emit(row.runs[0]))
        if row is not reference:
            self.addAction("Take differences to this row", lambda: self.reference_asked.emit(row))
        if not row.runs:
            return
        self.addSeparator()
        for seed, run in zip(row.measured.seeds, row.runs, strict=True):
            menu = self if len(row.runs) == 1 else self.addMenu(run.notes.name or f"Seed {seed}")
            self._add_run(menu, run, start_of(run))

    def _add_run(self, menu: QMenu, run: Run, start: Run | None) -> None:
        menu.addAction("Open in Evaluate", lambda: self.run_asked.emit(run))
        opens = menu.addAction("Open its pretraining in Train", lambda: self.run_asked.emit(start))
        opens.setEnabled(start is not None)
        command = provenance.read(run.folder).get("command", "") if run.folder is not None else ""
        copies = menu.addAction("Copy its command", lambda: QGuiApplication.clipboard().setText(command))
        copies.setEnabled(bool(command))  # a run of an older version does not record it
        menu.addAction("Name and note…", lambda: edit_notes(run, self._runs, self._owner))
