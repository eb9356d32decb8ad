"""The tree of data sets and clips: groups, rows in order, what a search leaves."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from core.datasets.clip import Clip
from core.datasets.folder import natural_key
from core.datasets.readers import READERS, reader_title
from core.trajectories.store import ClipSummary
from studio.tables.clip_cells import (
    FRAMES,
    KEYFRAMES,
    NAME,
    PICTURE,
    REVIEWED,
    TIPS,
    TITLES,
    TRACKS,
    USE,
    ClipCells,
    ClipItem,
    clip_of,
)
from studio.tables.clip_pictures import ClipPictures

WIDTHS = (170, 90, 54, 76, 52, 66)
"""Of the columns, in pixels: the least of the first, what the others begin with."""

LEAVE_FIRST = (KEYFRAMES, FRAMES, REVIEWED)
"""Columns that are hidden, one after the other, where a narrow panel would cut the names of clips."""

LEAST_NAME = 110
"""Pixels of a name below which the count of tracks goes, too; it is in the tool tip and the track table."""

LEAST_USE = 66
"""Pixels of the column of uses there."""

LONG = 60
"""Clips with which a group is closed at first, where it is not the only one."""


class ClipTree(QTreeWidget):
    """Rows of clips below their data sets; several can be selected.

    Signals:
        use_asked(QPoint): the cell of a clip's use was clicked; below it, of the screen.
        menu_asked(QPoint): of the current clip; where, of the screen.
    """

    use_asked = Signal(QPoint)
    menu_asked = Signal(QPoint)

    def __init__(self, pictures: ClipPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Clips")
        self.setColumnCount(len(TITLES))
        self.setHeaderLabels(list(TITLES))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.cells = ClipCells(pictures, self)
        self.setItemDelegate(self.cells)
        self.setUniformRowHeights(True)
        self.setIndentation(12)
        self.setIconSize(PICTURE)
        self._rows: dict[int, ClipItem] = {}
        self._pressed: QTreeWidgetItem | None = None
        self._open_before: dict[str, bool] | None = None  # groups, while a search opens them
        self._words: list[str] = []
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(NAME, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self._sort)
        for column, width in enumerate(WIDTHS):
            self.headerItem().setToolTip(column, TIPS[column])
            if column:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                header.resizeSection(column, width)
        pictures.arrived.connect(self.viewport().update)

    @property
    def rows(self) -> dict[int, ClipItem]:
        """Id of a clip → its row, as they were shown first."""
        return self._rows

    def show_clips(self, summaries: Sequence[ClipSummary]) -> None:
        """Show clips with their counts; rows are made again only when there are others."""
        if {one.clip.id for one in summaries} != set(self._rows):
            chosen, current = self.chosen_ids(), self.current_clip()
            self._build(summaries)
            self.choose(chosen, current.id if current is not None else None)
        if any([self._rows[one.clip.id].show(one) for one in summaries]):
            self._sort()
            self._hide_others()

    def chosen_ids(self) -> list[int]:
        """The clips that are selected, from above."""
        return [clip.id for clip in self.chosen()]

    def chosen(self) -> list[Clip]:
        """The clips that are selected, from above."""
        clips = [(item, clip_of(item)) for item in self.in_order()]
        return [clip for item, clip in clips if clip is not None and item.isSelected()]

    def current_clip(self) -> Clip | None:
        """The clip of the row that has the focus."""
        return clip_of(self.currentItem())

    def look_at(self, row: QTreeWidgetItem) -> None:
        """Go to a row and select it alone: `Ctrl`, which is held for an undo, must not add it to others."""
        flag = QItemSelectionModel.SelectionFlag
        self.setCurrentItem(row, NAME, flag.ClearAndSelect | flag.Rows)

    def choose(self, ids: Collection[int], current: int | None = None) -> None:
        """Select clips that are there, and go to one of them, without a word to anybody."""
        self.blockSignals(True)
        if current in self._rows:
            self.setCurrentItem(self._rows[current], NAME, QItemSelectionModel.SelectionFlag.NoUpdate)
        selection, flag = QItemSelection(), QItemSelectionModel.SelectionFlag
        for index in (self.indexFromItem(self._rows[id]) for id in ids if id in self._rows):
            selection.select(index, index)
        self.selectionModel().select(selection, flag.ClearAndSelect | flag.Rows)
        self.blockSignals(False)

    def in_order(self) -> list[ClipItem]:
        """The rows of all clips, from above."""
        groups = [self.topLevelItem(place) for place in range(self.topLevelItemCount())]
        rows = [group.child(place) for group in groups if group for place in range(group.childCount())]
        return [row for row in rows if isinstance(row, ClipItem)]

    def reveal(self, ids: Sequence[int]) -> None:
        """Open the groups of some clips and scroll to the first."""
        for id in reversed(ids):
            self._rows[id].parent().setExpanded(True)
            self.scrollToItem(self._rows[id])

    def search(self, text: str) -> list[ClipItem]:
        """Show only clips whose name, or whose data set's, holds every word; gives them."""
        self._words = text.casefold().split()
        groups = [self.topLevelItem(place) for place in range(self.topLevelItemCount())]
        if self._words and self._open_before is None:
            self._open_before = {group.text(NAME): group.isExpanded() for group in groups if group}
        found = self._hide_others()
        for group in groups:
            if group is None:
                continue
            if self._words:
                group.setExpanded(True)
            elif self._open_before is not None:
                group.setExpanded(self._open_before.get(group.text(NAME), True))
        if not self._words:
            self._open_before = None
        return found

    def retint(self) -> None:
        """Draw icons in the colours of the palette."""
        for row in self._rows.values():
            row.retint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wanted = sum(WIDTHS)
        for column in LEAVE_FIRST:
            self.setColumnHidden(column, wanted > self.width())
            wanted -= WIDTHS[column] if wanted > self.width() else 0
        narrow = LEAST_NAME + WIDTHS[USE] + WIDTHS[TRACKS] > self.width()
        if narrow != self.isColumnHidden(TRACKS):
            self.setColumnHidden(TRACKS, narrow)
            self.header().resizeSection(USE, LEAST_USE if narrow else WIDTHS[USE])

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        item = self.currentItem() if by_key else self.itemAt(event.pos())
        if item is not None and clip_of(item) is not None:
            place = self.visualItemRect(item).bottomLeft() if by_key else event.pos()
            self.menu_asked.emit(self.viewport().mapToGlobal(place))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        on_use = self.columnAt(int(event.position().x())) == USE and clip_of(item) is not None
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = item if on_use and plain and left else None
        if self._pressed is None or not self._pressed.isSelected():  # else all that is selected stays so
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        item = self.itemAt(event.position().toPoint())
        if pressed is None:
            super().mouseReleaseEvent(event)
        elif item is pressed and self.columnAt(int(event.position().x())) == USE:
            corner = self.visualItemRect(item).bottomLeft()
            corner.setX(self.columnViewportPosition(USE))
            self.use_asked.emit(self.viewport().mapToGlobal(corner))

    def _build(self, summaries: Sequence[ClipSummary]) -> None:
        self.blockSignals(True)
        was_open = {group.text(NAME): group.isExpanded() for group in self._groups()}
        self.clear()
        self._rows.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        titles = _group_titles([one.clip for one in summaries])
        counts = Counter(titles)
        for title in sorted(counts, key=natural_key):
            count = counts[title]
            text = f"{title}, {count:,} clips" if count > 1 else title
            groups[title] = group = QTreeWidgetItem([text])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setToolTip(NAME, text)
            self.addTopLevelItem(group)
            group.setExpanded(was_open.get(text, count < LONG or len(counts) == 1))
            group.setFirstColumnSpanned(True)
        for one, title in zip(summaries, titles, strict=True):
            self._rows[one.clip.id] = ClipItem(groups[title])
        self.blockSignals(False)

    def _groups(self) -> list[QTreeWidgetItem]:
        groups = [self.topLevelItem(place) for place in range(self.topLevelItemCount())]
        return [group for group in groups if group is not None]

    def _sort(self) -> None:
        column, order = self.header().sortIndicatorSection(), self.header().sortIndicatorOrder()
        for row in self._rows.values():
            row.order_by(column)
        for group in self._groups():
            group.sortChildren(column, order)

    def _hide_others(self) -> list[ClipItem]:
        found = []
        for group in self._groups():
            for place in range(group.childCount()):
                row = group.child(place)
                text = f"{row.text(NAME)} {group.text(NAME)}".casefold()
                row.setHidden(not all(word in text for word in self._words))
                found += [row] if isinstance(row, ClipItem) and not row.isHidden() else []
            group.setHidden(all(group.child(place).isHidden() for place in range(group.childCount())))
        return found


def _group_titles(clips: Sequence[Clip]) -> list[str]:
    """What each clip stands under: its data set, and the folder where several hold clips of that data set."""
    roots: dict[str, set[Path]] = {}
    for clip in clips:
        roots.setdefault(clip.dataset, set()).add(clip.root)

    def title(clip: Clip) -> str:
        reader = READERS.get(clip.dataset)
        folders = roots[clip.dataset] if reader is not None and reader.is_data_set else ()
        of_data_set = reader_title(clip.dataset)
        return f"{of_data_set}: {clip.root.name}" if len(folders) > 1 else of_data_set

    return [title(clip) for clip in clips]
