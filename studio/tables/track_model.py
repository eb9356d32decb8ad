"""The track table's model: a view into arrays, sorted and filtered as whole columns."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from core.overlay.label_colours import LabelColours
from core.overlay.track_losses import TrackLosses
from core.percent import percent
from core.trajectories.model import EndReason, Review
from core.trajectories.track_filter import EVERYTHING, TrackFilter
from core.trajectories.track_rows import TrackRows
from studio.background import Background
from studio.canvas.colours import colour, swatch
from studio.tables.track_order import Arrangement, arranged
from studio.track_words import ENDS, ENDS_WHY, REVIEWS

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("review", "", "Review: open, accepted, rejected or suggested"),
    ("ids", "Id", "The track's number in the project"),
    ("is_object", "Kind", "What is followed: an object or a point"),
    ("labels", "Label", "A name; double-click to change it"),
    ("first", "Frames", "First and last frame"),
    ("length", "Length", "Frames it is seen in"),
    ("keyframes", "Keys", "Keyframes: given by a person or by ground truth"),
    ("mean_error", "Error", "Mean forward–backward error in pixels"),
    ("max_error", "Worst", "Largest forward–backward error in pixels"),
    ("confidence", "Conf", "Mean confidence of its observations, 0 to 1"),
    ("loss", "Loss", "Mean loss of the pairs or triplets that a pretraining run drew with it as the anchor"),
    (
        "audit",
        "Audit",
        "Mean overlap (IoU) of keyframes with what is filled in their place when they are hidden",
    ),
    ("to_check", "Check", "Frames where ways of filling between keyframes disagree, to be reviewed"),
    ("end_reason", "Ends", "Why a point ends"),
)
"""Column: the array of `TrackRows` it sorts by, its title, what its header says when hovered."""

MANY = 50_000
"""Tracks above which they are sorted and filtered in a thread."""

NOTHING = np.zeros(0, np.int64)

REVIEW_COLUMN, KIND_COLUMN, LABEL_COLUMN, LOSS_COLUMN = 0, 2, 3, 10
NO_LOSSES = "No pretraining run has recorded losses yet"

_WORDS = (REVIEW_COLUMN, KIND_COLUMN, LABEL_COLUMN, len(COLUMNS) - 1)

_STRIP = 5  # pixels across the colour beside a label

# Qt asks for ten roles of each cell that it paints, as plain numbers.
_DISPLAY, _EDIT = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.EditRole)
_ALIGNMENT, _DECORATION = int(Qt.ItemDataRole.TextAlignmentRole), int(Qt.ItemDataRole.DecorationRole)
_ABOUT = (int(Qt.ItemDataRole.AccessibleTextRole), int(Qt.ItemDataRole.ToolTipRole))
_ROLES = frozenset((_DISPLAY, _EDIT, _ALIGNMENT, _DECORATION, *_ABOUT))

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

Index = QModelIndex | QPersistentModelIndex


class TrackModel(QAbstractTableModel):
    """Tracks that pass the filter, in order.

    Signals:
        label_asked(int, str): a person typed a label for the track of an id.
        arranged(): the same tracks are sorted or filtered otherwise.
    """

    label_asked = Signal(int, str)
    arranged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: TrackRows | None = None
        self.losses: TrackLosses | None = None
        self.labels: LabelColours | None = None
        self.wanted: TrackFilter = EVERYTHING
        self._made: Arrangement | None = None
        self._arranging = Background(self)
        self._arranging.done.connect(self._take_arranged)
        self._sort = (KIND_COLUMN, Qt.SortOrder.AscendingOrder)

    def set_rows(self, rows: TrackRows | None, touched: Collection[int] | None = None) -> None:
        """Show other tracks, with the filter and order there are.

        Args:
            touched: ids; no other track differs from what is shown. None for all.
        """
        losses, before = self.losses, self.shown_ids
        self.rows = replace(rows, loss=losses.mean(rows.ids)) if rows is not None and losses else rows
        made = self._arranged()() if self.rows is not None else None
        if made is None or touched is None or not np.array_equal(made.ids, before):
            self._take(made)
            return
        self._made = made
        for row in np.flatnonzero(np.isin(made.ids, list(touched))).tolist():
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def set_losses(self, losses: TrackLosses | None) -> None:
        """Show the losses of another run."""
        if losses is not self.losses:
            self.losses = losses
            if self.rows is not None:
                self.set_rows(replace(self.rows, loss=np.full(len(self.rows), np.nan, np.float32)))

    def set_label_colours(self, labels: LabelColours | None) -> None:
        """Show the colours of labels beside them; None for none."""
        if labels != self.labels:
            self.labels = labels
            self.dataChanged.emit(
                self.index(0, LABEL_COLUMN), self.index(max(self.rowCount() - 1, 0), LABEL_COLUMN)
            )

    def set_filter(self, wanted: TrackFilter) -> None:
        """Show only tracks that pass."""
        if wanted != self.wanted:
            self.wanted = wanted
            self._arrange()

    @property
    def sorted_by(self) -> str:
        """The column that it is sorted by, as `TrackRows` names it."""
        return COLUMNS[self._sort[0]][0]

    @property
    def total(self) -> int:
        """Tracks before the filter."""
        return 0 if self.rows is None else len(self.rows)

    @property
    def places(self) -> np.ndarray:
        """(K,) int64, the places in `rows` that are shown, in order."""
        return NOTHING if self._made is None else self._made.places

    @property
    def shown_ids(self) -> np.ndarray:
        """(K,) int64, the ids that are shown, in order."""
        return NOTHING if self._made is None else self._made.ids

    @property
    def shown(self) -> frozenset[int] | None:
        """The ids that are shown; None where no track is hidden."""
        return None if self._made is None else self._made.shown

    def close_reader(self) -> None:
        """Give up what is being sorted."""
        self._arranging.close()

    def review(self, row: int) -> Review:
        """The review of a row."""
        assert self.rows is not None
        return Review(int(self.rows.review[self.places[row]]))

    # --- Qt -----------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.places)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section][1]
            if role == _ALIGNMENT:
                return _LEFT if section in _WORDS else _RIGHT
            if role == Qt.ItemDataRole.ToolTipRole:
                name, _, about = COLUMNS[section]
                return f"{about}: {self.losses.run}" if name == "loss" and self.losses else about
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == LABEL_COLUMN else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.rows is None or role not in _ROLES or not index.isValid():
            return None
        column = index.column()
        if role == _ALIGNMENT:
            return _LEFT if column in _WORDS else _RIGHT
        place = int(self.places[index.row()])
        if role == _DISPLAY:
            return self._text(column, place)
        if role in _ABOUT:
            return self._about(column, place) or None
        if column != LABEL_COLUMN:
            return None
        label = self.rows.label(place)
        if role == _EDIT:
            return label
        return swatch(colour(self.labels.rgb(label)), _STRIP) if label and self.labels else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if self.rows is None or role != Qt.ItemDataRole.EditRole or index.column() != LABEL_COLUMN:
            return False
        place, label = self.places[index.row()], str(value).strip()
        if label != self.rows.label(int(place)):
            self.label_asked.emit(int(self.rows.ids[place]), label)
        return True

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort = (column, order)
        self._arrange()

    def _arrange(self) -> None:
        """Sort and filter the tracks there are; very many in a thread, while they are shown as before."""
        if self.rows is None:
            return
        if len(self.rows) > MANY:
            work = self._arranged()
            self._arranging.start(lambda report: work())
        else:
            self._take_arranged(self._arranged()())

    def _arranged(self) -> Callable[[], Arrangement]:
        """Work that arranges the tracks as they are wanted now."""
        assert self.rows is not None
        column, order = self._sort
        sort = COLUMNS[column][0], order is Qt.SortOrder.DescendingOrder
        return partial(arranged, self.rows, sort, self.wanted, self._made)

    def _take_arranged(self, made: Arrangement) -> None:
        if made.rows is self.rows:  # else others are shown since
            self._take(made)
            self.arranged.emit()

    def _take(self, made: Arrangement | None) -> None:
        self.beginResetModel()
        self._made = made
        self.endResetModel()

    def _text(self, column: int, place: int) -> str:
        rows = self.rows
        assert rows is not None
        name = COLUMNS[column][0]
        if name == "review":
            return ""
        if name == "is_object":
            return "object" if rows.is_object[place] else "point"
        if name == "first":
            return f"{rows.first[place]}–{rows.last[place]}"
        if name == "end_reason":
            return "" if rows.is_object[place] else ENDS[EndReason(int(rows.end_reason[place]))]
        if name == "labels":
            return rows.label(place)
        value = getattr(rows, name)[place]
        if name == "audit":
            return "" if np.isnan(value) else percent(value)
        if name == "to_check":
            return f"{value:,}" if value else ""
        if name in ("mean_error", "max_error", "confidence", "loss"):
            return "" if np.isnan(value) else f"{value:.2f}"
        return str(value)

    def _about(self, column: int, place: int) -> str:
        """What a cell says when it is hovered."""
        rows = self.rows
        assert rows is not None
        name = COLUMNS[column][0]
        if name == "review":
            return REVIEWS[Review(int(rows.review[place]))]
        if name == "audit" and rows.worst_frame[place] >= 0:
            mean, worst = percent(rows.audit[place]), percent(rows.worst_audit[place])
            return f"audit {mean} on average, worst {worst} at frame {rows.worst_frame[place]}"
        if name == "loss":
            return self.losses.about(int(rows.ids[place])) if self.losses else NO_LOSSES
        if name == "end_reason" and not rows.is_object[place]:
            return ENDS_WHY[EndReason(int(rows.end_reason[place]))]
        return ""
