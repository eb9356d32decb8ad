"""The dock Labels: the list, with colours, counts and keys, and what new objects get."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.project.labels import Label, clean_name
from studio import icons, theme
from studio.elided_combo import ElidedCombo
from studio.labels.label_menu import colour_menu, key_menu, shortened
from studio.labels.label_model import COLOUR, KEY, NAME, TRACKS, LabelModel
from studio.labels.project_labels import ProjectLabels
from studio.labels.replace_dialog import NOTHING, ReplaceDialog
from studio.tables.search_field import SearchField

_OWN_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_EMPTY = "No labels yet. Type one above, or label a track ({relabel})."


class _Table(QTableView):
    """Keys that mean the label in it are not the canvas's.

    Signals:
        delete_asked(), label_asked(): of the current row.
        step_asked(int): the current row is to go up (-1) or down (1).
    """

    delete_asked = Signal()
    label_asked = Signal()
    step_asked = Signal(int)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if (plain and event.key() in _OWN_KEYS) or _step(event):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.label_asked.emit()
        elif _step(event):
            self.step_asked.emit(_step(event))
        elif event.key() == Qt.Key.Key_F2 and self.currentIndex().isValid():
            self.edit(self.currentIndex().siblingAtColumn(NAME))
        else:
            super().keyPressEvent(event)


class LabelPanel(QWidget):
    """Shows `ProjectLabels` and asks before tracks change.

    Signals:
        give_asked(str): the selected tracks are to have this label.
        select_asked(str): the tracks of the clip that have this label are to be selected.
        left(): keys belong to the canvas again.
    """

    give_asked = Signal(str)
    select_asked = Signal(str)
    left = Signal()

    def __init__(
        self,
        labels: ProjectLabels,
        with_keys: Callable[[str], str] = str,
        parent: QWidget | None = None,
    ) -> None:
        """`with_keys`: puts the keys of actions, in braces, into a sentence."""
        super().__init__(parent)
        self._labels, self._with_keys = labels, with_keys
        self._current = ""  # the name that outlives a reset of the model
        self.field = SearchField("Find or add a label", "Find or add a label")
        self.add_button, self.more_button = QToolButton(autoRaise=True), QToolButton(autoRaise=True)
        for button, icon, tip in (
            (self.add_button, "add", "Add what was typed to the list (Enter)"),
            (self.more_button, "more", "What can be done with the label that is chosen in the list"),
        ):
            icons.set_icon(button, icon)
            button.setIconSize(QSize(theme.ICON, theme.ICON))
            button.setToolTip(tip)
            button.setAccessibleName(tip)
        self.model = LabelModel(labels)
        self.table = self._built_table()
        self.empty = QLabel(with_keys(_EMPTY), wordWrap=True)
        self.empty.setProperty("quiet", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.for_new = ElidedCombo()
        self.for_new.setAccessibleName("The label that new objects get")
        self.for_new.setToolTip("The label of every new object: the one used last, or none")
        self.for_new.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.for_new.setMinimumContentsLength(8)
        self._arrange()
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._enter)
        self.field.escaped.connect(self.left)
        self.field.stepped.connect(self.table.setFocus)
        self.add_button.clicked.connect(self._add)
        self.more_button.clicked.connect(self._show_more)
        self.for_new.activated.connect(self._choose_for_new)
        self.model.renamed.connect(self.ask_rename)
        self.model.moved.connect(labels.move)
        self.model.modelReset.connect(self._show_current)
        labels.changed.connect(self._show)
        self._show()

    @property
    def current(self) -> Label | None:
        """The label that is chosen in the list."""
        row = self.table.currentIndex().row()
        return self.model.rows[row] if 0 <= row < len(self.model.rows) else None

    # --- what is asked ------------------------------------------------------------------------

    def ask_rename(self, old: str, new: str) -> None:
        """Rename a label, after a question where tracks have it."""
        verb = "Merge" if self._labels.list.named(new) else "Rename"
        self._labels.when_counted(lambda: self._ask(old, verb, new))

    def delete(self) -> None:
        """Delete the current label; what becomes of its tracks is asked."""
        if self.current is not None:
            name = self.current.name
            self._labels.when_counted(lambda: self._ask(name, "Delete", None))

    def merge(self) -> None:
        """Ask which other label the tracks of the current one get."""
        if self.current is not None:
            name = self.current.name
            self._labels.when_counted(lambda: self._ask(name, "Merge", None))

    def delete_unused(self) -> None:
        """Delete all labels that no track has."""
        self._labels.when_counted(self._labels.remove_unused)

    def _ask(self, name: str, verb: str, by: str | None) -> None:
        if not self._labels.count(name) and (by is not None or verb == "Delete"):
            self._labels.replace(name, by or "")
            return
        dialog = ReplaceDialog(self._labels, name, verb, by, self)
        dialog.chosen.connect(lambda by: self._labels.replace(name, by))
        dialog.open()

    def menu_of(self, label: Label) -> QMenu:
        """What can be done with a label."""
        menu = QMenu(self)
        labels, count = self._labels, self._labels.count_here(label.name)
        menu.addAction("&Label the selected tracks", lambda: self.give_asked.emit(label.name))
        tracks = f"{count:,} track{'s' if count != 1 else ''} of this clip"
        select = menu.addAction(f"&Select its {tracks}", lambda: self.select_asked.emit(label.name))
        select.setEnabled(count > 0)
        menu.addSeparator()
        menu.addAction("&Rename…", lambda: self.table.edit(self.table.currentIndex().siblingAtColumn(NAME)))
        menu.addMenu(colour_menu(labels, label, menu))
        menu.addMenu(key_menu(labels, label, menu))
        menu.addSeparator()
        whole = not self.field.text()
        for text, by in (("Move &up", -1), ("Move &down", 1)):
            menu.addAction(text, lambda by=by: self._step(by)).setEnabled(whole)
        menu.addSeparator()
        menu.addAction("&Merge with another…", self.merge).setEnabled(len(labels.list.labels) > 1)
        menu.addAction("&Delete…" if labels.count(label.name) else "&Delete", self.delete)
        unused = sum(not labels.count(one.name) for one in labels.list.labels)
        menu.addAction(f"Delete {unused:,} &unused", self.delete_unused).setEnabled(unused > 0)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    # --- building -----------------------------------------------------------------------------

    def _built_table(self) -> _Table:
        table = _Table()
        table.setAccessibleName("Labels")
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        table.setDragDropOverwriteMode(False)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows, header = table.verticalHeader(), table.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(table.fontMetrics().height() + theme.SPACE)
        header.setHighlightSections(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in ((COLOUR, 28), (TRACKS, 64), (KEY, 44)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            table.setColumnWidth(column, width)
        table.customContextMenuRequested.connect(self._show_menu)
        table.clicked.connect(self._click)
        table.delete_asked.connect(self.delete)
        table.label_asked.connect(self._give)
        table.step_asked.connect(self._step)
        table.selectionModel().currentRowChanged.connect(self._keep_current)
        return table

    def _arrange(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        for layout in (top, bottom):
            layout.setSpacing(theme.SPACE // 2)
        top.addWidget(self.field, 1)
        top.addWidget(self.add_button)
        top.addWidget(self.more_button)
        bottom.addWidget(QLabel("New objects get"))
        bottom.addWidget(self.for_new, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(*[theme.SPACE] * 4)
        box.setSpacing(theme.SPACE)
        box.addLayout(top)
        box.addWidget(self.table, 1)
        box.addWidget(self.empty, 1)
        box.addLayout(bottom)

    # --- what is shown ------------------------------------------------------------------------

    def _show(self) -> None:
        labels = self._labels.list
        self.table.setVisible(bool(labels.labels))
        self.empty.setVisible(not labels.labels)
        self.for_new.clear()
        self.for_new.addItem(NOTHING, "")
        for name in labels.by_use:
            self.for_new.addItem(shortened(name, 28), name)
        self.for_new.setCurrentIndex(self.for_new.findData(labels.last_used) if labels.for_new else 0)
        self._search(self.field.text())

    def _search(self, text: str) -> None:
        self.model.search(text)
        name = clean_name(text)
        self.add_button.setEnabled(bool(name) and self._labels.list.named(name) is None)
        self.more_button.setEnabled(self.current is not None)

    def _show_current(self) -> None:
        row = self.model.row_of(self._current)
        if row is not None:
            self.table.setCurrentIndex(self.model.index(row, NAME))

    def _keep_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self._current = self.model.rows[index.row()].name
        self.more_button.setEnabled(index.isValid())

    # --- what is done -------------------------------------------------------------------------

    def _enter(self) -> None:
        """Add what was typed, or go to the label of that name."""
        if self.add_button.isEnabled():
            self._add()
        else:
            self._current = clean_name(self.field.text()) or self._current
            self.field.clear()
            self._show_current()
            self.table.setFocus()

    def _add(self) -> None:
        self._current = clean_name(self.field.text())
        self.field.clear()
        self._labels.add(self._current)

    def _click(self, index: QModelIndex) -> None:
        label = self.model.rows[index.row()]
        if index.column() in (COLOUR, KEY):
            menu = (colour_menu if index.column() == COLOUR else key_menu)(self._labels, label, self)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(self.table.viewport().mapToGlobal(self.table.visualRect(index).bottomLeft()))

    def _show_menu(self, at: QPoint) -> None:
        if self.table.indexAt(at).isValid() and self.current is not None:
            self.menu_of(self.current).popup(self.table.viewport().mapToGlobal(at))

    def _show_more(self) -> None:
        if self.current is not None:
            below = self.more_button.mapToGlobal(self.more_button.rect().bottomLeft())
            self.menu_of(self.current).popup(below)

    def _give(self) -> None:
        if self.current is not None:
            self.give_asked.emit(self.current.name)

    def _step(self, by: int) -> None:
        if self.current is not None and not self.field.text():
            self._labels.move(self.current.name, self.table.currentIndex().row() + by)

    def _choose_for_new(self, place: int) -> None:
        self._labels.give_new_objects(self.for_new.itemData(place))
        self.left.emit()


def _step(event: QKeyEvent) -> int:
    """Up (-1) or down (1) with Alt held; 0 for any other key."""
    if not event.modifiers() & Qt.KeyboardModifier.AltModifier:
        return 0
    return {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
