"""One run as the window follows it: what its folder has reported so far."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import Any

import numpy as np

from core.events import ClassAP, Filters, Log
from core.jobs import JOBS
from core.matrix.names import MatrixRunName, matrix_run_name
from core.pretraining.run_material import RunMaterial
from core.runs.run_folder import RunFolder, State, Status
from core.runs.run_notes import RunNotes
from studio.runs.reader import News

ACTIVE = (State.QUEUED, State.RUNNING)
"""States in which a run has not ended."""


def job_title(name: str) -> str:
    """The window's words for a job, also for one that another version made."""
    return JOBS[name].title if name in JOBS else name.capitalize()


POINTS_KEPT = 1 << 16
"""Points of a curve at most, before every second one is dropped; a screen shows a few thousand."""

LINES_KEPT, NAMES_KEPT = 10_000, 1_000
"""Lines of a run's log, and curves and classes of it, that the window keeps."""


class Curve:
    """A metric that grows: arrays that double, so adding is cheap and reading copies nothing.

    A curve of more than `POINTS_KEPT` points is thinned evenly: it holds every second, fourth … value that
    was reported, and the last one.
    """

    def __init__(self) -> None:
        self._steps = np.empty(256)
        self._values = np.empty(256)
        self._length = 0
        self._reported, self._stride = 0, 1
        self._ends_between = False  # the last point is there only because it is the last one

    def __len__(self) -> int:
        return self._length

    @property
    def steps(self) -> np.ndarray:
        """(N,) float64 view: training steps, in the order they were reported."""
        return self._steps[: self._length]

    @property
    def values(self) -> np.ndarray:
        """(N,) float64 view: the values; NaN where the run reported none."""
        return self._values[: self._length]

    def extend(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Add points at the end."""
        if not len(steps):
            return
        self._length -= self._ends_between
        first = -self._reported % self._stride
        self._append(steps[first :: self._stride], values[first :: self._stride])
        self._reported += len(steps)
        while self._length > POINTS_KEPT:
            length = len(self.steps[::2])
            self._steps[:length], self._values[:length] = self.steps[::2].copy(), self.values[::2].copy()
            self._length, self._stride = length, 2 * self._stride
        self._ends_between = (self._reported - 1) % self._stride != 0
        if self._ends_between:
            self._append(steps[-1:], values[-1:])

    def _append(self, steps: np.ndarray, values: np.ndarray) -> None:
        length = self._length + len(steps)
        if length > len(self._steps):
            size = max(length, 2 * len(self._steps))
            self._steps = np.concatenate((self.steps, np.empty(size - self._length)))
            self._values = np.concatenate((self.values, np.empty(size - self._length)))
        self._steps[self._length : length] = steps
        self._values[self._length : length] = values
        self._length = length


class Run:
    """A run: settings, status, and all it reported.

    Attributes:
        job: a key of `core.jobs.JOBS`.
        folder: its folder; None while its snapshot is being written.
        settings: the job's settings as plain values.
        status: where it stands.
        notes: what a person calls it and says of it.
        start: where its trunk starts, such as `RandomNet` or `AssociationNet-objtr`; empty for other jobs.
        weights: what that is now: the folder of a run, a file, `random`; empty for other jobs.
        damage: why nothing but its folder can be shown, in a sentence; empty for any other.
        flaw: which of its other files is damaged, in a sentence; it can be shown, and gone on with.
        clips, revision, points, objects: what it works on: the clips' names, at which revision of the
            project, how many point and object trajectories; the revision is None without a snapshot.
        material: what it trains on and is measured on; None where that is not recorded.
        metrics: name → curve.
        filters: where conv1 filters were written, by step.
        class_aps: class → its average precision.
        log: the last lines for people.
        log_dropped: how many came before these.
        turn: its place in the line of those that wait, from 1; None where it does not wait.
        stop_asked: when it was asked to stop, in seconds since the epoch; None if it was not.
    """

    def __init__(self, job: str, settings: dict[str, Any], folder: RunFolder | None = None) -> None:
        self.job = job
        self.folder = folder
        self.settings = settings
        self.status = Status(updated=time())
        self.notes = RunNotes()
        self.start = self.weights = self.damage = self.flaw = ""
        self.clips: tuple[str, ...] = ()
        self.revision: int | None = None
        self.points = self.objects = 0
        self.material: RunMaterial | None = None
        self.turn: int | None = None
        self.stop_asked: float | None = None
        self._created = time() if folder is None else _created(folder.path)
        self.forget_events()

    def forget_events(self) -> None:
        """Empty all that came from events, before they are read again from the start."""
        self.metrics: dict[str, Curve] = {}
        self.filters: list[Filters] = []
        self.class_aps: dict[str, ClassAP] = {}
        self.log: list[Log] = []
        self.log_dropped = 0

    def curve(self, name: str) -> Curve:
        """The curve of a metric, empty before its first value."""
        return self.metrics.setdefault(name, Curve())

    def take(self, news: News) -> None:
        """Take over what its folder reported since the last look, as much of it as a window can show."""
        for name, (steps, values) in news.metrics.items():
            if name in self.metrics or len(self.metrics) < NAMES_KEPT:
                self.curve(name).extend(steps, values)
        for one in news.class_aps:  # a class that is reported again takes the newer one
            if one.name in self.class_aps or len(self.class_aps) < NAMES_KEPT:
                self.class_aps[one.name] = one
        self.filters += news.filters
        while len(self.filters) > LINES_KEPT:
            self.filters = self.filters[::2]
        self.log += news.log
        dropped = max(len(self.log) - LINES_KEPT, 0)
        self.log_dropped += dropped
        del self.log[:dropped]

    @property
    def name(self) -> str:
        """The name of its folder; the job's while there is no folder yet."""
        return self.folder.name if self.folder is not None else self.job

    @property
    def in_matrix(self) -> MatrixRunName | None:
        """Which part of which matrix it is; None for a run of its own."""
        return matrix_run_name(self.name)

    @property
    def path(self) -> Path | None:
        return self.folder.path if self.folder is not None else None

    @property
    def title(self) -> str:
        """Its job and its name, or in place of a name its choices, or its cell in a matrix."""
        if self.notes.name:
            return " · ".join((job_title(self.job), self.notes.name))
        return f"Table 1 · {self.in_matrix.title}" if self.in_matrix is not None else self.choices

    @property
    def choices(self) -> str:
        """Its job and the settings that matter most, such as `Pretrain · association objtr tiny`."""
        start = [self.start] if self.start else []
        chosen = ("method", "regime", "network", "preset", "tracks")
        values = [
            str(self.settings[key]) for key in chosen if self.settings.get(key) not in (None, "", "auto")
        ]
        if self.job == "table1":
            values = [_matrix_words(self.settings)]
        return " · ".join(filter(None, (job_title(self.job), *start, " ".join(values))))

    @property
    def label(self) -> str:
        """Its name, else its choices without the job, for legends."""
        return self.title.partition(" · ")[2] or self.title

    @property
    def is_damaged(self) -> bool:
        """Whether something in its folder cannot be read."""
        return bool(self.damage or self.flaw)

    @property
    def created(self) -> float:
        """When it was made, in seconds since the epoch."""
        return self._created

    @property
    def state(self) -> State:
        return self.status.state

    @property
    def is_active(self) -> bool:
        """Whether it starts or runs."""
        return self.state in ACTIVE

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for others to end before it starts."""
        return self.turn is not None

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not ended."""
        return self.is_active and self.stop_asked is not None

    @property
    def fraction(self) -> float | None:
        """How much is done, 0..1; None while unknown."""
        return min(self.status.step / self.status.total, 1.0) if self.status.total > 0 else None

    def log_tail(self, lines: int) -> list[str]:
        """The last lines of the worker's own log: the traceback of a crash."""
        if self.path is None:
            return []
        try:
            with open(self.path / "worker.log", "rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - 64_000))
                return file.read().decode("utf-8", "replace").splitlines()[-lines:]
        except OSError:
            return []


def _matrix_words(settings: Mapping[str, Any]) -> str:
    counted = ((len(settings.get("networks", ())), "network"), (settings.get("seeds", 1), "seed"))
    words = [f"{count} {what}{'' if count == 1 else 's'}" for count, what in counted]
    return ", ".join((str(settings.get("schedule", "")), *words))


def _created(path: Path) -> float:
    try:
        stamp = datetime.datetime.strptime(path.name.split("-")[0], "%Y%m%dT%H%M%S%f")
        return stamp.replace(tzinfo=datetime.UTC).timestamp()
    except ValueError:
        return (path / "config.toml").stat().st_mtime
