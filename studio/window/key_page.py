"""The page of the preferences where each action has its keys."""

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.forms.setting_editors import calm
from studio.window.action_table import MENUS, action_rows
from studio.window.key_field import KeyField
from studio.window.key_presets import PRESETS
from studio.window.key_strokes import native
from studio.window.keys import FIXED, Keys, KeyStore, refusal

ACTION, KEY, OTHER, BACK = range(4)
"""Columns."""

_ROW = Qt.ItemDataRole.UserRole
_HINT = "Click a key to change it: press the new one, Backspace for none, Esc to leave it."


class KeyPage(QWidget):
    """A list of all actions: a click on a key waits for another one.

    Signals:
        said(str): why a key was not taken, or whose it is.
    """

    said = Signal(str)

    def __init__(self, store: KeyStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._rows = {row.name: row for row in action_rows()}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: dict[str, QTreeWidgetItem] = {}
        self._recording: tuple[str, int] | None = None
        self._asked = ""  # the key of another action that was pressed once
        self.preset = QComboBox()
        self.preset.setAccessibleName("Keys as in")
        self.preset.addItems(list(PRESETS))
        calm(self.preset)
        as_in = QLabel("Keys as in")
        as_in.setBuddy(self.preset)
        self.search = QLineEdit(clearButtonEnabled=True)
        self.search.setPlaceholderText("Find an action or a key")
        self.search.setAccessibleName("Find an action or a key")
        self.tree = self._build_tree()
        self.message = QLabel(_HINT, wordWrap=True)
        self.message.setMinimumHeight(2 * self.message.fontMetrics().height())
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        top = QHBoxLayout()
        top.addWidget(as_in)
        top.addWidget(self.preset)
        top.addSpacing(theme.SPACE)
        top.addWidget(self.search, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(top)
        box.addWidget(self.tree, 1)
        box.addWidget(self.message)
        self.preset.activated.connect(self._choose_preset)
        self.search.textChanged.connect(self._find)
        self.tree.itemClicked.connect(self._act)
        self.tree.itemActivated.connect(self._act)
        store.changed.connect(self._show)
        self._show(store.now)

    def _build_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName("Actions and their keys")
        tree.setHeaderLabels(["Action", "Key", "Another key", ""])
        tree.setRootIsDecorated(False)
        tree.setAlternatingRowColors(True)
        tree.setUniformRowHeights(True)
        tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        tree.setProperty("role", "list")
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(ACTION, QHeaderView.ResizeMode.Stretch)
        for column, width in ((KEY, 130), (OTHER, 130), (BACK, 36)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        for menu in MENUS:
            group = self._groups[menu] = QTreeWidgetItem(tree, [menu])
            font = group.font(ACTION)
            font.setBold(True)
            group.setFont(ACTION, font)
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setSizeHint(ACTION, QSize(0, theme.TARGET))
            group.setFirstColumnSpanned(True)
            group.setExpanded(True)
        for row in self._rows.values():
            title = " ▸ ".join((*row.path[1:], row.title))
            item = self._items[row.name] = QTreeWidgetItem(self._groups[row.path[0]], [title])
            item.setData(ACTION, _ROW, row.name)
            item.setSizeHint(ACTION, QSize(0, theme.TARGET))
            item.setToolTip(ACTION, row.tip)
        return tree

    # --- what is shown ------------------------------------------------------------------------

    def _show(self, keys: Keys) -> None:
        self.preset.setCurrentText(keys.preset)
        now, base = keys.bindings(), keys.base().bindings()
        for name, item in self._items.items():
            shown = [native(key) for key in now[name]]
            changed = now[name] != base[name]
            item.setText(KEY, shown[0] if shown else "–")
            item.setText(OTHER, ", ".join(shown[1:]) or "–")
            item.setText(BACK, "↺" if changed else "")
            item.setTextAlignment(BACK, Qt.AlignmentFlag.AlignCenter)
            before = " or ".join(map(native, base[name])) or "no key"
            item.setToolTip(BACK, f"Back to {before}" if changed else "")
            font = item.font(ACTION)
            if font.bold() != changed:
                font.setBold(changed)
                item.setFont(ACTION, font)
        self._find(self.search.text())

    def _find(self, text: str) -> None:
        words = text.casefold().split()
        found = 0
        for menu, group in self._groups.items():
            shown = 0
            for place in range(group.childCount()):
                item = group.child(place)
                name = self._rows[item.data(ACTION, _ROW)]
                has = f"{menu} {item.text(ACTION)} {item.text(KEY)} {item.text(OTHER)} {name.tip}".casefold()
                item.setHidden(not all(word in has for word in words))
                shown += not item.isHidden()
            group.setHidden(shown == 0)
            found += shown
        if not found:
            self._say(f"No action and no key matches “{text.strip()}”.")
        elif self._recording is None:
            self._say("")

    def _say(self, text: str) -> None:
        self.message.setText(text or _HINT)
        theme.embolden(self.message, bool(text))
        if text:
            self.said.emit(text)

    # --- changing -----------------------------------------------------------------------------

    def _choose_preset(self) -> None:
        self._store.set(Keys(self.preset.currentText(), self._store.now.own))

    def _act(self, item: QTreeWidgetItem, column: int) -> None:
        name = item.data(ACTION, _ROW)
        if name is None or self._recording is not None:
            return
        if column == BACK and item.text(BACK):
            self._store.set(self._store.now.without(name))
        elif name in FIXED:
            self._say(refusal(self._rows[name], ""))
        elif column in (KEY, OTHER):
            self._record(name, column)

    def _record(self, name: str, column: int) -> None:
        """Wait for the key of an action."""
        self._recording, self._asked = (name, column), ""
        field = KeyField(self._rows[name].title)
        self.tree.setItemWidget(self._items[name], column, field)
        field.stroke.connect(self._take)
        field.cleared.connect(partial(self._put, ""))
        field.left.connect(self._stop)
        field.setFocus()
        self._say(f"Press the new key of “{self._rows[name].title}”; Backspace for none, Esc to leave it.")

    def _take(self, key: str) -> None:
        if self._recording is None:
            return
        name, _ = self._recording
        bindings = self._store.now.bindings()
        owner = next((one for one, keys in bindings.items() if one != name and key in keys), "")
        problem = refusal(self._rows[name], key)
        if problem:
            self._say(problem)
        elif owner and self._asked != key:
            self._asked = key
            title, shown = self._rows[owner].title, native(key)
            self._say(f"{shown} is “{title}”. Press {shown} again to take it from there, or another key.")
        else:
            self._put(key)

    def _put(self, key: str) -> None:
        """Give the action that waits its key, or none."""
        if self._recording is None:
            return
        name, column = self._recording
        self._stop()
        keys = list(self._store.now.bindings()[name])
        first, others = keys[:1], keys[1:]
        pressed = [key] if key else []
        self._store.set(
            self._store.now.with_keys(name, pressed + others if column == KEY else first + pressed)
        )

    def _stop(self) -> None:
        if self._recording is not None:
            (name, column), self._recording = self._recording, None
            field = self.tree.itemWidget(self._items[name], column)
            if field is not None:
                field.hide()  # it is deleted later
            self.tree.removeItemWidget(self._items[name], column)
            self.tree.setFocus()
            self._say("")
