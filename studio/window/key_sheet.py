"""Every action with its keys, from the same table as the menus."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.window.action_table import MENUS
from studio.window.actions import Actions


class KeySheet(QDialog):
    """A searchable list: action, keys, and what it does."""

    def __init__(self, commands: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._commands = commands
        self.setWindowTitle("Keys")
        self.resize(760, 620)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find an action or a key")
        self.field.setClearButtonEnabled(True)
        self.field.setAccessibleName("Find an action or a key")
        self._groups: dict[str, QTreeWidgetItem] = {}
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Actions and keys")
        self.tree.setHeaderLabels(["Action", "Keys", "What it does"])
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        box = QVBoxLayout(self)
        box.addWidget(self.field)
        box.addWidget(self.tree)
        self.field.textChanged.connect(self._find)

    def popup(self) -> None:
        """Show it with the keys in force; not modal."""
        self._fill()
        self._find(self.field.text())
        self.show()
        self.raise_()
        self.field.setFocus()

    def _fill(self) -> None:
        self.tree.clear()
        native = QKeySequence.SequenceFormat.NativeText
        for menu in MENUS:
            group = QTreeWidgetItem(self.tree, [menu])
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setExpanded(True)
            self._groups[menu] = group
        for row, action in self._commands:
            keys = " or ".join(sequence.toString(native) for sequence in action.shortcuts())
            item = QTreeWidgetItem([row.title, keys, row.tip])  # as Undo's text names an edit
            item.setToolTip(2, row.tip)
            self._groups[row.path[0]].addChild(item)

    def _find(self, text: str) -> None:
        words = text.casefold().split()
        for group in self._groups.values():
            shown = 0
            for child in range(group.childCount()):
                item = group.child(child)
                row = " ".join(item.text(column) for column in range(3)).casefold()
                item.setHidden(not all(word in row for word in words))
                shown += not item.isHidden()
            group.setHidden(shown == 0)
