"""What of a project goes out: which tracks, clips, frames, kinds and reviews."""

import contextlib
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QWidget,
)

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.choice import KEPT, Choice
from core.trajectories.exchange.spans import Spans
from core.trajectories.filter_text import parse, text_of
from core.trajectories.model import Kind, Review
from core.trajectories.track_filter import EVERYTHING, TrackFilter
from studio.elided_combo import ElidedCombo
from studio.filters.track_filters import TrackFilters
from studio.view_state import ViewState

_FILTER = "filter"  # begins the data of a choice of tracks by a filter, before its line
_SEEN = 5
"""Clips of the list that are seen without scrolling."""

_KIND_WORDS = {"both": "objects and points", "objects": "objects only", "points": "points only"}
_REVIEW_WORDS = {
    "kept": "all but rejected and suggested ones",
    "accepted": "accepted ones only",
    "suggested": "suggested ones too",
    "all": "rejected and suggested ones too",
}
_KINDS = {"both": frozenset(Kind), "objects": frozenset((Kind.OBJECT,)), "points": frozenset((Kind.POINT,))}
_REVIEWS = {
    "kept": KEPT,
    "accepted": frozenset((Review.ACCEPTED,)),
    "suggested": KEPT | {Review.SUGGESTED},
    "all": frozenset(Review),
}


class ChoiceForm(QWidget):
    """Follows the window's clip, selection and filter.

    Signals:
        changed(): something else is chosen.

    Attributes:
        rows: its fields with their labels, among which others may stand.
        fields: from top to bottom.
    """

    changed = Signal()

    def __init__(
        self, clips: Sequence[Clip], view: ViewState, filters: TrackFilters, parent: QWidget | None = None
    ) -> None:
        """A form that chooses all tracks of the clip that is shown, or of all clips.

        Args:
            clips: of the project.
            view: what the window shows.
            filters: that may choose the tracks.
        """
        super().__init__(parent)
        self._clips, self._view, self._filters = clips, view, filters
        self.tracks, self.clips, self.list = ElidedCombo(), ElidedCombo(), _clip_list(clips)
        self.kinds, self.reviews = _combo(_KIND_WORDS), _combo(_REVIEW_WORDS)
        self.by_frames = QCheckBox("Only frames")
        self.first, self.last = QSpinBox(maximum=0), QSpinBox(maximum=0)
        for combo in (self.tracks, self.clips, self.kinds, self.reviews):  # names of clips can be long
            combo.setMinimumContentsLength(12)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.fields: tuple[QWidget, ...] = (
            *(self.tracks, self.kinds, self.reviews, self.clips, self.list),
            *(self.by_frames, self.first, self.last),
        )
        self._name_for_readers()
        self._arrange()
        self.reload()
        self._join()

    # --- what is chosen -----------------------------------------------------------------------

    def chosen(self) -> list[Clip]:
        """The clips."""
        ids = self.clips.currentData()
        if ids is None:
            boxes = (self.list.item(row).checkState() for row in range(self.list.count()))
            return [
                clip for clip, box in zip(self._clips, boxes, strict=True) if box == Qt.CheckState.Checked
            ]
        return [clip for clip in self._clips if clip.id in ids]

    def choice(self) -> Choice:
        """The same, but which clips."""
        tracks = {"selected": self._view.selection, "shown": self._view.shown}.get(self.tracks.currentData())
        frames = Spans(((self.first.value(), max(self.first.value(), self.last.value())),))
        wanted = self._wanted()
        return Choice(
            tracks=None if tracks is None else Spans.of(tracks),
            frames=frames if self.by_frames.isChecked() else None,
            reviews=frozenset(Review) if wanted.reviews else _REVIEWS[self.reviews.currentData()],
            kinds=_KINDS[self.kinds.currentData()],
            wanted=wanted,
        )

    def _wanted(self) -> TrackFilter:
        """The filter that is chosen; the empty one where none is, or a newer version's."""
        word, _, line = str(self.tracks.currentData()).partition(":")
        with contextlib.suppress(StudioError):
            return parse(line) if word == _FILTER else EVERYTHING
        return EVERYTHING

    def remembered(self) -> dict[str, str]:
        """What of the choice makes sense in other clips and projects."""
        return {"kinds": self.kinds.currentData(), "reviews": self.reviews.currentData()}

    def recall(self, remembered: Mapping[str, str]) -> None:
        """Choose what was chosen before."""
        for name, combo in (("kinds", self.kinds), ("reviews", self.reviews)):
            combo.setCurrentIndex(max(combo.findData(remembered.get(name)), 0))

    # --- what can be chosen -------------------------------------------------------------------

    def reload(self) -> None:
        """Offer what the window shows now, and keep what is chosen where it is still there."""
        view, shown = self._view, self._view.clip
        every = [clip.id for clip in self._clips]
        with QSignalBlocker(self.tracks), QSignalBlocker(self.clips):
            tracks = {"all": "all tracks"}
            if view.selection:
                tracks["selected"] = f"the {_many(len(view.selection), 'selected')}"
            if view.shown is not None:
                tracks["shown"] = f"the {_many(len(view.shown), '')} that the filter shows"
            if not self._filters.now.is_empty and not self._filters.name:
                tracks[f"{_FILTER}:{text_of(self._filters.now)}"] = "all that pass the table's filter"
            for name, line in self._filters.named.items():
                tracks[f"{_FILTER}:{line}"] = f"filter: {name}"
            _refill(self.tracks, tracks)
            before = self.clips.currentIndex()
            self.clips.clear()
            if shown is not None:
                self.clips.addItem(f"only {shown.name}", [shown.id])
            if shown is None or len(every) > 1:
                self.clips.addItem(f"all {len(every):,} clips", every)
                self.clips.addItem("some clips…", None)
            self.clips.setCurrentIndex(min(max(before, 0), self.clips.count() - 1))
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        """Enable what the other fields leave open."""
        with QSignalBlocker(self.clips), QSignalBlocker(self.first), QSignalBlocker(self.last):
            here = self.tracks.currentData() in ("selected", "shown")  # of the clip that is shown
            if here:
                self.clips.setCurrentIndex(0)
            self.clips.setEnabled(not here)
            by_filter = bool(self._wanted().reviews)
            self.reviews.setEnabled(not by_filter)
            self.reviews.setToolTip("The filter says which reviews" if by_filter else "")
            self.list.setVisible(self.clips.currentData() is None)
            whole = self.last.value() == self.last.maximum()
            last = max((clip.frames for clip in self.chosen()), default=1) - 1
            for field in (self.first, self.last):
                field.setMaximum(last)
                field.setEnabled(self.by_frames.isChecked())
            if whole:
                self.last.setValue(last)

    def _tell(self) -> None:
        self._follow()
        self.changed.emit()

    # --- building -----------------------------------------------------------------------------

    def _join(self) -> None:
        for combo in (self.tracks, self.clips, self.kinds, self.reviews):
            combo.currentIndexChanged.connect(self._tell)
        self.list.itemChanged.connect(self._tell)
        self.by_frames.toggled.connect(self._tell)
        for field in (self.first, self.last):
            field.valueChanged.connect(self._tell)
        for changing in (self._view.selection_changed, self._view.shown_changed, self._view.clip_changed):
            changing.connect(self.reload)
        for altering in (self._filters.changed, self._filters.saved_changed):
            altering.connect(self.reload)

    def _name_for_readers(self) -> None:
        for widget, name in (
            (self.tracks, "Which tracks"),
            (self.clips, "Which clips"),
            (self.list, "Clips"),
            (self.kinds, "Objects or points"),
            (self.reviews, "Which reviews"),
            (self.first, "First frame"),
            (self.last, "Last frame"),
        ):
            widget.setAccessibleName(name)

    def _arrange(self) -> None:
        span = QHBoxLayout()
        for widget in (self.by_frames, self.first, QLabel("to"), self.last):
            span.addWidget(widget)
        span.addStretch()
        form = self.rows = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Tracks", self.tracks)
        form.addRow("", self.kinds)
        form.addRow("", self.reviews)
        form.addRow("Clips", self.clips)
        form.addRow("", self.list)
        form.addRow("", span)


def _combo(texts: Mapping[str, str]) -> QComboBox:
    combo = QComboBox()
    _refill(combo, texts)
    return combo


def _refill(combo: QComboBox, texts: Mapping[str, str]) -> None:
    before = combo.currentData()
    combo.clear()
    for name, text in texts.items():
        combo.addItem(text, name)
    combo.setCurrentIndex(max(combo.findData(before), 0))


def _clip_list(clips: Sequence[Clip]) -> QListWidget:
    """A check box for each clip, none checked."""
    found = QListWidget()
    for clip in clips:
        item = QListWidgetItem(clip.name, found)
        item.setFlags(
            Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
        )
        item.setCheckState(Qt.CheckState.Unchecked)
    found.setFixedHeight(_SEEN * (found.fontMetrics().height() + 6) + 2 * found.frameWidth())
    return found


def _many(count: int, what: str) -> str:
    return f"{count:,} {what} track{'' if count == 1 else 's'}".replace("  ", " ")
