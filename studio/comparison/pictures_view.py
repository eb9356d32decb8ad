"""The pictures on which two runs differ most: a ranked list, and one of them as both runs see it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from core.errors import StudioError
from core.evaluation.picture_differences import Findings, PictureDifference, differing_pictures
from core.evaluation.verdicts import Verdict
from studio import theme
from studio.comparison.compared_row import ComparedRow
from studio.comparison.picture_pair import PicturePair, Side
from studio.comparison.run_results import RunResults
from studio.elided_combo import ElidedCombo
from studio.evaluation.crop_grid import Cell, CropGrid
from studio.evaluation.crops import Crop
from studio.evaluation.diagnoses import Diagnosed
from studio.runs.run import Run
from studio.watch.page import Page
from studio.watch.reading import Reading

ALL = "all classes"
ONE_RUN = "Choose two evaluations on the left to see on which pictures they differ."
NONE = "The two runs find the same objects and make as many mistakes in every picture."
MISTAKES = (
    "A mistake is an object that a run misses or a detection that is false, among its surest detections of a"
    " class, as many as the class has objects."
)
LIST_WIDTH = 290


@dataclass(frozen=True)
class RunChoice:
    """A run that can be looked at: its name in the list of runs, and a place for `Colours.line`."""

    run: Run
    name: str
    colour: int


@dataclass(frozen=True, eq=False)
class Compared:
    """Two runs as they were compared, which is shown also where one of them is gone since.

    Attributes:
        two: the runs.
        known: what they detected.
        name: of the class that they are compared on; None for all.
        found: the pictures on which they differ.
        why_none: why there are none; one sentence.
    """

    two: tuple[RunChoice, RunChoice]
    known: tuple[Diagnosed, Diagnosed]
    name: str | None
    found: tuple[PictureDifference, ...]
    why_none: str

    @property
    def key(self) -> tuple[object, ...]:
        """What decides the pictures."""
        return (*self.known, self.name)


class PicturesView(QWidget):
    """Choose two runs and a class; click a picture of the list, or go through it with the arrows."""

    def __init__(self, diagnoses: RunResults[Diagnosed], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._diagnoses = diagnoses
        self._choices: list[RunChoice] = []
        self._reference: ComparedRow | None = None
        self._compared: Compared | None = None
        self._classes: tuple[str, ...] = ()
        self._wanted: tuple[object, ...] = ()  # the key of what will be there
        self._name = ""
        self._is_chosen = False  # by a person: which runs
        self.boxes = (_combo("first_run", "First run"), _combo("second_run", "Second run"))
        self.of = _combo("pictures_class", "Class that the runs are compared on")
        self.list = CropGrid("Pictures on which the runs differ, most different first")
        self._words = QLabel()
        self._words.setObjectName("pictures_words")
        self._words.setProperty("quiet", True)
        self._words.setWordWrap(True)
        self.pair = PicturePair()
        self._reading = Reading(self)
        self.page = self._arrange()
        for box in self.boxes:
            box.activated.connect(self._choose)
        self.of.activated.connect(self._show)
        self.list.opened.connect(self._open)
        self.pair.stepped.connect(self._step)
        self._reading.done.connect(self._take)
        diagnoses.changed.connect(self._show)

    def show_runs(self, choices: Sequence[RunChoice], reference: ComparedRow | None, name: str) -> None:
        """Offer runs; a person's choice is kept, else one run is held against one of the reference.

        Args:
            choices: the runs, those of one row after another.
            reference: the row that others are compared with.
            name: of the class that is looked at; empty for all.
        """
        before = [box.currentData() for box in self.boxes] if self._is_chosen else []
        kept = [one for one in before if any(choice.run is one for choice in choices)]
        self._choices, self._reference = list(choices), reference
        for box in self.boxes:
            box.clear()
            for choice in choices:
                box.addItem(choice.name, choice.run)
        first, second = kept if len(kept) == 2 else _at_first(choices, reference)
        for box, run in zip(self.boxes, (first, second), strict=True):
            box.setCurrentIndex(next((k for k, one in enumerate(choices) if one.run is run), -1))
        self.show_class(name)

    def compare(self, run: Run) -> None:
        """Hold a run against one of the reference, of the same seed if there is one."""
        self._is_chosen = True
        for box, one in zip(self.boxes, (run, _opposite(run, self._choices, self._reference)), strict=True):
            box.setCurrentIndex(next((k for k, each in enumerate(self._choices) if each.run is one), -1))
        self._show()

    def show_class(self, name: str) -> None:
        """Compare on a class; on all where it is empty."""
        if name != self._name:
            self._name = name
            self.of.setCurrentIndex(max(self.of.findText(name), 0))
        self._show()

    def close_reader(self) -> None:
        """Wait for the threads."""
        self._reading.close()
        self.list.close_reader()
        self.pair.close_reader()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _choose(self) -> None:
        self._is_chosen = True
        self._show()

    # --- what there is ------------------------------------------------------------------------

    @property
    def _found(self) -> tuple[PictureDifference, ...]:
        return self._compared.found if self._compared is not None else ()

    def _two(self) -> tuple[RunChoice, RunChoice] | None:
        """The two runs that are chosen; None where they are not two."""
        runs = [box.currentData() for box in self.boxes]
        found = [choice for run in runs for choice in self._choices if choice.run is run]
        return (found[0], found[1]) if len({choice.run for choice in found}) == 2 else None

    def _show(self) -> None:
        if not self.isVisible():
            return
        two = self._two()
        if two is None:
            self._say(ONE_RUN)
            return
        self._diagnoses.want([choice.run for choice in two])
        first, second = (self._diagnoses.of(choice.run) for choice in two)
        if not isinstance(first, Diagnosed) or not isinstance(second, Diagnosed):
            problems = (one for one in (first, second) if isinstance(one, str))
            self._say(next(problems, "Reading the detections…"))
            return
        assert first.whole is not None
        self._offer_classes(tuple(each.name for each in first.whole.measured))
        name = None if self.of.currentIndex() <= 0 else self.of.currentText()
        self._wanted = (first, second, name)
        self._reading.want(self._wanted, partial(_compare, two, (first, second), name))
        shown = self._compared
        if shown is not None and shown.key == self._wanted and shown.two != two:  # a run has another name
            self._compared = replace(shown, two=two)
            self._open(self.list.current)

    def _say(self, sentence: str) -> None:
        """In place of what was compared, which is read anew when it is wanted again."""
        self._wanted = ()
        self._reading.forget()
        self.page.say(sentence)

    def _offer_classes(self, names: tuple[str, ...]) -> None:
        if names != self._classes:
            self._classes = names
            self.of.clear()
            self.of.addItems((ALL, *names))
            self.of.setCurrentIndex(max(self.of.findText(self._name), 0))

    def _take(self, compared: Compared | None) -> None:
        if compared is None or compared.key != self._wanted:
            return  # it was given up, or another pair or class is wanted by now
        if not compared.found:
            self.page.say(compared.why_none)
            return
        self._compared = compared
        self._words.setText(
            f"{len(self._found):,} pictures; how many mistakes fewer the left run makes (▲) or the right (▼)"
        )
        self._words.setToolTip(MISTAKES)
        self.list.show_cells(len(self._found), self._cell)
        self.page.show_content()
        self._open(0)

    def _cell(self, place: int) -> Cell:
        assert self._compared is not None  # else there are no cells
        difference, two = self._compared.found[place], self._compared.two
        image = self._compared.known[0].images[difference.image]
        side = float(max(image.width, image.height))
        x, y = (image.width - side) / 2, (image.height - side) / 2
        colours = theme.colours(self)
        better = 0 if difference.gain >= 0 else 1
        sign = "▲" if difference.gain > 0 else "▼" if difference.gain < 0 else "="
        about = "\n".join(
            f"{choice.name}: {_words(findings)}"
            for choice, findings in zip(two, difference.findings, strict=True)
        )
        return Cell(
            Crop(
                image.path,
                (round(x), round(y), round(x) + round(side), round(y) + round(side)),
                (image.width, image.height),
            ),
            np.array([0, 0, image.width, image.height], float),
            colours.line(two[better].colour) if difference.gain else colours.muted,
            (f"{sign} {abs(difference.gain)} · {difference.image}",),
            f"{difference.image}\n{about}",
        )

    # --- one picture --------------------------------------------------------------------------

    def _open(self, place: int) -> None:
        compared = self._compared
        if compared is None or not 0 <= place < len(compared.found):
            return
        difference = compared.found[place]
        self.list.current = place
        self.list.viewport().update()
        name = compared.name or _most_different(difference, compared.known)
        sides = []
        for choice, one, findings in zip(compared.two, compared.known, difference.findings, strict=True):
            shown = one.shown(name)
            assert shown is not None
            least = min((_least(one, each, rows) for each, rows in findings.rows.items()), default=math.inf)
            sides.append(Side(choice.name, choice.colour, _words(findings), shown, least))
        self.pair.show_picture(difference.image, sides[0], sides[1], compared.name is None)

    def _step(self, by: int) -> None:
        self._open(min(max(self.list.current + by, 0), len(self._found) - 1))

    # --- making -------------------------------------------------------------------------------

    def _arrange(self) -> Page:
        choices = QHBoxLayout()
        for words, box in (("Run", self.boxes[0]), ("against", self.boxes[1]), ("on", self.of)):
            label = QLabel(words)
            label.setBuddy(box)
            choices.addWidget(label)
            choices.addWidget(box, 1)
        content = QSplitter(Qt.Orientation.Horizontal)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._words)
        column.addWidget(self.list, 1)
        content.addWidget(left)
        content.addWidget(self.pair)
        content.setStretchFactor(1, 1)
        content.setSizes([LIST_WIDTH, 700])
        page = Page(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.addLayout(choices)
        layout.addWidget(page, 1)
        return page


def _combo(name: str, words: str) -> QComboBox:
    box = ElidedCombo()
    box.setObjectName(name)
    box.setAccessibleName(words)
    box.setToolTip(words)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box


def _at_first(choices: Sequence[RunChoice], reference: ComparedRow | None) -> tuple[Run | None, Run | None]:
    """The first run that is not of the reference, and one to hold it against."""
    theirs = reference.runs if reference is not None else ()
    first = next((choice.run for choice in choices if choice.run not in theirs), None)
    return first, _opposite(first, choices, reference)


def _opposite(run: Run | None, choices: Sequence[RunChoice], reference: ComparedRow | None) -> Run | None:
    """A run of the reference, of the same seed if there is one; of the paper's rows any other run."""
    theirs = reference.runs if reference is not None else ()
    others = [one for one in theirs or [choice.run for choice in choices] if one is not run]
    seed = run.settings.get("seed") if run is not None else None
    same = (one for one in others if one.settings.get("seed") == seed)
    return next(same, others[0] if others else None)


def _compare(
    two: tuple[RunChoice, RunChoice], known: tuple[Diagnosed, Diagnosed], name: str | None
) -> Compared:
    """Called in a thread."""
    a, b = (one.whole for one in known)
    assert a is not None
    assert b is not None
    try:
        return Compared(two, known, name, differing_pictures(a, b, name), NONE)
    except StudioError as error:
        return Compared(two, known, name, (), str(error))


def _most_different(difference: PictureDifference, known: Sequence[Diagnosed]) -> str:
    """The class on which the two differ most in a picture."""
    scores: dict[str, int] = {}
    for sign, findings, one in zip((1, -1), difference.findings, known, strict=True):
        for name, rows in findings.rows.items():
            true = int(np.count_nonzero(one.classes[name].detections.are(Verdict.TRUE)[rows]))
            scores[name] = scores.get(name, 0) + sign * (2 * true - len(rows))
    return max(scores, key=lambda name: abs(scores[name]))


def _least(known: Diagnosed, name: str, rows: np.ndarray) -> float:
    return float(known.classes[name].detections.scores[rows].min())


def _words(findings: Findings) -> str:
    return f"{len(findings.objects)} found, {findings.missed} missed, {findings.false} false"
