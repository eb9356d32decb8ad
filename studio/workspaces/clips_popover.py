"""The clips of a run in a list that opens over the window; one that is chosen is looked at in Curate."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from core.pairs.counting import Counts
from core.pretraining.run_material import RunMaterial
from studio import theme

WIDTH, HEIGHT = 320, 380
"""Pixels."""


class ClipsPopover(QFrame):
    """Clips by what they do in a run, with their tracks; letters filter them, Enter or a click opens one.

    Signals:
        chosen(str): the name of a clip.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("Clips of the run")
        self._filter = QLineEdit(placeholderText="Find a clip", clearButtonEnabled=True)
        self._filter.setAccessibleName("Find a clip")
        self.list = QTreeWidget()
        self.list.setHeaderHidden(True)
        self.list.setColumnCount(2)
        self.list.setAccessibleName("Clips of the run")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACE] * 4)
        layout.addWidget(self._filter)
        layout.addWidget(self.list)
        self.resize(WIDTH, HEIGHT)
        self._filter.textChanged.connect(self._find)
        self._filter.returnPressed.connect(lambda: self._choose(self.list.currentItem()))
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)

    def popup(self, corner: QPoint, material: RunMaterial) -> None:
        """Open with its upper right corner at a point of the screen."""
        assert material.split is not None  # the header offers no clips else
        self.list.clear()
        for title, names, counts in (
            ("Trains", material.split.training, material.training),
            ("Held out: only measured", material.split.held_out, material.held_out),
            ("Left out", material.split.left_out, Counts({})),
        ):
            if names:
                self._add_group(f"{title} ({len(names):,})", names, counts)
        self.list.resizeColumnToContents(0)
        self._filter.clear()
        self._find("")
        room = self.screen().availableGeometry()
        self.move(max(corner.x() - self.width(), room.left()), min(corner.y(), room.bottom() - self.height()))
        self.show()
        self._filter.setFocus()

    def _add_group(self, title: str, names: tuple[str, ...], counts: Counts) -> None:
        group = QTreeWidgetItem(self.list, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setFirstColumnSpanned(True)
        for name in names:
            found = [(kind, by_clip[name]) for kind, by_clip in counts.by_kind.items() if name in by_clip]
            words = ", ".join(f"{number:,} {kind}{'s' if number != 1 else ''}" for kind, number in found)
            QTreeWidgetItem(group, [name, words or "no tracks"]).setToolTip(0, name)
        group.setExpanded(True)

    def _clips(self) -> list[QTreeWidgetItem]:
        groups = [self.list.topLevelItem(place) for place in range(self.list.topLevelItemCount())]
        return [group.child(row) for group in groups if group for row in range(group.childCount())]

    def _find(self, text: str) -> None:
        shown = []
        for item in self._clips():
            item.setHidden(text.lower() not in item.text(0).lower())
            shown += [item] if not item.isHidden() else []
        if shown:
            self.list.setCurrentItem(shown[0])

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and item.parent() is not None and not item.isHidden():
            self.hide()
            self.chosen.emit(item.text(0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self._filter.hasFocus():
            self.list.setFocus()
        super().keyPressEvent(event)
