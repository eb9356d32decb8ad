"""Find any action, clip, track or label by name, and run it or go there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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

from studio import icons, theme
from studio.window.action_table import ActionRow
from studio.window.actions import Actions

_WORK, _KEYS, _REASON = (Qt.ItemDataRole.UserRole + place for place in range(3))


@dataclass(frozen=True)
class Place:
    """Something to go to.

    Attributes:
        text: what it is, such as `Clip cars9`; about: more of it, in a few words.
        icon: a file of `resources/icons`.
        go: goes there.
    """

    text: str
    about: str
    icon: str
    go: Callable[[], object]


class CommandPalette(QFrame):
    """A field, and the actions and places that fit; actions that cannot be used now are grey and say why."""

    def __init__(self, commands: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._commands = commands
        self._places: Callable[[Sequence[str]], Sequence[Place]] | None = None
        self.setObjectName("command_palette")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.field = QLineEdit()
        self.field.setAccessibleName("Find an action or a place")
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Actions")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Line(self.list))
        self.list.setIconSize(QSize(theme.ICON, theme.ICON))
        self.nothing = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self.nothing.setProperty("quiet", True)
        box = QVBoxLayout(self)
        box.setContentsMargins(*[theme.SPACE] * 4)
        box.addWidget(self.field)
        box.addWidget(self.list, 1)
        box.addWidget(self.nothing, 1)
        self.set_places(None)
        self.field.textChanged.connect(self._find)
        self.field.returnPressed.connect(self._run)
        self.list.itemClicked.connect(self._run)

    def set_places(self, find: Callable[[Sequence[str]], Sequence[Place]] | None) -> None:
        """How places are found by the words of a name, in lower case; None where there are none."""
        self._places = find
        self.field.setPlaceholderText(
            "An action, a clip, a label, or the number of a track" if find else "What do you want to do?"
        )

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
        places = self._places(words) if self._places is not None and words else ()
        self.list.clear()
        if text.strip().isdecimal():  # the number of a track, before "10 frames forward"
            places = self._add_places(places)
        found = [(_rank(row, words), row) for row, _ in self._commands if row.name != "palette"]
        for rank, row in sorted(found, key=lambda pair: (pair[0], bool(self._commands.reason(pair[1].name)))):
            if rank < 9:
                self._add(row)
        self._add_places(places)
        self.list.setCurrentRow(0)
        self.list.setVisible(self.list.count() > 0)
        self.nothing.setVisible(self.list.count() == 0)
        self.nothing.setText(f"Nothing matches “{text.strip()}”.")

    def _add(self, row: ActionRow) -> None:
        action, reason = self._commands[row.name], self._commands.reason(row.name)
        text = action.text().replace("&", "")
        item = QListWidgetItem(action.icon(), f"{' ▸ '.join(row.path)} ▸ {text}")
        item.setData(_WORK, None if reason else action.trigger)
        item.setData(_KEYS, self._commands.key(row.name))
        item.setData(_REASON, reason)
        item.setToolTip(action.toolTip())
        if reason:
            item.setForeground(self.palette().placeholderText())
        self._append(item)

    def _add_places(self, places: Sequence[Place]) -> Sequence[Place]:
        """Add places; returns those that are left to add."""
        for place in places:
            item = QListWidgetItem(icons.icon(place.icon), place.text)
            item.setData(_WORK, place.go)
            item.setData(_REASON, place.about)
            self._append(item)
        return ()

    def _append(self, item: QListWidgetItem) -> None:
        item.setSizeHint(QSize(0, max(theme.TARGET, self.fontMetrics().height() + theme.SPACE)))
        self.list.addItem(item)

    def _run(self) -> None:
        item = self.list.currentItem()
        work = item.data(_WORK) if item is not None else None
        if work is not None:
            self.hide()
            work()


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
    if text.startswith(" ".join(words)):
        return 0
    if text.startswith(words[0]):
        return 1
    return 2 if all(word in text for word in words) else 3
