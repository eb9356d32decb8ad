"""The fields above the frame that say what is drawn over it."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from core.datasets.clip import Clip
from core.overlay.layers import COLOUR_BY, LONGEST_TRAIL, Layers
from studio import icons
from studio.canvas.fold import Fold
from studio.canvas.number_field import NumberField
from studio.canvas.stage import LARGEST_BRUSH, SMALLEST_BRUSH
from studio.theme import ICON, SPACE
from studio.view_state import PAINTING, ViewState

FIELD = 50
"""Pixels of a field for a number of three digits."""

_CHIPS = (
    ("masks", "masks", "Masks", "Show masks"),
    ("boxes", "box", "Boxes", "Show boxes; solid for keyframes, dashed for what was propagated"),
    ("trails", "track", "Points", "Show points and their trails"),
    ("names", "label", "Names", "Show numbers and names of objects"),
)


class LayerBar(QWidget):
    """Chips over `ViewState.layers`.

    Attributes:
        doing: chip or field → the actions that do the same.

    Signals:
        left(): a field was left; keys belong to the frame again.
        brush_chosen(float): another radius of brush and eraser, in frame pixels.
        widened(): it needs more room than before, or less.
        loss_run_chosen(int): the losses of another run are wanted, by its place in what `set_loss_runs` gave.
    """

    left = Signal()
    brush_chosen = Signal(float)
    widened = Signal()
    loss_run_chosen = Signal(int)

    def __init__(self, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 4)
        self.doing: dict[QWidget, tuple[str, ...]] = {}
        self.chips: dict[str, QToolButton] = {}
        for name, icon, text, tip in _CHIPS:
            chip = QToolButton()
            chip.setCheckable(True)
            chip.setAutoRaise(True)
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            icons.set_icon(chip, icon)
            chip.setIconSize(QSize(ICON, ICON))
            chip.setText(text)
            chip.setToolTip(tip)
            chip.setAccessibleName(tip)
            chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            chip.toggled.connect(lambda on, name=name: self._set(**{name: on}))
            row.addWidget(chip)
            self.chips[name] = chip
            self.doing[chip] = (name,)
            if name == "trails":
                row.addWidget(self._pick_chip())
        details = QWidget()
        inside = QHBoxLayout(details)
        inside.setContentsMargins(SPACE // 2, 0, 0, 0)
        inside.setSpacing(SPACE // 4)
        self._fields = QStackedWidget()  # of one width for all tools, or the panels would move
        self._fields.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        of_points, of_painting = (self._add_page() for _ in range(2))
        self.trail = self._add_length(of_points, "Trail", "Frames of path drawn behind a point", "trail")
        self.ahead = self._add_length(of_points, "Ahead", "Frames of path drawn ahead of a point", "ahead")
        tip = "Width of brush and eraser in pixels of the frame; Ctrl+wheel changes it, too"
        self.brush = self._add_number(of_painting, "Brush", tip)
        self.doing[self.brush] = ("brush_smaller", "brush_larger")
        self.brush.setRange(round(2 * SMALLEST_BRUSH), round(2 * LARGEST_BRUSH))
        self.brush.valueChanged.connect(lambda width: self.brush_chosen.emit(width / 2))
        tip = "How much of the frame the inside of masks hides, in percent"
        self.opacity = self._add_number(of_painting, "Opacity", tip)
        self.opacity.setRange(0, 100)
        self.opacity.setSingleStep(5)
        self.opacity.valueChanged.connect(lambda percent: self._set(opacity=percent))
        inside.addWidget(self._fields)
        inside.addSpacing(SPACE // 2)
        self.colour_by = QComboBox()
        self.colour_by.setAccessibleName("Colour by")
        self.colour_by.setToolTip("What the colours of tracks mean")
        for name in COLOUR_BY:
            self.colour_by.addItem(f"By {name}", name)
        self.colour_by.activated.connect(self._choose_colour)
        inside.addWidget(self.colour_by)
        self.loss_run = QComboBox()
        self.loss_run.setAccessibleName("Run whose losses colour the tracks")
        self.loss_run.setToolTip("The pretraining run whose losses colour the tracks and stand in the table")
        self.loss_run.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.loss_run.setMinimumContentsLength(10)
        self.loss_run.activated.connect(self._choose_loss_run)
        inside.addWidget(self.loss_run)
        tip = "Length of trails, or brush and opacity while a mask is painted; what the colours mean"
        self.fold = Fold(details, row, "How layers are drawn", tip)
        self.fold.closed.connect(self.left)
        view.layers_changed.connect(self._show_layers)
        view.tool_changed.connect(self._show_tool)
        view.clip_changed.connect(self._show_clip)
        self._show_layers(view.layers)
        self._show_tool(view.tool)
        self._show_clip(view.clip)

    def _pick_chip(self) -> QToolButton:
        """Whether the mouse takes points: beside the chip that shows them."""
        self.pick = QToolButton()
        self.pick.setCheckable(True)
        self.pick.setAutoRaise(True)
        self.pick.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        icons.set_icon(self.pick, "select")
        self.pick.setIconSize(QSize(ICON, ICON))
        self.doing[self.pick] = ("pick_points",)
        self.pick.setToolTip("The mouse takes points; else only what lies beneath them")
        self.pick.setAccessibleName("Pick points")
        self.pick.toggled.connect(self._view.set_picks_points)
        self._view.picks_points_changed.connect(self.pick.setChecked)
        self.pick.setChecked(self._view.picks_points)
        return self.pick

    def _add_page(self) -> QHBoxLayout:
        page = QWidget()
        self._fields.addWidget(page)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 4)
        return row

    def _add_length(self, row: QHBoxLayout, text: str, tip: str, name: str) -> NumberField:
        box = self._add_number(row, text, tip)
        box.setMaximum(LONGEST_TRAIL)
        box.valueChanged.connect(lambda frames: self._set(**{name: frames}))
        return box

    def _add_number(self, row: QHBoxLayout, text: str, tip: str) -> NumberField:
        label, box = QLabel(text), NumberField()
        label.setBuddy(box)
        box.setAccessibleName(tip)
        for widget in (label, box):
            widget.setToolTip(tip)
            row.addWidget(widget)
        box.setFixedWidth(FIELD)
        box.left.connect(self._leave)
        return box

    def set_brush_radius(self, radius: float) -> None:
        """Show the size of brush and eraser, in frame pixels."""
        self.brush.blockSignals(True)
        self.brush.setValue(round(2 * radius))
        self.brush.blockSignals(False)

    def _set(self, **changes: bool | int | str) -> None:
        self._view.set_layers(replace(self._view.layers, **changes))  # type: ignore[arg-type]

    def set_loss_runs(self, names: Sequence[str], chosen: int) -> None:
        """The runs whose losses can be shown; `chosen` is -1 where none has recorded any."""
        self.loss_run.clear()
        self.loss_run.addItems(names)
        self.loss_run.setCurrentIndex(chosen)
        self.loss_run.setPlaceholderText("no run recorded losses")
        self._show_layers(self._view.layers)

    def _choose_loss_run(self, place: int) -> None:
        self.loss_run_chosen.emit(place)
        self._leave()

    def _choose_colour(self, index: int) -> None:
        self._set(colour_by=self.colour_by.itemData(index))
        self._leave()

    def _leave(self) -> None:
        """Give the keys back; fields that are open below the button keep them until they are closed."""
        if not self.fold.is_open:
            self.left.emit()

    def _show_layers(self, layers: Layers) -> None:
        for name, chip in self.chips.items():
            chip.setChecked(getattr(layers, name))
        self.opacity.setValue(layers.opacity)
        self.trail.setValue(layers.trail)
        self.ahead.setValue(layers.ahead)
        for field in (self.trail, self.ahead, self.pick):
            field.setEnabled(layers.trails)
        self.colour_by.setCurrentIndex(self.colour_by.findData(layers.colour_by))
        by_loss = layers.colour_by == "loss"
        if self.loss_run.isHidden() is by_loss:
            self.loss_run.setVisible(by_loss)
            self.widened.emit()

    def _show_tool(self, tool: str) -> None:
        """While a mask is painted, what the brush needs stands where the trails of points do else."""
        self._fields.setCurrentIndex(int(tool in PAINTING))
        self.brush.setEnabled(tool in ("brush", "erase"))

    def _show_clip(self, clip: Clip | None) -> None:
        self.setEnabled(clip is not None)
