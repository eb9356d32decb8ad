"""Give the selected tracks a label: the labels that were used last, what is typed, Enter."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from core.project.labels import LONGEST, Label, clean_name
from studio import theme
from studio.canvas.colours import swatch
from studio.labels.project_labels import ProjectLabels

NO_LABEL = "no label"
_WIDTH, _HEIGHT = 320, 300
_BESIDE = 100  # pixels that colour, key and scroll bar take beside a name
_NAME, _KEY = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


class LabelPopup(QFrame):
    """What stands in the field is what the tracks get; a name that is begun is completed behind the cursor.

    Signals:
        chosen(str): the label that they get; empty for none.
    """

    chosen = Signal(str)

    def __init__(self, labels: ProjectLabels, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._labels = labels
        self.setObjectName("label_popup")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.title, self.note = QLabel(), QLabel()
        self.title.setProperty("role", "heading")
        self.note.setProperty("quiet", True)
        self.field = QLineEdit(maxLength=LONGEST)
        self.field.setPlaceholderText("Label")
        self.field.setAccessibleName("Label")
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Labels")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setItemDelegate(_Line(self.list))
        box = QVBoxLayout(self)
        box.setContentsMargins(*[theme.SPACE] * 4)
        box.setSpacing(theme.SPACE // 2)
        for widget in (self.title, self.field, self.list, self.note):
            box.addWidget(widget)
        self.field.textEdited.connect(self._complete)
        self.field.textChanged.connect(self._show_note)
        self.field.returnPressed.connect(self._give)
        self.list.itemClicked.connect(self._click)
        self._have: frozenset[str] = frozenset()
        self._erasing = False

    def popup(self, over: QWidget, count: int, have: Sequence[str]) -> None:
        """Show it in the upper middle of a widget, for so many tracks and the labels that they have now."""
        self._have = frozenset(have)
        common = next(iter(self._have)) if len(self._have) == 1 else ""
        self.title.setText(f"Label of {count:,} tracks" if count > 1 else "Label of the track")
        self.field.setText(common or ("" if self._have - {""} else self._labels.list.last_used))
        self.field.setModified(False)
        self.field.selectAll()
        self._list("")
        self._show_note()
        width, height = min(_WIDTH, over.width() - 20), min(_HEIGHT, max(over.height() - 60, 160))
        corner = over.mapToGlobal(over.rect().topLeft())
        self.setGeometry(corner.x() + (over.width() - width) // 2, corner.y() + 40, width, height)
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self._erasing = event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
            by = _STEPS.get(Qt.Key(event.key()))
            if by is not None and self.list.count():
                row = self.list.currentRow() + by if self.list.currentRow() >= 0 else (by < 0) * 10**6
                self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
                self.field.setText(self.list.currentItem().data(_NAME))
                self.field.setModified(True)
                self.field.selectAll()
                return True
            if event.key() == Qt.Key.Key_Tab:
                self.field.end(False)  # takes what was completed
                return True
        return super().eventFilter(watched, event)

    def _complete(self, typed: str) -> None:
        """Complete a name that is begun, unless letters are being taken away; list what holds the letters."""
        self._list(typed)
        begun = typed.casefold()
        whole = next((name for name in self._labels.list.by_use if name.casefold().startswith(begun)), "")
        at_end = self.field.cursorPosition() == len(typed)
        if whole and typed.strip() and at_end and not self._erasing:
            self.field.setText(whole)
            self.field.setModified(True)
            self.field.setSelection(len(typed), len(whole) - len(typed))
        row = next((r for r in range(self.list.count()) if self.list.item(r).data(_NAME) == whole), -1)
        self.list.setCurrentRow(row if typed else -1)

    def _list(self, typed: str) -> None:
        labels, part = self._labels.list, typed.strip().casefold()
        self.list.clear()
        for name in labels.by_use:
            if part in name.casefold():
                label = labels.named(name)
                self._add(name, label)
        if not part and self._have - {""}:
            self._add("", None)

    def _add(self, name: str, label: Label | None) -> None:
        room, elide = self.fontMetrics(), Qt.TextElideMode.ElideRight
        item = QListWidgetItem(room.elidedText(name or NO_LABEL, elide, _WIDTH - _BESIDE))
        if label is not None:
            item.setIcon(swatch(QColor(label.colour)))
            item.setData(_KEY, label.key)
        item.setData(_NAME, name)
        item.setToolTip(name)
        item.setSizeHint(QSize(0, self.fontMetrics().height() + theme.SPACE))
        self.list.addItem(item)

    def _show_note(self) -> None:
        name = clean_name(self.field.text())
        if name and self._labels.list.named(name) is None:
            note = "Enter adds this label. Esc cancels."
        else:
            note = "Enter gives it. Esc cancels." if name else "Type, or choose with the arrow keys."
        self.note.setText(note)

    def _give(self) -> None:
        """What stands in the field; nothing typed and nothing there changes nothing."""
        name = clean_name(self.field.text())
        self.hide()
        if self._have != {name} and (name or self.field.isModified()):
            self.chosen.emit(name)

    def _click(self, item: QListWidgetItem) -> None:
        self.hide()
        if self._have != {item.data(_NAME)}:
            self.chosen.emit(item.data(_NAME))


class _Line(QStyledItemDelegate):
    """A label, with its number key on the right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        place = option.rect.adjusted(0, 0, -theme.SPACE, 0)
        super().paint(painter, option, index)
        role = option.palette.ColorRole
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(option.palette.color(role.HighlightedText if chosen else role.PlaceholderText))
        painter.drawText(
            place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, index.data(_KEY) or ""
        )
