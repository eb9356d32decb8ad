"""The clips of a project, by data set, with what each is for and how far it is reviewed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QDesktopServices, QIcon, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.datasets.clip import Clip, Use
from core.datasets.readers import READERS, reader_title
from core.trajectories.clip_edits import VERBS, ChooseAnnotator, ChooseUse
from core.trajectories.store import ClipSummary
from studio import icons, theme
from studio.document import Document
from studio.view_state import ViewState

TITLES = ("Clip", "Frames", "Keyed", "Tracks", "Done")
TIPS = (
    "Data set and clip",
    "Frames it has",
    "Frames that hold a keyframe of an object",
    "Objects and points",
    "Share of tracks that were accepted or rejected",
)
REVIEWED_COLUMN = 4
_WIDTHS = (110, 54, 50, 56, 48)
"""Of the columns, in pixels: the least of the first, what the others begin with."""

_LEAVE_FIRST = (2, 1, REVIEWED_COLUMN)
"""Columns that are hidden, one after the other, where a narrow panel would cut the names of clips."""

_LONG = 60
"""Clips with which a group is closed at first, where it is not the only one."""

_USES = {
    Use.TRAIN: ("", "Trains"),
    Use.HELD_OUT: ("held_out", "Held out: it only measures what was learnt on the others"),
    Use.LEFT_OUT: ("left_out", "Left out: it neither trains nor measures"),
}
"""What a clip is for → its icon and its words; clips that train, as most do, have no icon."""

_CLIP, _SHARE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class ClipList(QWidget):
    """A tree of data sets and clips; the current one is the clip that is looked at.

    Signals:
        summaries_changed(list[ClipSummary]): the counts were read again.
        edit_asked(Edit): another annotator, or another use of the selected clips, was chosen.
    """

    summaries_changed = Signal(object)
    edit_asked = Signal(object)

    def __init__(self, document: Document, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Clips")
        self.tree.setColumnCount(len(TITLES))
        self.tree.setHeaderLabels(list(TITLES))
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setItemDelegateForColumn(REVIEWED_COLUMN, _Share(self.tree))
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(12)
        self.tree.setIconSize(QSize(14, 14))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in enumerate(_WIDTHS):
            self.tree.headerItem().setToolTip(column, TIPS[column])
            if column:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                header.resizeSection(column, width)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.tree)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._open_menu)
        self._items: dict[int, QTreeWidgetItem] = {}
        self.tree.currentItemChanged.connect(self._choose)
        self._wanted: int | None = None
        view.clip_changed.connect(self._follow)
        document.prepared.connect(self._turn_to)
        document.changed.connect(self.reload)
        self.summaries: list[ClipSummary] = []
        self.reload()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wanted = sum(_WIDTHS)
        for column in _LEAVE_FIRST:
            self.tree.setColumnHidden(column, wanted > self.width())
            wanted -= _WIDTHS[column] if wanted > self.width() else 0

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_items"):
            for item in self._items.values():
                icon, _ = _USES[item.data(0, _CLIP).use]
                item.setIcon(0, icons.icon(icon) if icon else QIcon())

    def reload(self) -> None:
        """Read the counts again; the tree is built again only when the clips changed."""
        self.summaries = self._document.clips()
        if {one.clip.id for one in self.summaries} != set(self._items):
            self._build()
        for one in self.summaries:
            item, tracks = self._items[one.clip.id], one.objects + one.points
            item.setData(0, _CLIP, one.clip)
            item.setText(0, one.clip.name)
            for column, number in enumerate((one.clip.frames, one.annotated, tracks), start=1):
                item.setText(column, f"{number:,}")
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            share = (one.accepted + one.rejected) / tracks if tracks else 0.0
            item.setData(REVIEWED_COLUMN, _SHARE, share)
            icon, words = _USES[one.clip.use]
            item.setIcon(0, icons.icon(icon) if icon else QIcon())
            size = f"{one.clip.name}, {one.clip.width} × {one.clip.height}"
            item.setToolTip(0, f"{size}\n{words}\n{one.clip.root}")
            item.setToolTip(3, f"{one.objects:,} objects, {one.points:,} points")
            item.setToolTip(REVIEWED_COLUMN, f"{one.accepted:,} accepted, {one.rejected:,} rejected")
        self._refresh_view()
        self.summaries_changed.emit(self.summaries)

    def _build(self) -> None:
        self.tree.blockSignals(True)
        self.tree.clear()
        self._items.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        titles = _group_titles([one.clip for one in self.summaries])
        counts = Counter(titles)
        for one, title in zip(self.summaries, titles, strict=True):
            group = groups.get(title)
            if group is None:
                count = counts[title]
                group = QTreeWidgetItem([title if count < _LONG else f"{title}, {count:,} clips"])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                groups[title] = group
                self.tree.addTopLevelItem(group)
                group.setExpanded(count < _LONG or len(counts) == 1)
                group.setFirstColumnSpanned(True)
            item = QTreeWidgetItem(group)
            self._items[one.clip.id] = item
        self.tree.blockSignals(False)

    def _refresh_view(self) -> None:
        """Look at a clip that is there: the same one as it is now, else the first."""
        clips = {one.clip.id: one.clip for one in self.summaries}
        current = self._view.clip
        if current is None or current.id not in clips:
            self._view.set_clip(None)
            for clip_id in list(clips)[:1]:
                self._look_at(clip_id)
        else:
            self._view.set_clip(clips[current.id])
        self._show_current()

    def _follow(self) -> None:
        self._wanted = None
        self._show_current()

    def _show_current(self) -> None:
        if self._wanted is not None:
            return  # it is shown as chosen already while its tracks are read
        item = self._items.get(self._view.clip.id) if self._view.clip is not None else None
        if item is not None and item is not self.tree.currentItem():
            self.tree.setCurrentItem(item)

    def menu_for(self, clip: Clip) -> QMenu:
        """What can be done with a clip: choose its annotator, where there are several, and what it is for,
        alone or with the others that are selected; open its folder."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        annotators = self._document.annotators(clip.id)
        for annotator in annotators if len(annotators) > 1 else ():
            action = menu.addAction(f"Objects of annotator {annotator + 1}")
            action.setCheckable(True)
            action.setChecked(annotator == clip.annotator)
            edit = ChooseAnnotator(clip.id, annotator)
            action.triggered.connect(lambda checked=False, edit=edit: self.edit_asked.emit(edit))
        menu.addSeparator()
        clips = self._chosen_with(clip)
        for use, verb in VERBS.items():
            action = menu.addAction(verb if len(clips) == 1 else f"{verb} {len(clips)} clips")
            action.setCheckable(True)
            action.setChecked(all(one.use is use for one in clips))
            action.triggered.connect(lambda checked=False, use=use: self._choose_use(clips, use))
        menu.addSeparator()
        folder = QUrl.fromLocalFile(str((clip.root / clip.files[0]).parent))
        menu.addAction("Open folder").triggered.connect(lambda: QDesktopServices.openUrl(folder))
        return menu

    def _chosen_with(self, clip: Clip) -> tuple[Clip, ...]:
        """The selected clips, if the clip is one of them; else the clip alone."""
        selected = [item.data(0, _CLIP) for item in self.tree.selectedItems()]
        return tuple(selected) if clip in selected else (clip,)

    def _choose_use(self, clips: tuple[Clip, ...], use: Use) -> None:
        others = tuple(replace(clip, use=use) for clip in clips if clip.use is not use)
        if others:
            self.edit_asked.emit(ChooseUse(others))

    def _open_menu(self, place: QPoint) -> None:
        item = self.tree.itemAt(place)
        clip = item.data(0, _CLIP) if item is not None else None
        if clip is not None:
            self.menu_for(clip).popup(self.tree.viewport().mapToGlobal(place))

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        clip = item.data(0, _CLIP) if item is not None else None
        if clip is not None:
            self._look_at(clip.id)

    def _look_at(self, clip_id: int) -> None:
        """Turn to a clip as soon as its tracks are read."""
        self._wanted = clip_id
        self._document.prepare(clip_id)

    def _turn_to(self, clip_id: int) -> None:
        clips = {one.clip.id: one.clip for one in self.summaries}
        if clip_id == self._wanted:
            self._wanted = None
            self._view.set_clip(clips.get(clip_id, self._view.clip))


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


class _Share(QStyledItemDelegate):
    """A thin bar: the share of a clip's tracks that was reviewed."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        share = index.data(_SHARE)
        if share is None:
            return
        c = theme.colours()
        area = QRectF(option.rect).adjusted(6, 0, -6, 0)
        bar = QRectF(area.left(), area.center().y() - 2, area.width(), 4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.border))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(QColor(c.good))
        bar.setWidth(max(bar.width() * share, 4.0 if share > 0 else 0.0))
        painter.drawRoundedRect(bar, 2, 2)
        painter.restore()
