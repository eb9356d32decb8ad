"""The pill in the status bar that says what runs, and the list of jobs it opens."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.percent import percent
from core.runs.run_folder import State
from studio import theme
from studio.runs.run import Run, job_title
from studio.runs.runs import Runs
from studio.runs.words import age, duration, in_line, state_words, without_cells
from studio.window.preferences import MOST_AT_ONCE, Preferences, PreferencesStore

SHOWN = 12
"""Jobs in the list; the workspaces show all."""

WIDTH, HEIGHT = 520, 420
"""Pixels of the list."""


class JobsPill(QToolButton):
    """What runs now, how far and for how long still; a click opens the list of jobs.

    Signals:
        run_chosen(Run): a person wants to look at a run.
    """

    run_chosen = Signal(object)

    def __init__(self, runs: Runs, preferences: PreferencesStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobs_pill")
        self.setAutoRaise(True)
        self._runs = runs
        self.list = JobsList(runs, preferences, self)
        for signal in (runs.added, runs.removed, runs.changed, runs.finished):
            signal.connect(self._refresh)
        self.list.run_chosen.connect(self.run_chosen)
        self.clicked.connect(self._open)
        self._refresh()

    def _refresh(self, _: Run | None = None) -> None:
        active = without_cells(self._runs.active(), self._runs.all)
        self.setText(pill_words(active))
        lines = [f"{run.title}: {state_words(run)}" for run in in_line(active)]
        self.setToolTip("\n".join(lines) or "Show the jobs")
        self.setAccessibleName(f"Jobs: {self.text()}")

    def _open(self) -> None:
        self.list.adjustSize()
        corner = self.mapToGlobal(QPoint(self.width() - self.list.width(), -self.list.height()))
        screen = self.screen().availableGeometry()
        self.list.move(max(corner.x(), screen.left()), max(corner.y(), screen.top()))
        self.list.show()


class JobsList(QFrame):
    """A popover with the newest jobs: progress, Stop, Resume, Kill, the folder, and what went wrong.

    Those that wait can change places, start at once or be cancelled.

    Signals:
        run_chosen(Run): a person clicked the name of a run.
    """

    run_chosen = Signal(object)

    def __init__(self, runs: Runs, preferences: PreferencesStore, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("jobs_list")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._runs, self._preferences = runs, preferences
        self._rows: dict[Run, _JobRow] = {}
        self.at_once = QSpinBox(minimum=1, maximum=MOST_AT_ONCE)
        self.at_once.setAccessibleName("Jobs at once")
        self.at_once.setToolTip("So many jobs run at the same time; the others wait in line")
        self._follow(preferences.now)
        self.at_once.valueChanged.connect(self._choose_at_once)
        preferences.changed.connect(self._follow)
        self._empty = QLabel("No jobs yet; tracking, training and evaluation run in the background.")
        self._empty.setWordWrap(True)
        self._empty.setProperty("quiet", True)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has it
        scroll.setAccessibleName("Jobs")
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        heading = QLabel("Jobs")
        heading.setProperty("role", "heading")
        head = QHBoxLayout()
        head.addWidget(heading, 1)
        label = QLabel("At once")
        label.setBuddy(self.at_once)
        for widget in (label, self.at_once):
            head.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
        self.setFixedSize(WIDTH, HEIGHT)
        for signal in (runs.added, runs.removed):
            signal.connect(self._list_runs)
        for signal in (runs.changed, runs.finished):
            signal.connect(self._refresh)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list_runs()

    def _list_runs(self, _: Run | None = None) -> None:
        """A row for each of the newest runs: those that run, those that wait by turn, those that ended."""
        if not self.isVisible():
            return
        wanted = in_line(without_cells(self._runs.all, self._runs.all))[:SHOWN]
        for run in [run for run in self._rows if run not in wanted]:
            self._rows.pop(run).deleteLater()
        for place, run in enumerate(wanted):
            if run not in self._rows:
                self._rows[run] = _JobRow(run, self._runs)
                self._rows[run].chosen.connect(self._choose)
            self._column.insertWidget(place, self._rows[run])
            self._rows[run].refresh()
        self._empty.setVisible(not wanted)

    def _choose(self, run: Run) -> None:
        self.hide()
        self.run_chosen.emit(run)

    def _refresh(self, run: Run) -> None:
        if not self.isVisible() or run not in self._rows:
            return
        if self._rows[run].turn != run.turn:
            self._list_runs()  # in another order
        else:
            self._rows[run].refresh()

    def _choose_at_once(self, count: int) -> None:
        self._preferences.set(replace(self._preferences.now, jobs_at_once=count))

    def _follow(self, preferences: Preferences) -> None:
        self._runs.queue.at_once = preferences.jobs_at_once
        self.at_once.setValue(preferences.jobs_at_once)


class _JobRow(QFrame):
    chosen = Signal(object)

    def __init__(self, run: Run, runs: Runs) -> None:
        super().__init__()
        self._run, self._runs = run, runs
        self.turn: int | None = None
        self.setProperty("role", "card")
        self._title, self._words, self._error = QToolButton(), QLabel(), QLabel()
        self._title.setProperty("role", "heading")
        self._title.setAutoRaise(True)
        self._title.clicked.connect(lambda: self.chosen.emit(run))
        self._words.setProperty("quiet", True)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._error.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._stop, self._resume = _button("Stop"), _button("Resume")
        self._kill, self._folder = _button("Kill"), _button("Open folder")
        self._stop.clicked.connect(lambda: runs.stop(run))
        self._resume.clicked.connect(lambda: runs.resume(run))
        self._kill.clicked.connect(lambda: runs.kill(run))
        self._folder.clicked.connect(self._open_folder)
        self._earlier, self._later = _button("↑"), _button("↓")
        for button, by, name in ((self._earlier, -1, "Earlier"), (self._later, 1, "Later")):
            button.setAccessibleName(name)
            button.setToolTip(f"{name} in line")
            button.clicked.connect(partial(runs.move, run, by))
        self._now = _button("Start now")
        self._now.setToolTip("Start it beside what runs")
        self._now.clicked.connect(lambda: runs.start_now(run))
        buttons = QHBoxLayout()
        buttons.addWidget(self._words, 1)
        own = (self._earlier, self._later, self._now)
        for button in (*own, self._stop, self._resume, self._kill, self._folder):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.setSpacing(theme.SPACE // 2)
        layout.addWidget(self._title)
        layout.addWidget(self._progress)
        layout.addLayout(buttons)
        layout.addWidget(self._error)

    def refresh(self) -> None:
        run = self._run
        self._title.setText(run.title)
        self._title.setToolTip(f"{run.title}\n{run.name}")
        words = state_words(run)
        self._words.setText(words if run.is_active else f"{words} · {age(run)}")
        self._words.setToolTip(words)
        self.turn = run.turn
        for button in (self._earlier, self._later, self._now):
            button.setVisible(run.is_waiting)
        self._earlier.setEnabled(run.turn != 1)
        self._later.setEnabled(run.turn != len(self._runs.queue.runs))
        self._stop.setText("Cancel" if run.is_waiting else "Stop")
        self._progress.setVisible(run.is_active and not run.is_waiting)
        self._progress.setRange(0, 0 if run.fraction is None else 1000)
        self._progress.setValue(round(1000 * (run.fraction or 0.0)))
        self._stop.setVisible(run.is_active and not run.is_stopping)
        self._kill.setVisible(self._runs.can_kill(run))
        ended_early = run.state in (State.STOPPED, State.FAILED, State.INTERRUPTED)
        self._resume.setVisible(ended_early and run.folder is not None and not run.damage)
        self._folder.setVisible(run.folder is not None and not run.is_waiting)
        self._error.setText(run.status.error or run.flaw)
        self._error.setVisible(bool(run.status.error or run.flaw) and not run.is_active)

    def _open_folder(self) -> None:
        if self._run.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._run.path)))


def pill_words(active: list[Run]) -> str:
    """What the pill says: the newest job that runs, its share done and time left, and how many others.

    Args:
        active: those that have not ended, the newest first.
    """
    if not active:
        return "No jobs running"
    run = in_line(active)[0]
    parts = [job_title(run.job)]
    waiting = sum(one.is_waiting for one in active)
    more = len(active) - waiting - 1
    if run.is_waiting:
        more, waiting = 0, waiting - 1
        parts.append("queued")
    elif run.is_stopping:
        parts.append("stopping…")
    elif run.fraction is not None:
        parts.append(percent(run.fraction))
        if run.status.eta is not None:
            parts.append(f"{duration(run.status.eta)} left")
    else:
        parts.append("starting…")
    if more > 0:
        parts.append(f"{more} more")
    if waiting:
        parts.append(f"{waiting} queued")
    return " · ".join(parts)


def _button(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    return button
