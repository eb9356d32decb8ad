"""Find any action by name and run it."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
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

from studio import theme
from studio.window.action_table import ActionRow
from studio.window.actions import Actions

_ROW, _KEYS, _REASON = (Qt.ItemDataRole.UserRole + place for place in range(3))


class CommandPalette(QFrame):
    """A field and the actions that fit; those that cannot be used now are grey and say why."""

    def __init__(self, commands: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._commands = commands
        self.setObjectName("command_palette")
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.setAccessibleName("Find an action")
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Actions")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Line(self.list))
        self.list.setIconSize(QSize(theme.ICON, theme.ICON))
        box = QVBoxLayout(self)
        box.setContentsMargins(*[theme.SPACE] * 4)
        box.addWidget(self.field)
        box.addWidget(self.list)
        self.nothing = QLabel("No action has these words in its name, menu or tip.", self.list)
        self.nothing.setProperty("quiet", True)
        self.nothing.move(2 * theme.SPACE, 2 * theme.SPACE)
        self.field.textChanged.connect(self._find)
        self.field.returnPressed.connect(self._run)
        self.list.itemClicked.connect(self._run)

    def popup(self) -> None:
        """Show it in the upper middle of the window."""
        window = self.parentWidget()
        assert window is not None
        width, height = min(620, window.width() - 40), min(420, window.height() - 80)
        corner = window.mapToGlobal(window.rect().topLeft())
        self.setGeometry(corner.x() + (window.width() - width) // 2, corner.y() + 70, width, height)
        self.field.clear()
        self._find("")
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            by = step.get(Qt.Key(event.key()))
            if by is not None and self.list.count():
                row = min(max(self.list.currentRow() + by, 0), self.list.count() - 1)
                self.list.setCurrentRow(row)
                return True
        return False

    def _find(self, text: str) -> None:
        words = text.casefold().split()
        self.list.clear()
        found = [(_rank(row, words), row) for row, _ in self._commands if row.name != "palette"]
        for rank, row in sorted(found, key=lambda pair: (pair[0], bool(self._commands.reason(pair[1].name)))):
            if rank < 9:
                self._add(row)
        self.list.setCurrentRow(0)
        self.nothing.setVisible(self.list.count() == 0)

    def _add(self, row: ActionRow) -> None:
        action, reason = self._commands[row.name], self._commands.reason(row.name)
        text = action.text().replace("&", "")
        item = QListWidgetItem(action.icon(), f"{' ▸ '.join(row.path)} ▸ {text}")
        item.setData(_ROW, row.name)
        item.setData(_KEYS, action.shortcut().toString(action.shortcut().SequenceFormat.NativeText))
        item.setData(_REASON, reason)
        item.setToolTip(action.toolTip())
        item.setSizeHint(QSize(0, self.fontMetrics().height() + theme.SPACE))
        if reason:
            item.setForeground(self.palette().placeholderText())
        self.list.addItem(item)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is not None and self._commands[item.data(_ROW)].isEnabled():
            self.hide()
            self._commands[item.data(_ROW)].trigger()


class _Line(QStyledItemDelegate):
    """An action with its keys, or why it cannot be used now, on the right."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        option.decorationSize = QSize(theme.ICON, theme.ICON)
        option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        role = option.palette.ColorRole
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(option.palette.color(role.HighlightedText if chosen else role.PlaceholderText))
        text = index.data(_REASON) or index.data(_KEYS)
        place = option.rect.adjusted(0, 0, -theme.SPACE, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def _rank(row: ActionRow, words: list[str]) -> int:
    """How well an action fits: 0 best, 9 not at all."""
    text = row.text.replace("&", "").casefold()
    everything = f"{text} {row.menu.casefold()} {row.tip.casefold()} {row.name.replace('_', ' ')}"
    if not all(word in everything for word in words):
        return 9
    if words and text.startswith(words[0]):
        return 0
    return 1 if all(word in text for word in words) else 2
