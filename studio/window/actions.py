"""The actions of the table: each has one QAction, its work, and a reason while it cannot be used.

Qt drops the key of an action that is disabled without a word. So each key belongs to a second shortcut as
well, which answers while its action cannot be used, and says why.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QKeyCombination
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from studio import icons
from studio.window.action_table import MENUS, ActionRow, action_rows
from studio.window.keys import Bindings

_KEY_OF = re.compile(r" \(\{(\w+)\}\)")


LONGEST = 60
"""Letters of an action's name: a menu is as wide as the longest."""


class Actions:
    """The actions of the table; `connect` gives one its work."""

    def __init__(self, parent: QWidget, say: Callable[[str], object]) -> None:
        """`say`: shows a sentence: why what was asked for by a key cannot be done."""
        self._say = say
        self._rows = {row.name: row for row in action_rows()}
        self._actions: dict[str, QAction] = {}
        self._reasons: dict[str, str] = {}
        self._slots: dict[str, Callable[[], object]] = {}
        self._curating, self._seen = True, False
        self._renew: Callable[[], None] | None = None
        self._answers: dict[str, QShortcut] = {}
        self._menus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        for row in self._rows.values():
            action = QAction(row.text, parent)
            action.setObjectName(row.name)
            action.setCheckable(bool(row.group))
            if row.group and row.group != "*":
                if row.group not in self._groups:
                    self._groups[row.group] = QActionGroup(parent)
                self._groups[row.group].addAction(action)
            if row.icon:
                icons.set_icon(action, row.icon, on_accent=row.group == "workspace")
                action.setIconVisibleInMenu(not row.group)  # there a tick says what is on
            action.triggered.connect(partial(self._run, row.name))
            self._actions[row.name] = action
            parent.addAction(action)
            answer = self._answers[row.name] = QShortcut(parent)
            answer.activated.connect(partial(self._meet, row.name))
        self.set_keys({row.name: row.keys for row in self._rows.values()})

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[tuple[ActionRow, QAction]]:
        return ((row, self._actions[row.name]) for row in self._rows.values())

    def set_keys(self, bindings: Bindings) -> None:
        """Give every action its keys."""
        for row in self._rows.values():
            sequences = [QKeySequence(key) for key in bindings[row.name]]
            self._actions[row.name].setShortcuts(sequences)
            self._answers[row.name].setKeys(sequences)
        for row in self._rows.values():  # a reason may name the keys of another
            self._refresh(row)

    def key(self, name: str) -> str:
        """The first key of an action, as this platform writes it; empty where it has none."""
        return self._actions[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def connect(self, name: str, slot: Callable[[], object]) -> None:
        """What the action does from now on."""
        self._slots[name] = slot

    def release(self, name: str) -> None:
        """The action does nothing any more, and is called as it was at first."""
        self._slots.pop(name, None)
        self.set_text(name, self._rows[name].text)

    def set_refused(self, reasons: dict[str, str]) -> None:
        """Enable or disable actions: name → why it cannot be used now, empty where it can.

        In a reason ` ({action})` stands for the key of an action, whichever it has.
        """
        for row in self._rows.values():
            if row.name in reasons and self._reasons.get(row.name, "") != reasons[row.name]:
                self._reasons[row.name] = reasons[row.name]
                self._refresh(row)

    def set_curating(self, curating: bool) -> None:
        """Whether the actions of the workspace Curate can be used, and their keys say why not where not.

        Elsewhere lists and fields need the same keys.
        """
        self._curating = self._seen = curating
        for row in self._rows.values():
            if row.curating:
                self._refresh(row)

    def leave_curate(self) -> None:
        """The keys of Curate belong to what is shown in its place, such as the welcome page."""
        self._seen = False
        for row in self._rows.values():
            self._refresh(row)

    def renew_with(self, renew: Callable[[], None] | None) -> None:
        """How reasons are found again before a key of Curate is answered: they lag behind what is seen."""
        self._renew = renew

    def say(self, text: str) -> None:
        """Say a sentence in which ` ({action})` stands for the key of an action, whichever it has."""
        self._say(self.with_keys(text))

    def tell(self, name: str) -> None:
        """Say why an action cannot be used; nothing where it can."""
        reason = self._reason_now(name)
        if reason:
            self.say(reason)

    def tell_of_key(self, keys: QKeyCombination) -> None:
        """Say why the action of a key that nothing took cannot be used."""
        pressed = QKeySequence(keys)
        for name, action in self._actions.items():
            if pressed in action.shortcuts():
                self.tell(name)

    def reason(self, name: str) -> str:
        """Why an action cannot be used now; empty where it can."""
        row = self._rows[name]
        if row.curating and not self._curating:
            return self.with_keys("Only in the workspace Curate ({curate}).")
        return self.with_keys(self._reasons.get(name, ""))

    def set_text(self, name: str, text: str) -> None:
        """Rename an action for what it would do now, such as “Undo Split track 17”."""
        if len(text) > LONGEST:
            text = f"{text[: LONGEST - 1].rstrip()}…"
        if self._actions[name].text() != text:
            self._actions[name].setText(text)
            self._refresh(self._rows[name])

    def fill(self, bar: QMenuBar) -> None:
        """Make the menus."""
        menus = self._menus = {name: bar.addMenu(title) for name, title in MENUS.items()}
        for row in self._rows.values():
            path = row.menu.removeprefix("|")
            parent = menus[path.split("/")[0]]
            if row.menu.startswith("|"):
                parent.addSeparator()
            if path not in menus:
                menus[path] = parent.addMenu(path.split("/")[1])
            menus[path].addAction(self._actions[row.name])
            menus[path].setToolTipsVisible(True)

    def menu(self, path: str) -> QMenu:
        """A menu of the menu bar, such as `View/Layers`."""
        return self._menus[path]

    def insert_menu(self, menu: QMenu, before: str) -> None:
        """Put a menu of something else before an action."""
        for top in self._menus.values():
            if self._actions[before] in top.actions():
                top.insertMenu(self._actions[before], menu)

    def with_keys(self, text: str) -> str:
        """A sentence in which ` ({action})` stands for its key, if it has one."""
        for shown in set(_KEY_OF.findall(text)) & set(self._rows):
            key = self.key(shown)
            text = text.replace(f" ({{{shown}}})", f" ({key})" if key else "")
        return text

    def _meet(self, name: str) -> None:
        """A key of an action that could not be used a moment ago."""
        self.tell(name)
        if not self.reason(name):
            self._actions[name].trigger()

    def _run(self, name: str, checked: bool = False) -> None:
        slot = self._slots.get(name)
        self.tell(name)
        if slot is not None and not self.reason(name):
            slot()

    def _reason_now(self, name: str) -> str:
        if self._rows[name].curating and self._renew is not None:
            self._renew()
        return self.reason(name)

    def _refresh(self, row: ActionRow) -> None:
        action, reason = self._actions[row.name], self.reason(row.name)
        action.setEnabled(not reason)
        self._answers[row.name].setEnabled(bool(reason) and (self._seen or not row.curating))
        text = action.text().replace("&", "").removesuffix("…")
        keys = self.key(row.name)
        title = f"{text} ({keys})" if keys else text
        action.setToolTip("\n".join(part for part in (title, row.tip, reason) if part))
