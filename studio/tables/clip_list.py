"""The clips of a project, by data set, with what each is for and how far it is reviewed."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from core.datasets.clip import Clip, Use
from core.datasets.folder import natural_key
from core.trajectories.clip_edits import VERBS, ChooseAnnotator, ChooseUse, RemoveClips, RenameClip
from core.trajectories.store import ClipSummary
from studio import icons, lookups, theme
from studio.document import Document
from studio.elided_label import ElidedLabel
from studio.tables.clip_cells import NAME, USES, clip_of
from studio.tables.clip_pictures import ClipPictures
from studio.tables.clip_tree import ClipTree
from studio.tables.search_field import SearchField
from studio.view_state import ViewState

_NONE_YET = (
    "No clips yet. Drop a folder of frames, a data set or a video on the window, or use the menu File."
)


_by_number = lru_cache(8192)(natural_key)
"""Orders names; every edit asks for the same ones."""


class ClipList(QWidget):
    """A search field above a tree of data sets and clips; the current one is the clip that is looked at.

    Signals:
        summaries_changed(list[ClipSummary]): the counts were read again.
        chosen_changed(): other clips are selected.
        edit_asked(Edit): a name, an annotator or a use was chosen, or clips are to be removed.
        left(): Enter or Escape was pressed: keys belong to the canvas again.
    """

    summaries_changed = Signal(object)
    chosen_changed = Signal()
    edit_asked = Signal(object)
    left = Signal()

    def __init__(
        self, document: Document, view: ViewState, first: int | None = None, parent: QWidget | None = None
    ) -> None:
        """`first`: the id of the clip that is looked at first, where it is not the first of all."""
        super().__init__(parent)
        self._document, self._view, self._first = document, view, first
        self.pictures = ClipPictures(document.project.cache / "thumbnails", self)
        self.tree = ClipTree(self.pictures)
        self.field = SearchField("Find clips", "Find clips by name or data set")
        self._count = ElidedLabel()
        self._count.setProperty("quiet", True)
        self._empty = QLabel(_NONE_YET, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._empty.setProperty("quiet", True)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.tree)
        self._pages.addWidget(self._empty)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.SPACE // 2, 0, theme.SPACE // 2)
        box.setSpacing(theme.SPACE // 2)
        for widget in (self.field, self._pages, self._count):
            row = QVBoxLayout()
            row.setContentsMargins(*(0 if widget is self._pages else theme.SPACE // 2, 0) * 2)
            row.addWidget(widget)
            box.addLayout(row)
        self._actions: Sequence[QAction | None] = ()
        self._wanted: int | None = None
        self.tree.currentItemChanged.connect(self._choose)
        self.tree.itemSelectionChanged.connect(self._tell_chosen)
        self.tree.menu_asked.connect(self._open_menu)
        self.tree.use_asked.connect(self._open_uses)
        self.tree.cells.renamed.connect(lambda clip, name: self.edit_asked.emit(RenameClip(clip, name)))
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._go_to_found)
        self.field.stepped.connect(self.tree.setFocus)
        self.field.escaped.connect(self.left)
        view.clip_changed.connect(self._follow)
        document.prepared.connect(self._turn_to)
        document.changed.connect(self.reload)
        self.summaries: list[ClipSummary] = []
        self.reload()

    def set_actions(self, actions: Sequence[QAction | None]) -> None:
        """Actions at the end of a clip's menu; None for a line between."""
        self._actions = actions

    def close_reader(self) -> None:
        """Wait for the thread that makes pictures."""
        self.pictures.close_reader()

    @property
    def chosen(self) -> list[Clip]:
        """The clips that are selected, from above; where there are none, the one that is looked at."""
        return self.tree.chosen() or ([self._view.clip] if self._view.clip is not None else [])

    @property
    def current(self) -> Clip | None:
        """The clip whose row has the focus; it is looked at as soon as its tracks are read."""
        return self.tree.current_clip() or self._view.clip

    def select_all(self) -> None:
        """Select every clip that the search leaves."""
        shown = [clip_of(row) for row in self.tree.in_order() if not row.isHidden()]
        self.tree.choose([clip.id for clip in shown if clip], self._current_id())
        self._tell_chosen()

    def rename(self) -> None:
        """Have another name typed for the current clip."""
        row = self.tree.rows.get(self._current_id() or 0)
        if row is not None:
            self.field.clear()
            self.tree.reveal([self._current_id() or 0])
            self.tree.setFocus()
            self.tree.editItem(row, NAME)

    def removal(self) -> RemoveClips:
        """The edit that removes the selected clips."""
        chosen = self.chosen
        ids = {clip.id for clip in chosen}
        tracks = sum(one.objects + one.points for one in self.summaries if one.clip.id in ids)
        return RemoveClips(tuple(chosen), tracks)

    def choose_use(self, use: Use) -> None:
        """Let the selected clips be used so, those that are not yet."""
        self._choose_use(self.chosen, use)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "tree"):
            self.tree.retint()

    def reload(self) -> None:
        """Read the counts again; rows are made again only when there are other clips."""
        known = set(self.tree.rows)
        self.summaries = sorted(self._document.clips(), key=lambda one: _by_number(one.clip.name))
        order: list[int] = []
        if known != {one.clip.id for one in self.summaries}:
            order = [clip.id for clip in map(clip_of, self.tree.in_order()) if clip is not None]
        self.tree.show_clips(self.summaries)
        arrived = [one.clip.id for one in self.summaries if one.clip.id not in known] if known else []
        self._refresh_view(order, arrived)
        self._tell_chosen()
        self.summaries_changed.emit(self.summaries)

    def _refresh_view(self, order: Sequence[int], arrived: Sequence[int]) -> None:
        """Look at a clip that has just come, else at the same one as it is now, else at its neighbour."""
        clips = {one.clip.id: one.clip for one in self.summaries}
        current = self._view.clip
        if current is not None and current.id in clips:
            self._view.set_clip(clips[current.id])
            if arrived:
                self._show_arrived(arrived)
        else:
            self._view.set_clip(None)
            near = _neighbours(order, current.id) if current is not None else []
            there = [id for id in (*arrived, *near, self._first, *clips) if id in clips]
            if arrived:
                self._show_arrived(arrived)
            elif there:
                self._look_at(there[0])
        self._show_current()

    def _show_arrived(self, ids: Sequence[int]) -> None:
        """Select clips that have just come, and look at the first of them."""
        self.field.clear()
        rows = [row for row in self.tree.in_order() if (clip := clip_of(row)) and clip.id in ids]
        in_order = [clip.id for row in rows if (clip := clip_of(row))]
        self.tree.choose(in_order, in_order[0])
        self.tree.reveal(in_order)
        self._look_at(in_order[0])

    def _follow(self) -> None:
        self._wanted = None
        self._show_current()

    def _show_current(self) -> None:
        if self._wanted is not None:
            return  # it is shown as chosen already while its tracks are read
        row = self.tree.rows.get(self._view.clip.id) if self._view.clip is not None else None
        if row is not None and row is not self.tree.currentItem():
            self.tree.look_at(row)

    def menu_for(self, clip: Clip) -> QMenu:
        """What can be done with a clip: choose its annotator, where there are several, and what it is for,
        alone or with the others that are selected; then the actions of the window."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        annotators = lookups.annotators(self._document.project, clip.id)
        for annotator in annotators if len(annotators) > 1 else ():
            action = menu.addAction(f"Objects of annotator {annotator + 1}")
            action.setCheckable(True)
            action.setChecked(annotator == clip.annotator)
            edit = ChooseAnnotator(clip.id, annotator)
            action.triggered.connect(lambda checked=False, edit=edit: self.edit_asked.emit(edit))
        menu.addSeparator()
        self._add_uses(menu, self._chosen_with(clip))
        for given in self._actions:
            if given is None:
                menu.addSeparator()
            else:
                menu.addAction(given)
        return menu

    def _chosen_with(self, clip: Clip) -> list[Clip]:
        """The selected clips, if the clip is one of them; else the clip alone."""
        return chosen if clip in (chosen := self.chosen) else [clip]

    def _add_uses(self, menu: QMenu, clips: Sequence[Clip]) -> None:
        for use, verb in VERBS.items():
            _, icon, sentence = USES[use]
            action = menu.addAction(verb if len(clips) == 1 else f"{verb} {len(clips):,} clips")
            if icon:
                icons.set_icon(action, icon)
            action.setToolTip(sentence)
            action.setCheckable(True)
            action.setChecked(all(one.use is use for one in clips))
            action.triggered.connect(lambda checked=False, use=use: self._choose_use(clips, use))

    def _choose_use(self, clips: Sequence[Clip], use: Use) -> None:
        others = tuple(replace(clip, use=use) for clip in clips if clip.use is not use)
        if others:
            self.edit_asked.emit(ChooseUse(others))

    def _open_menu(self, place: QPoint) -> None:
        clip = self.tree.current_clip()
        if clip is not None:
            self.menu_for(clip).popup(place)

    def _open_uses(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self._add_uses(menu, self.chosen)
        menu.popup(place)

    def _search(self, text: str) -> None:
        self.tree.search(text)
        self._tell_chosen()

    def _go_to_found(self) -> None:
        """Look at the first clip that the search leaves."""
        found = [row for row in self.tree.in_order() if not row.isHidden()]
        if found:
            self.tree.look_at(found[0])
            self.left.emit()

    def _tell_chosen(self) -> None:
        """Say how many clips there are, and how many of them are selected."""
        total, chosen = len(self.summaries), self.tree.chosen()
        found = any(not row.isHidden() for row in self.tree.in_order())
        text = self.field.text().strip()
        self._empty.setText(f"No clip has “{text}” in its name or its data set's." if total else _NONE_YET)
        self._pages.setCurrentWidget(self.tree if found else self._empty)
        self.field.setVisible(total > 0)
        self._count.setVisible(total > 0)
        several = len(chosen) > 1
        clips = chosen if several else [one.clip for one in self.summaries]
        frames = sum(clip.frames for clip in clips)
        of = f"{len(chosen):,} of " if several else ""
        words = f"{of}{total:,} clip{'s' if total != 1 else ''}{' selected' if several else ''}"
        self._count.show_text(f"{words} · {frames:,} frame{'s' if frames != 1 else ''}")
        self.chosen_changed.emit()

    def _choose(self) -> None:
        clip = self.tree.current_clip()
        if clip is not None:
            self._look_at(clip.id)

    def _current_id(self) -> int | None:
        clip = self.current
        return clip.id if clip is not None else None

    def _look_at(self, clip_id: int) -> None:
        """Turn to a clip as soon as its tracks are read."""
        self._wanted = clip_id
        self._document.prepare(clip_id)

    def _turn_to(self, clip_id: int) -> None:
        clips = {one.clip.id: one.clip for one in self.summaries}
        if clip_id == self._wanted:
            self._wanted = None
            self._view.set_clip(clips.get(clip_id, self._view.clip))


def _neighbours(order: Sequence[int], id: int) -> list[int]:
    """Those after one, then those before it from near to far."""
    place = order.index(id) if id in order else 0
    return [*order[place + 1 :], *reversed(order[:place])]
