"""One picture of a run's set: its objects, what was detected in it, and the proposals."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.datasets.annotated_picture import read_as_annotated
from core.datasets.voc import VocImage
from core.errors import StudioError
from core.evaluation.verdicts import COLOURS, VERDICTS
from core.geometry import iou
from core.runs.measured_run import MeasuredRun
from studio import icons, theme
from studio.canvas.camera import Camera
from studio.evaluation.picture_canvas import PictureCanvas
from studio.evaluation.picture_marks import Kind, Mark
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from studio.flow_layout import FlowLayout
from studio.plots.figure import Figure, Table
from studio.plots.figure_button import FigureButton
from studio.watch.page import Page
from studio.watch.reading import Reading

FOUND, MISSED, OTHERS = "#ffffff", "#e69f00", "#b0b0b0"
"""`#rrggbb` of objects: found or not judged, missed, of other classes."""

PROPOSED = "#7fd4ff"
PROPOSALS = "The boxes that the detector chose from; those that could find an object of the class are strong"
FIGURE_WIDTH = 720
KEPT = 8
"""Pictures that are kept, decoded."""


@dataclass(frozen=True, eq=False)
class ReadPicture:
    """A picture by its run's folder and its id, with its proposals, (M, 4) float32; None where not kept."""

    key: tuple[Path, str]
    pixels: QImage
    proposals: np.ndarray | None


class PictureView(QWidget):
    """The picture, buttons to those before and after it, and what is drawn over it.

    Signals:
        left(): Escape was pressed.
    """

    left = Signal()

    def __init__(self, threshold: Threshold, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._threshold = threshold
        self._shown: ShownClass | None = None
        self._kept: OrderedDict[tuple[Path, str], ReadPicture] = OrderedDict()
        self._image: VocImage | None = None
        self._detection = -1
        self.canvas = PictureCanvas()
        self.previous_button = self._button("previous", "Picture before (Left)", partial(self.step, -1))
        self.next_button = self._button("next", "Next picture (Right)", partial(self.step, 1))
        self.fit_button = self._button("fit", "Show all of the picture (0)", self.canvas.fit)
        self.words = QLabel()
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.objects = self._check("Objects", "The objects of the annotations", True)
        detected = "What was detected with the threshold's score and above"
        self.detections = self._check("Detections", detected, True)
        self.others = self._check("All classes", "Objects and detections of the other classes, too", False)
        self.proposals = self._check("Proposals", PROPOSALS, False)
        self.export_button = FigureButton(self.figure, self._nothing_to_export)
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, 0)
        for button in (self.previous_button, self.next_button, self.fit_button):
            bar.addWidget(button)
        bar.addWidget(self.words, 1)
        bar.addWidget(self.export_button)
        checks = QWidget()
        flow = FlowLayout(checks)
        for check in (self.objects, self.detections, self.others, self.proposals):
            flow.addWidget(check)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(checks)
        column.addWidget(self.canvas, 1)
        self.page = Page(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self._fail)
        threshold.changed.connect(self._mark)

    def show_class(self, shown: ShownClass | None, sentence: str = "") -> None:
        """Show the picture with the marks of a class or, where there is none, a sentence in its place."""
        before, self._shown = self._shown, shown
        if shown is None:
            self.page.say(sentence)
            return
        if before is None or before.run is not shown.run or self._image is None:
            self._image = None
            pictures = self.pictures()
            if pictures:
                self._open(pictures[0])
            else:
                self.page.say(f"No picture holds a {shown.name}, and none was detected.")
            return
        if before.name != shown.name:
            self._detection = -1
        self._open(self._image.id, self._detection)

    def open_detection(self, row: int) -> None:
        """Show the picture of a detection of the class, and set that apart."""
        assert self._shown is not None
        self._open(str(self._shown.detections.images[row]), row)

    def open_picture(self, image: str) -> None:
        """Show a picture by its id."""
        self._open(image)

    def pictures(self) -> list[str]:
        """Those that the buttons go through, in the set's order: with the class, or a detection of it."""
        return self._shown.pictures(self._threshold.value) if self._shown is not None else []

    def step(self, by: int) -> None:
        """Go to the picture so many after this one."""
        pictures, shown = self.pictures(), self._shown
        if not pictures or shown is None or self._image is None:
            return
        order = {id: place for place, id in enumerate(shown.images)}
        here = order[self._image.id]
        if by > 0:
            found = next((id for id in pictures if order[id] > here), pictures[-1])
        else:
            found = next((id for id in reversed(pictures) if order[id] < here), pictures[0])
        self._open(found)

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    # --- reading ------------------------------------------------------------------------------

    def _open(self, image: str, detection: int = -1) -> None:
        shown = self._shown
        assert shown is not None
        self._image, self._detection = shown.images[image], detection
        key = (shown.run.folder.path, image)
        if key in self._kept:
            self._show(self._kept[key])
        else:
            self._reading.want(key, partial(_read, shown.run, self._image))

    def _take(self, read: ReadPicture) -> None:
        self._kept[read.key] = read
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        if self._read is read:
            self._show(read)

    def _fail(self, sentence: str) -> None:
        self._reading.forget()  # it may be there the next time
        self.page.say(sentence)

    @property
    def _read(self) -> ReadPicture | None:
        """The picture that is wanted, once it is read."""
        if self._shown is None or self._image is None:
            return None
        return self._kept.get((self._shown.run.folder.path, self._image.id))

    def _show(self, read: ReadPicture) -> None:
        if self.canvas.picture is not read.pixels:
            self.canvas.show_picture(read.pixels)
        there = read.proposals is not None
        self.proposals.setEnabled(there)
        self.proposals.setToolTip(PROPOSALS if there else "The proposals of this run were not kept.")
        self._mark()
        self.page.show_content()

    # --- marking ------------------------------------------------------------------------------

    def _mark(self) -> None:
        shown, image, read = self._shown, self._image, self._read
        if shown is None or image is None or read is None:
            return
        if not self.isVisible():
            return  # `showEvent` comes back
        marks: list[Mark] = []
        if self.proposals.isChecked() and read.proposals is not None:
            marks += _proposal_marks(read.proposals, image, shown)
        found = shown.found_in(image.id, self._threshold.value)
        if self.objects.isChecked():
            marks += self._object_marks(image, shown, found)
        if self.detections.isChecked():
            names = shown.classes if self.others.isChecked() else [shown.name]
            for name in sorted(names, key=lambda one: one == shown.name):
                marks += self._detection_marks(image, shown, name)
        self.canvas.show_marks(marks)
        self._say(image, shown, len(found))

    def _object_marks(self, image: VocImage, shown: ShownClass, found: dict[int, int]) -> list[Mark]:
        marks = []
        for number, one in enumerate(image.objects):
            if one.name == shown.name:
                missed = number not in found and not one.difficult
                state = "difficult" if one.difficult else "missed" if missed else ""
                colour = MISSED if missed else FOUND
                words = " · ".join(filter(None, (one.name, state)))
                marks.append(Mark(Kind.OBJECT, one.box, colour, words, dashed=missed or one.difficult))
            elif self.others.isChecked():
                marks.append(Mark(Kind.OBJECT, one.box, OTHERS, one.name))
        return marks

    def _detection_marks(self, image: VocImage, shown: ShownClass, name: str) -> list[Mark]:
        judged = shown.classes[name].detections
        marks = []
        for row in shown.rows_in(image.id, name)[::-1].tolist():
            chosen = name == shown.name and row == self._detection
            if judged.scores[row] >= self._threshold.value or chosen:
                verdict = VERDICTS[judged.verdicts[row]]
                of = "" if name == shown.name else f"{name} "
                words = f"{of}{judged.scores[row]:.2f} {verdict}"
                marks.append(Mark(Kind.DETECTION, judged.boxes[row], COLOURS[verdict], words, strong=chosen))
        return sorted(marks, key=lambda mark: mark.strong)

    def _say(self, image: VocImage, shown: ShownClass, found: int) -> None:
        counted = sum(one.name == shown.name and not one.difficult for one in image.objects)
        pictures = self.pictures()
        place = f" ({pictures.index(image.id) + 1:,} of {len(pictures):,})" if image.id in pictures else ""
        said = f"{found} of {counted} {shown.name} found" if counted else f"no {shown.name} to find"
        self.words.setText(f"{image.id}{place} · {said}")
        self.words.setToolTip(f"{image.path}\n{image.width} × {image.height} px")

    # --- files --------------------------------------------------------------------------------

    def figure(self) -> Figure:
        """The whole picture with its marks, to be written to a file."""
        assert self._image is not None
        assert self._shown is not None
        image, verdicts = self._image, [VERDICTS[place] for place in range(len(VERDICTS))]
        scale = FIGURE_WIDTH / image.width
        whole = QRectF(0, 0, FIGURE_WIDTH, image.height * scale)
        legend = [
            f'<span style="color:{COLOURS[verdict]}">■</span>&nbsp;{verdict}'
            for verdict in verdicts
            if any(str(verdict) in mark.words for mark in self.canvas.marks)
        ]
        rows = [
            (mark.kind.value, mark.words, *(round(float(value), 1) for value in mark.box))
            for mark in self.canvas.marks
        ]
        return Figure(
            f"{image.id} · {self._shown.name}",
            tuple(legend),
            whole.size(),
            lambda painter, _: self.canvas.draw(painter, Camera(scale), whole),
            Table(("kind", "words", "x1 (px)", "y1 (px)", "x2 (px)", "y2 (px)"), rows),
        )

    def _nothing_to_export(self) -> str:
        shows = self.canvas.picture is not None and not self.page.sentence
        return "" if shows else "There is no picture yet."

    # --- building -----------------------------------------------------------------------------

    def _button(self, icon: str, tip: str, act: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        icons.set_icon(button, icon)
        button.clicked.connect(lambda: act())
        return button

    def _check(self, text: str, tip: str, on: bool) -> QCheckBox:
        check = QCheckBox(text)
        check.setToolTip(tip)
        check.setChecked(on)
        check.toggled.connect(self._mark)
        return check

    # --- Qt -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._mark()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step(1 if event.key() == Qt.Key.Key_Right else -1)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.export_button.open_menu(event.globalPos())


def _proposal_marks(boxes: np.ndarray, image: VocImage, shown: ShownClass) -> list[Mark]:
    """Those that could find an object of the class are strong, and lie above the others."""
    objects = [one.box for one in image.objects if one.name == shown.name]
    overlaps = iou(boxes[:, None], np.array(objects, np.float32).reshape(-1, 4)[None])
    on = overlaps.max(axis=1, initial=0) >= shown.diagnosis.overlap
    marks = [Mark(Kind.PROPOSAL, box, PROPOSED, strong=bool(it)) for box, it in zip(boxes, on, strict=True)]
    return sorted(marks, key=lambda mark: mark.strong)


def _read(run: MeasuredRun, image: VocImage) -> ReadPicture:
    """Called in a thread.

    Raises:
        StudioError: the picture cannot be read.
    """
    pixels = read_as_annotated(image.path, image.width, image.height)
    height, width = pixels.shape[:2]
    picture = QImage(
        np.ascontiguousarray(pixels).data, width, height, 3 * width, QImage.Format.Format_RGB888
    ).copy()
    try:
        proposals = run.proposals(image.id)
    except StudioError:
        proposals = None
    return ReadPicture((run.folder.path, image.id), picture, proposals)
