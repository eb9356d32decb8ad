"""The row of fields above the track table that says which tracks are shown."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from core.trajectories.model import Review
from studio import icons, theme
from studio.tables.search_field import SearchField
from studio.tables.track_rows import TrackFilter
from studio.track_words import ENDS

TYPING = 150
"""Milliseconds without a key after which a search text counts."""


class FilterRow(QWidget):
    """Search text, kind, review, least length, largest error, reason of the end.

    Signals:
        changed(TrackFilter): another filter is wanted.
        left(): Enter or Escape was pressed: keys belong to the canvas again.
    """

    changed = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = SearchField("Find label or id", "Find tracks by label or id")
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of track")
        for text, kind in (("All kinds", ""), ("Objects", "object"), ("Points", "point")):
            self.kind.addItem(text, kind)
        self.review = QComboBox()
        self.review.setAccessibleName("Review of track")
        self.review.addItem("Any review", None)
        for text, review in (
            ("Open", Review.OPEN),
            ("Accepted", Review.ACCEPTED),
            ("Rejected", Review.REJECTED),
        ):
            self.review.addItem(text, review)
        self.length = QSpinBox(minimum=1, maximum=99_999, prefix="≥ ", suffix=" frames")
        self.length.setAccessibleName("Least length")
        self.error = QDoubleSpinBox(
            minimum=0, maximum=999, decimals=1, singleStep=0.5, prefix="≤ ", suffix=" px"
        )
        self.error.setSpecialValueText("any error")
        self.error.setAccessibleName("Largest forward–backward error")
        for field in (self.length, self.error):
            field.setKeyboardTracking(False)
            field.editingFinished.connect(self._leave_if_enter)
        self.end = QComboBox()
        self.end.setAccessibleName("Why points end")
        self.end.setToolTip("Only points that end for this reason")
        self.end.addItem("Any end", None)
        for end, text in ENDS.items():
            self.end.addItem(f"Ends: {text}", end)
        self.count = QLabel()
        self.count.setProperty("quiet", True)
        self.clear_button = QToolButton(autoRaise=True)
        self.clear_button.setAccessibleName("Clear the filter")
        self.clear_button.setToolTip("Show all tracks again")
        icons.set_icon(self.clear_button, "close")
        self.clear_button.clicked.connect(self.clear)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        grid = QGridLayout(self)
        grid.setContentsMargins(*[theme.SPACE // 2] * 4)
        grid.setSpacing(theme.SPACE // 2)
        grid.addWidget(self.search, 0, 0, 1, 2)
        grid.addWidget(self.kind, 1, 0)
        grid.addWidget(self.review, 1, 1)
        grid.addWidget(self.length, 2, 0)
        grid.addWidget(self.error, 2, 1)
        grid.addWidget(self.end, 3, 0)
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        row.addWidget(self.clear_button)
        grid.addLayout(row, 3, 1)
        self._typing = QTimer(self, interval=TYPING, singleShot=True)
        self._typing.timeout.connect(self._tell)
        self.search.textChanged.connect(self._typing.start)
        self.search.returnPressed.connect(self._enter)
        self.search.escaped.connect(self.left)
        self.kind.currentIndexChanged.connect(self._tell)
        self.review.currentIndexChanged.connect(self._tell)
        self.end.currentIndexChanged.connect(self._tell)
        self.length.valueChanged.connect(self._tell)
        self.error.valueChanged.connect(self._tell)
        self.show_count(0, 0)

    @property
    def wanted(self) -> TrackFilter:
        """What the fields say."""
        return TrackFilter(
            text=self.search.text(),
            kind=self.kind.currentData(),
            review=self.review.currentData(),
            min_length=self.length.value(),
            max_error=self.error.value() or None,
            end=self.end.currentData(),
        )

    def clear(self) -> None:
        """Let every track pass."""
        fields: tuple[QWidget, ...] = (self.search, self.kind, self.review, self.length, self.error, self.end)
        for field in fields:
            field.blockSignals(True)
        self.search.clear()
        self.kind.setCurrentIndex(0)
        self.review.setCurrentIndex(0)
        self.end.setCurrentIndex(0)
        self.length.setValue(1)
        self.error.setValue(0)
        for field in fields:
            field.blockSignals(False)
        self._tell()

    def show_count(self, shown: int, total: int) -> None:
        """Say how many pass."""
        of = "" if shown == total else f"{shown:,} of "
        self.count.setText(f"{of}{total:,} track{'s' if total != 1 else ''}")
        self.clear_button.setVisible(self.wanted != TrackFilter())

    def _tell(self) -> None:
        self._typing.stop()
        self.changed.emit(self.wanted)

    def _enter(self) -> None:
        self._tell()
        self.left.emit()

    def _leave_if_enter(self) -> None:
        if self.length.hasFocus() or self.error.hasFocus():
            self.left.emit()
