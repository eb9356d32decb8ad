"""What follows from edits: worked out in a thread, it joins the same step of undo."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from core.datasets.clip import Clip
from core.events import OnProgress
from core.trajectories.journal import Edit
from core.trajectories.model import Changes
from core.trajectories.steps import HistoryEntry
from studio.background import Background
from studio.document import Document
from studio.view_state import ViewState


@dataclass(frozen=True, eq=False)
class Task:
    """What follows from an edit of a trajectory: its step of undo, and the clip.

    Without a step it is worked out because a person asked for it, and is a step of its own.
    """

    clip: Clip
    trajectory_id: int
    step: HistoryEntry | None


AnyTask = TypeVar("AnyTask", bound=Task)


class FollowUp(QObject, Generic[AnyTask]):
    """Works out what follows from edits, one trajectory after the other.

    An edit is made at once; what follows lands later as part of the same step of undo, or as a step of
    its own where other edits were made since. A task whose trajectory changed meanwhile, or that `cancel`
    meets, is given up. A kind of task says how it is done, when it is stale and how it is shown.

    Signals:
        failed(str): the frames cannot be read; one sentence for the user.
    """

    failed = Signal(str)

    def __init__(self, document: Document, view: ViewState, pause: int, parent: QObject | None) -> None:
        """`pause`: milliseconds without another task before one begins."""
        super().__init__(parent)
        self._document, self._view = document, view
        self._waiting: dict[int, AnyTask] = {}
        self._running: AnyTask | None = None
        self._percent = 0  # of what runs
        self._pause = QTimer(self, interval=pause, singleShot=True)
        self._pause.timeout.connect(self._next)
        self._background = Background(self)
        self._background.progressed.connect(self._show_progress)
        self._background.done.connect(self._land)
        self._background.failed.connect(self._fail)
        self._background.cancelled.connect(self._next)
        document.changed.connect(self._give_up_changed)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being worked out, also nothing that was given up."""
        return not self._background.is_running and not self._pause.isActive()

    def cancel(self) -> bool:
        """Give up all there is to do; False if there is nothing."""
        under_way = bool(self._waiting) or self._running is not None
        self._pause.stop()
        self._give_up(lambda task: True)
        return under_way

    def close(self) -> None:
        """Give up what is under way, and wait for the thread."""
        self.cancel()
        self._background.close()

    def _work(self, task: AnyTask) -> Callable[[OnProgress], Sequence[Edit]]:
        """Makes the edits that follow, in a thread."""
        raise NotImplementedError

    def _is_stale(self, task: AnyTask) -> bool:
        """Whether a change of its trajectory makes a task useless."""
        raise NotImplementedError

    def _show(self) -> None:
        """Have the views say what waits and what runs."""
        raise NotImplementedError

    def _task_of(self, trajectory_id: int) -> AnyTask | None:
        """What waits or runs about a trajectory."""
        if self._running is not None and self._running.trajectory_id == trajectory_id:
            return self._running
        return self._waiting.get(trajectory_id)

    def _add(self, task: AnyTask) -> None:
        self._waiting.pop(task.trajectory_id, None)
        self._waiting[task.trajectory_id] = task
        if self._pause.interval():
            self._pause.start()
        self._next()

    def _next(self) -> None:
        if not self._background.is_running:  # else the end of the work comes here again
            self._running = None
            if self._waiting and not self._pause.isActive():
                _, task = self._waiting.popitem()  # the latest first, whose edit can still be joined
                self._running, self._percent = task, 0
                self._background.start(self._work(task))
        self._show()

    def _show_progress(self, done: int, total: int) -> None:
        self._percent = 100 * done // total // 5 * 5
        self._show()

    def _land(self, edits: Sequence[Edit]) -> None:
        task, self._running = self._running, None  # what it changes is its own change
        if task is not None:
            for edit in edits:
                if task.step is None:
                    self._document.perform(edit)
                else:
                    self._document.complete(edit, task.step)
        self._next()

    def _fail(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self._next()

    def _give_up_changed(self, changes: Changes) -> None:
        self._give_up(lambda task: task.trajectory_id in changes.trajectories and self._is_stale(task))

    def _give_up(self, which: Callable[[AnyTask], bool]) -> None:
        self._waiting = {id: task for id, task in self._waiting.items() if not which(task)}
        if self._running is not None and which(self._running):
            self._background.cancel()
            self._running = None
        self._show()
