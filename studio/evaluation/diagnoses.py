"""Why the APs of runs are what they are: worked out in a thread, and kept while the runs are unchanged."""

from collections import OrderedDict
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from core.datasets.voc import VocImage
from core.evaluation.diagnosis import ClassDiagnosis, Diagnosis
from core.events import OnProgress
from core.runs.measured_run import MeasuredRun
from core.runs.run_folder import State
from studio.background import Background
from studio.evaluation.shown_class import ShownClass
from studio.runs.result_key import Key, result_key
from studio.runs.run import Run

TELL_PERIOD = 50
"""Milliseconds between two signals that there is more."""

KEPT = 4
"""Runs whose diagnosis is kept."""

NO_RUN = "Choose an evaluation on the left, or start one on the right."
ACTIVE = "The detections can be looked at as soon as the run has measured them."
UNFINISHED = "The run ended before it had measured its detections; resume it to see them."
UNREAD = "The detections are being read…"
JUDGING = "The detections are being judged…"


@dataclass(eq=False)
class Diagnosed:
    """What is known of a run so far.

    Attributes:
        run, images: its files, and the images of its set by id; None and empty before they are read.
        classes: those that are worked out.
        whole: all of it, once it is there.
        problem: why there is nothing; one sentence.
    """

    run: MeasuredRun | None = None
    images: dict[str, VocImage] = field(default_factory=dict)
    classes: dict[str, ClassDiagnosis] = field(default_factory=dict)
    whole: Diagnosis | None = None
    problem: str = ""
    _shown: dict[str, ShownClass] = field(default_factory=dict)

    @classmethod
    def of(cls, run: MeasuredRun) -> "Diagnosed":
        """All of it at once; takes seconds.

        Raises:
            StudioError: a file of detections is damaged or of another set.
        """
        whole = run.diagnosis()
        return cls(run, {image.id: image for image in run.images}, whole.classes, whole)

    def shown(self, name: str) -> ShownClass | None:
        """A class, once it is worked out."""
        if self.run is None or name not in self.classes:
            return None
        if name not in self._shown:
            self._shown[name] = ShownClass(self.run, self.images, self.classes, name)
        return self._shown[name]


class Diagnoses(QObject):
    """The diagnosis of the run that was wanted last; those before are kept.

    Signals:
        changed(): there is more of it, or a sentence that says why there is nothing.
        busy_changed(str): what is being done now; empty for nothing.
    """

    changed = Signal()
    busy_changed = Signal(str)
    _read = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: OrderedDict[Key, Diagnosed] = OrderedDict()
        self._working: Key | None = None
        self._tell = QTimer(self, interval=TELL_PERIOD, singleShot=True)
        self._tell.timeout.connect(self.changed)
        self._work = Background(self)
        self._work.done.connect(self._finish)
        self._work.failed.connect(self._fail)
        self._read.connect(self._take)

    def want(self, run: Run | None) -> Diagnosed:
        """What is known of a run; what is not is worked out, which `changed` tells."""
        if run is None:
            return Diagnosed(problem=NO_RUN)
        key = result_key(run)
        if key is None:
            return Diagnosed(problem=why_unmeasured(run))
        if key not in self._known:
            self._known[key] = Diagnosed()
            self._start(key)
        elif self._known[key].whole is None and not self._known[key].problem and key != self._working:
            self._start(key)  # another run took its place
        self._known.move_to_end(key)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return self._known[key]

    def known(self, run: Run) -> Diagnosed | None:
        """What is known of a run already."""
        key = result_key(run)
        return self._known.get(key) if key is not None else None

    def close(self) -> None:
        """Wait for the thread."""
        self._work.close()

    def _start(self, key: Key) -> None:
        self._working = key
        self.busy_changed.emit(UNREAD)

        def work(report: OnProgress) -> tuple[Key, Diagnosis]:
            run = MeasuredRun.open(key[0])
            report(0, len(run.classes), "")  # ends it where another run is wanted by now
            self._read.emit(key, run, None)

            def tell(one: ClassDiagnosis) -> None:
                report(run.classes.index(one.name), len(run.classes), one.name)
                self._read.emit(key, None, one)

            return key, run.diagnosis(tell)

        self._work.start(work)

    def _take(self, key: Key, run: MeasuredRun | None, one: ClassDiagnosis | None) -> None:
        known = self._known.get(key)
        if known is None:
            return
        if run is not None:
            known.run, known.images = run, {image.id: image for image in run.images}
            if key == self._working:
                self.busy_changed.emit(JUDGING)
        if one is not None:
            known.classes[one.name] = one
        self._tell_soon()

    def _tell_soon(self) -> None:
        """Classes come faster than they can be looked at."""
        if not self._tell.isActive():
            self._tell.start()

    def _finish(self, found: tuple[Key, Diagnosis]) -> None:
        key, whole = found
        self._working = None
        if key in self._known:
            self._known[key].whole = whole
        self.busy_changed.emit("")
        self._tell_soon()

    def _fail(self, sentence: str) -> None:
        key, self._working = self._working, None
        if key is not None and key in self._known:
            self._known[key].problem = sentence
        self.busy_changed.emit("")
        self._tell_soon()


def why_unmeasured(run: Run) -> str:
    """Why a run without a `result_key` has no detections to look at; one sentence."""
    if run.is_active or run.path is None:
        return ACTIVE
    if run.state is not State.DONE:
        return UNFINISHED
    return f"{run.name} was not measured; evaluate its detections first."
