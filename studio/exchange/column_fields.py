"""The fields that say which column of a table means what, and how its numbers count."""

from collections import Counter
from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, QStringListModel, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QHBoxLayout, QLabel, QWidget

from core.trajectories.exchange.column_mapping import SHAPES, ColumnChoice, candidates
from core.trajectories.exchange.presets import PRESETS, Preset, found
from core.trajectories.exchange.sheet import Head, plain

_TITLES = {
    "frame": "Frame",
    "trajectory": "Track",
    "label": "Label",
    "confidence": "Score",
    "x": "x",
    "y": "y",
    "x1": "x1, left",
    "y1": "y1, top",
    "x2": "x2, right",
    "y2": "y2, bottom",
    "w": "Width",
    "h": "Height",
    "cx": "Centre, x",
    "cy": "Centre, y",
}
_ALWAYS = ("frame", "trajectory", "label", "confidence")
_MAY_LACK = ("trajectory", "label", "confidence")
_NOBODY = "another program"
_PIXELS = "places are pixels"
_WIDEST = 18  # letters of a field; a longer name is cut off


class ColumnFields(QWidget):
    """A field for each thing that a column may mean.

    Signals:
        changed(): something else was chosen.
    """

    changed = Signal()

    def __init__(self, head: Head, parent: QWidget | None = None) -> None:
        """Fields that are set to what the head of the table lets guess."""
        super().__init__(parent)
        self._head = head
        self._counts = Counter(head.names)
        titles = [
            name if name and self._counts[name] == 1 else f"{name or 'without a name'} ({place})"
            for place, name in enumerate(head.names, start=1)
        ]
        self._optional = QStringListModel(["none", *titles], self)  # shared: there may be thousands
        self._needed = QStringListModel(["choose…", *titles], self)
        self.preset = _choice({_NOBODY: None} | {one.title: one for one in PRESETS.values()})
        self.shape = _choice({title: roles for title, roles in SHAPES.items()})
        self.columns = {role: self._column_choice(role) for role in _TITLES}
        self.first = _choice({"as fits": None, "0": 0, "1": 1})
        self.centre = _choice({"corners of pixels": 0.5, "middles of pixels": 0.0})
        self.scale = QDoubleSpinBox(decimals=4, maximum=100_000)
        self.scale.setSpecialValueText(_PIXELS)
        self.scale.setToolTip("How many pixels one unit is, where the places are not in pixels")
        self.several = QLabel(wordWrap=True)
        for widget, name in (
            (self.preset, "Program that wrote the table"),
            (self.shape, "What the places are"),
            (self.first, "Number of the first frame"),
            (self.centre, "What whole numbers are"),
            (self.scale, "Scale, pixels in a unit of the places"),
        ):
            widget.setAccessibleName(name)
        self._form = self._arrange()
        self._set_preset(found(head))
        self.preset.currentIndexChanged.connect(lambda: self._set_preset(self.preset.currentData()))
        self.shape.currentIndexChanged.connect(self._show_fields)
        for one in (self.shape, self.first, self.centre, *self.columns.values()):
            one.currentIndexChanged.connect(self.changed)
        self.scale.valueChanged.connect(self.changed)

    def choice(self) -> ColumnChoice:
        """What is chosen."""
        roles = [role for role in _TITLES if self._is_shown(role)]
        columns = {role: self._column(role) for role in roles}
        return ColumnChoice(
            columns={role: column for role, column in columns.items() if column},
            preset=self._parted(),
            first=self.first.currentData(),
            scale=self.scale.value() or None,
            centre=self.centre.currentData(),
        )

    def lacks(self) -> str:
        """What has to be chosen still, as a sentence; empty where nothing has."""
        roles = [role for role in _TITLES if self._is_shown(role) and role not in _MAY_LACK]
        missing = [_TITLES[role] for role in roles if not self._column(role)]
        return f"Choose the column of {missing[0]}." if missing else ""

    def meanings(self) -> Mapping[int, str]:
        """Column (its place) → what it means."""
        shown = {role: box.currentIndex() - 1 for role, box in self.columns.items() if self._is_shown(role)}
        return {place: _TITLES[role] for role, place in shown.items() if place >= 0}

    def _parted(self) -> Preset | None:
        """The program, where it writes several points in a row."""
        preset: Preset | None = self.preset.currentData()
        return preset if preset is not None and preset.parts else None

    def _is_shown(self, role: str) -> bool:
        if role in _ALWAYS:
            return self._parted() is None or role in ("frame", "trajectory")
        return self._parted() is None and role in self.shape.currentData()

    def _set_preset(self, preset: Preset | None) -> None:
        """Fill the fields with the columns of a program, else with what the names suggest."""
        wanted = candidates(self._head)
        names = {plain(name): name for name in self._head.names}
        if preset is not None:
            columns = next(
                (one for one in preset.layouts if all(plain(name) in names for name in one.values())), {}
            )
            wanted = {role: names[plain(name)] for role, name in columns.items()}
        boxes = (self.preset, self.shape, self.centre, *self.columns.values())
        blockers = [QSignalBlocker(box) for box in boxes]
        self.preset.setCurrentIndex(self.preset.findText(preset.title if preset else _NOBODY))
        self.centre.setCurrentIndex(0 if preset is None or preset.centre else 1)
        shapes = list(SHAPES.values())
        complete = [place for place, roles in enumerate(shapes) if set(roles) <= set(wanted)]
        self.shape.setCurrentIndex(max(complete, key=lambda place: len(shapes[place]), default=0))
        for role, box in self.columns.items():
            box.setCurrentIndex(1 + self._head.names.index(wanted[role]) if role in wanted else 0)
        del blockers
        self._show_fields()
        self.changed.emit()

    def _show_fields(self) -> None:
        parted = self._parted()
        for role, box in self.columns.items():
            self._form.setRowVisible(box, self._is_shown(role))
        self._form.setRowVisible(self.shape, parted is None)
        self._form.setRowVisible(self.several, parted is not None)
        if parted is not None:
            ending = parted.parts[0]
            points = [name.removesuffix(ending) for name in self._head.names if name.endswith(ending)]
            more = f" and {len(points) - 6} more" if len(points) > 6 else ""
            self.several.setText(", ".join(points[:6]) + more or "none in this table")

    def _column_choice(self, role: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(f"Column of {_TITLES[role]}")
        box.setModel(self._optional if role in _MAY_LACK else self._needed)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(_WIDEST)
        return box

    def _column(self, role: str) -> str:
        """The name of the column that is chosen, or its number where the name is there twice; else empty."""
        place = self.columns[role].currentIndex() - 1
        if place < 0:
            return ""
        name = self._head.names[place]
        return name if name and self._counts[name] == 1 else str(place + 1)

    def _arrange(self) -> QFormLayout:
        form, rows = QFormLayout(), QHBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Written by", self.preset)
        form.addRow("Places are", self.shape)
        for role, box in self.columns.items():
            form.addRow(_TITLES[role], box)
        form.addRow("Points", self.several)
        form.addRow("First frame is", self.first)
        form.addRow("Whole numbers are", self.centre)
        form.addRow("Scale", self.scale)
        rows.addLayout(form)
        return form


def _choice(items: Mapping[str, object]) -> QComboBox:
    box = QComboBox()
    for title, data in items.items():
        box.addItem(title, data)
    return box
