"""The list of runs: a card each; they are found by words, named, noted and starred."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPoint,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import labels, state_words
from studio.workspaces.matrix_folds import MatrixFolds
from studio.workspaces.run_card import (
    COLOUR_ROLE,
    NAME_ROLE,
    RUN_ROLE,
    CardPainter,
    Index,
    chosen_rows,
    figure_words,
)
from studio.workspaces.run_menu import RunMenu, edit_notes

MATRIX = "table1"
"""The job whose run has other runs done."""

NAMING = (Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter)
"""Keys that open the name and the note of the chosen run."""

NARROWEST = 200
"""Pixels that a card needs to say what its run is."""


class RunList(QWidget):
    """The runs of some jobs, starred ones first, newest first; several can be chosen, words filter them.

    Signals:
        chosen_changed(): other runs are chosen.
        export_asked(list[Path], str, Path): as `RunMenu`.
    """

    chosen_changed = Signal()
    export_asked = Signal(object, str, object)

    def __init__(
        self,
        runs: Runs,
        jobs: Sequence[str],
        empty: str,
        called: str = "Runs",
        parent: QWidget | None = None,
    ) -> None:
        """Args: called: what the list holds."""
        super().__init__(parent)
        self._runs = runs
        self._shown = _ShownRuns(_RunModel(runs, jobs), self)
        self._folds = MatrixFolds()
        self._view = QListView()
        self._view.setObjectName("run_list")
        self._view.setAccessibleName(called)
        self._view.setModel(self._shown)
        self._view.setItemDelegate(CardPainter(self._view, jobs[0]))
        self._view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._view.setMouseTracking(True)
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._menu = RunMenu(runs, self)
        self._empty = QLabel(empty)
        self._empty.setWordWrap(True)
        self._empty.setProperty("quiet", True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._empty.setMargin(theme.SPACE)
        heading = QLabel(called)
        heading.setProperty("role", "heading")
        heading.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 0)
        self._search = QLineEdit(placeholderText=f"Find {called.lower()}", clearButtonEnabled=True)
        self._search.setObjectName("run_search")
        self._search.setAccessibleName(f"Find {called.lower()}")
        self._search.setToolTip("Words of a run's name, note, settings or state; all must be there")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addWidget(self._empty, 1)
        row = QHBoxLayout()
        row.setContentsMargins(theme.SPACE, 0, theme.SPACE, theme.SPACE // 2)
        row.addWidget(self._search)
        layout.addLayout(row)
        layout.addWidget(self._folds)
        layout.addWidget(self._view, 1)
        self.setMinimumWidth(NARROWEST)
        self._view.selectionModel().selectionChanged.connect(self.chosen_changed)
        self._view.customContextMenuRequested.connect(self._open_menu)
        self._menu.export_asked.connect(self.export_asked)
        self._search.textChanged.connect(self._find)
        model = self._shown.sourceModel()  # the list's own rows go before the run does
        for signal in (model.rowsInserted, model.rowsRemoved):
            signal.connect(self._rows_changed)
        for signal in (runs.added, runs.removed, runs.changed):
            signal.connect(self._matrix_changed)
        self._folds.changed.connect(self._fold)
        self._view.installEventFilter(self)
        self._rows_changed()

    def chosen(self) -> list[Run]:
        """The chosen runs, as they stand in the list."""
        runs = self._shown.runs
        return [runs[row] for row in chosen_rows(self._view)]

    def name_of(self, run: Run) -> str:
        """What the list calls a run: no other of its runs is called so, unless a person named it so."""
        return self._shown.source.name_of(run)

    def set_colours(self, colours: Mapping[Run, int]) -> None:
        """Give chosen runs these colours, places for `Colours.line`; the others' go by their order."""
        self._shown.source.colours = dict(colours)
        self._view.viewport().update()

    def choose(self, *runs: Run) -> None:
        """Choose these runs and no others; a filter that hides one of them goes."""
        if any(run in self._shown.all and run not in self._shown.runs for run in runs):
            self._search.clear()
        shown = set(self._shown.runs)
        for run in runs:
            if run.in_matrix is not None and run not in shown:
                self._folds.unfold(run.in_matrix.driver)
        rows, wanted = self._shown.runs, set(runs)
        chosen = QItemSelection()
        for row in (row for row, run in enumerate(rows) if run in wanted):
            chosen.select(self._shown.index(row, 0), self._shown.index(row, 0))
        flags = QItemSelectionModel.SelectionFlag
        self._view.selectionModel().select(chosen, flags.ClearAndSelect)
        for index in chosen.indexes()[:1]:
            self._view.scrollTo(index)

    def _matrix_changed(self, run: Run) -> None:
        if run.job == MATRIX:
            self._rows_changed()

    def _fold(self) -> None:
        self._shown.unfold(self._folds.unfolded)
        self._rows_changed()

    def _show_folds(self) -> None:
        """A heading for each matrix that has runs here; without others, one is unfolded."""
        counts = Counter(run.in_matrix.driver for run in self._shown.all if run.in_matrix is not None)
        self._folds.show_matrices(counts, self._runs.for_job(MATRIX))  # the newest runs come first
        self._shown.fold(counts.keys())
        if counts and not self._shown.rowCount() and not self._search.text():
            self._folds.unfold(next(iter(counts)))

    def _rows_changed(self) -> None:
        self._show_folds()
        there, rows = len(self._shown.all), self._shown.rowCount()
        self._empty.setVisible(there == 0)
        self._view.setVisible(there > 0)
        self._search.setVisible(there > 0)
        if rows and not self._view.selectionModel().hasSelection():
            self.choose(self._shown.runs[0])

    def _find(self, text: str) -> None:
        self._shown.find(text)
        self._rows_changed()

    def _open_menu(self, place: QPoint) -> None:
        if not self._view.indexAt(place).isValid():  # the key of menus asks for the middle of the list
            place = self._view.visualRect(self._view.currentIndex()).center()
        if self.chosen():
            self._menu.show_for(self.chosen())
            self._menu.popup(self._view.viewport().mapToGlobal(place))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in NAMING:
            self._edit_notes()
            return True
        return super().eventFilter(watched, event)

    def _edit_notes(self) -> None:
        chosen = self.chosen()
        if len(chosen) == 1 and chosen[0].path is not None:
            edit_notes(chosen[0], self._runs, self)


class _ShownRuns(QSortFilterProxyModel):
    """The runs in the order of the list, those that the search leaves."""

    def __init__(self, model: "_RunModel", parent: QWidget) -> None:
        super().__init__(parent)
        self.source = model
        self._words: list[str] = []
        self._matrices: frozenset[str] = frozenset()
        self._unfolded: frozenset[str] = frozenset()
        model.setParent(self)
        self.setSourceModel(model)
        self.setDynamicSortFilter(True)
        self.sort(0)

    @property
    def all(self) -> list[Run]:
        """Every run, shown or not."""
        return self.source.runs

    @property
    def runs(self) -> list[Run]:
        """The runs shown, from above."""
        return [
            self.source.runs[self.mapToSource(self.index(row, 0)).row()] for row in range(self.rowCount())
        ]

    def find(self, text: str) -> None:
        """Show only runs that have all words of a text."""
        self._words = text.lower().split()
        self.invalidate()

    def fold(self, matrices: Set[str]) -> None:
        """Fold the runs of these matrices away, but of those that are unfolded."""
        if matrices != self._matrices:
            self._matrices = frozenset(matrices)
            self.invalidate()

    def unfold(self, matrices: Set[str]) -> None:
        """Show the runs of these matrices and of no others."""
        if matrices != self._unfolded:
            self._unfolded = frozenset(matrices)
            self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        run = self.source.runs[row]
        if not self._words and run.in_matrix is not None:
            return run.in_matrix.driver not in self._matrices - self._unfolded
        said = (self.source.name_of(run), run.title, run.choices, run.notes.note, run.name, state_words(run))
        text = "\n".join(said).lower()
        return all(word in text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        one, other = self.source.runs[left.row()], self.source.runs[right.row()]
        if (one.in_matrix is None) != (other.in_matrix is None):
            return one.in_matrix is not None  # right below the heading
        if one.notes.starred != other.notes.starred:
            return one.notes.starred
        if one.in_matrix is not None and other.in_matrix is not None and one.created == other.created:
            return one.in_matrix.planned < other.in_matrix.planned
        return left.row() < right.row()


class _RunModel(QAbstractListModel):
    def __init__(self, runs: Runs, jobs: Sequence[str]) -> None:
        super().__init__()
        self._jobs = tuple(jobs)
        self.runs = runs.for_job(*jobs)
        self.colours: dict[Run, int] = {}
        self._names: dict[Run, tuple[str, str]] = {}  # label, which a new run still gets, and name
        runs.added.connect(self._add)
        runs.removed.connect(self._remove)
        for signal in (runs.changed, runs.metrics_changed):
            signal.connect(self._tell)
        runs.annotated.connect(self._rename)

    def name_of(self, run: Run) -> str:
        """A name that tells a run from the others."""
        known = self._names.get(run)
        if known is None or known[0] != run.label:
            named = zip(self.runs, labels(self.runs), strict=True)
            self._names = {one: (one.label, name) for one, name in named}
        return self._names.get(run, ("", run.label))[1]

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.runs) if parent is None or not parent.isValid() else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        run = self.runs[index.row()]
        if role == RUN_ROLE:
            return run
        if role == NAME_ROLE:
            return self.name_of(run)
        if role == COLOUR_ROLE:
            return self.colours.get(run)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(filter(None, (run.title, state_words(run), figure_words(run))))
        if role == Qt.ItemDataRole.ToolTipRole:
            said = (run.title, run.choices, run.name, state_words(run), run.status.error, run.notes.note)
            return "\n".join(dict.fromkeys(filter(None, said)))
        return None

    def _add(self, run: Run) -> None:
        if run.job in self._jobs:
            row = next((r for r, one in enumerate(self.runs) if one.created <= run.created), len(self.runs))
            self.beginInsertRows(QModelIndex(), row, row)
            self.runs.insert(row, run)
            self._names = {}
            self.endInsertRows()

    def _remove(self, run: Run) -> None:
        if run in self.runs:
            row = self.runs.index(run)
            self.beginRemoveRows(QModelIndex(), row, row)
            self.runs.remove(run)
            self._names = {}
            self.endRemoveRows()

    def _rename(self) -> None:
        """Others may need to be told apart no more, or only now."""
        self._names = {}
        if self.runs:
            self.dataChanged.emit(self.index(0), self.index(len(self.runs) - 1))

    def _tell(self, run: Run) -> None:
        if run in self.runs:
            index = self.index(self.runs.index(run))
            self.dataChanged.emit(index, index)
