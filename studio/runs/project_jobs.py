"""Jobs of an open project: their small forms, starting and stopping them, taking in what they found."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget
from sqlalchemy import Connection

from core import config
from core.datasets.clip import Clip
from core.errors import StudioError
from core.identity.looks import COLOURS
from core.jobs import JOBS, jobs_on_clips, jobs_over_clips, pending
from core.review import suggested
from core.runs.job import Works
from core.runs.run_folder import RunFolder, State
from core.trajectories import touched, touched_suggestions
from core.trajectories.model import Kind
from core.trajectories.store import ClipSummary
from studio.background import Background
from studio.document import Document
from studio.runs.adoption import Adoption
from studio.runs.first_guess import kind_of
from studio.runs.job_popover import JobPopover
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.scope import Choice, Scope, choices, estimate, pace_of, words
from studio.runs.words import is_told_by_table
from studio.view_state import ViewState
from studio.window.settings import WindowSettings
from studio.workspaces.init_editor import InitEditor

_REPLACES: dict[str, Callable[[Connection, Sequence[int]], str]] = {
    "track": partial(touched.in_words, kind=Kind.POINT),
    "densify": partial(touched.in_words, kind=Kind.OBJECT),
    "suggest": touched_suggestions.in_words,
}
"""Job → says what of some clips its results replace, and what they leave."""


class ProjectJobs(QObject):
    """Starts tracking and densifying on clips; their results become trajectories by themselves.

    Signals:
        message(str): something to know, one sentence.
        offered(str, str, str, Callable): a sentence with one thing to do, as `Toasts.show` takes it.
        review_asked(str): the items of a recipe are wanted, from the first on.
        failed(str): a run ended badly; one sentence.
        built(str, SettingsForm): the form of a job is there, before it is first shown.
    """

    message = Signal(str)
    offered = Signal(str, str, str, object)
    review_asked = Signal(str)
    failed = Signal(str)
    built = Signal(str, object)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        runs: Runs,
        window: QWidget,
        settings: WindowSettings,
        chosen: Callable[[], Sequence[Clip]],
    ) -> None:
        """`chosen`: the clips that are selected."""
        super().__init__(window)
        self._window, self._settings, self._chosen = window, settings, chosen
        self._document, self._view, self._runs = document, view, runs
        self._summaries: list[ClipSummary] = []
        self._adoption = Adoption(document, self)
        self._adoption.message.connect(self.message)
        self._adoption.suggested.connect(self._offer_review)
        self._adoption.failed.connect(self.failed)
        self._names = [job.name for job in (*jobs_on_clips(), *jobs_over_clips())]
        self.popovers = _Popovers(self._popover)
        self._counted = ""  # the job whose form is to say what it replaces
        self._counter = Background(self)
        self._counter.done.connect(self._show_count)
        self._counter.failed.connect(self.failed)
        runs.start_when(lambda: not self._adoption.is_busy)
        runs.finished.connect(self._take_finished)
        runs.deleted.connect(self._tell_deleted)

    def _popover(self, name: str) -> JobPopover:
        """Build the form of a job."""
        job, editors = JOBS[name], {}
        if job in jobs_over_clips():
            editors["init"] = InitEditor(self._runs, ("colours, without a network", COLOURS))
        popover = JobPopover(job, self._window, editors, is_noted=name in _REPLACES)
        popover.start_asked.connect(partial(self._start, name))
        if name in _REPLACES:
            popover.scope_changed.connect(partial(self._count, name))
        self.built.emit(name, popover.form)
        return popover

    def slots(self, buttons: dict[str, QWidget]) -> dict[str, Callable[[], object]]:
        """Action → what it calls; forms open below `buttons`, by action, or below the last of these."""
        self._last = list(buttons.values())[-1]
        return {
            **{name: partial(self._open, name, buttons.get(name, self._last)) for name in self._names},
            "stop_runs": self._stop_all,
            "open_runs": self._open_folder,
        }

    def adopt_pending(self) -> None:
        """Take in what runs found while the window was closed."""
        self._adoption.add(pending(self._document.project))

    def set_summaries(self, summaries: list[ClipSummary]) -> None:
        """The clips there are now."""
        self._summaries = summaries

    def refusals(self) -> dict[str, str]:
        """Action → why it cannot be used now."""
        clips = "" if self._summaries else "Import clips first."
        keyed = clips or ("" if any(one.annotated for one in self._summaries) else "Draw an object first.")
        jobs = {name: keyed if JOBS[name].reads == (Kind.OBJECT,) else clips for name in self._names}
        return {**jobs, "export_tracks": clips, "import_tracks": clips, "save_overlay": clips}

    def close(self) -> None:
        """Runs go on in the background; their results wait for the next time."""
        self._adoption.close()
        self._counter.close()
        for popover in self.popovers.values():
            popover.deleteLater()
        self.deleteLater()

    def _open(self, job: str, button: QWidget) -> None:
        every = [one.clip for one in self._summaries]
        offered = choices(self._view.clip, self._chosen(), every)
        before = self._settings.scope(self._document.project.path, job)
        first = Scope(before) if before in list(Scope) else Scope.SELECTED
        corner = button.mapToGlobal(button.rect().bottomLeft())
        self.popovers[job].popup(corner, offered, first, partial(self._weigh, job))

    def _weigh(self, job: str, clips: Sequence[Clip], settings: object) -> tuple[str, str]:
        """What a job comes to, and why it cannot be done."""
        ids = {clip.id for clip in clips}
        if JOBS[job].reads == (Kind.OBJECT,) and not any(
            one.annotated for one in self._summaries if one.clip.id in ids
        ):
            return "", f"No object is drawn in {clips[0].name if len(clips) == 1 else 'these clips'} yet."
        every = [one.clip for one in self._summaries]
        plain = config.as_dict(settings) if settings is not None else {}
        bare = {one.clip.id for one in self._summaries if not one.points} & ids
        pace = self._settings.pace(kind_of(job, plain))
        text = words(clips, estimate(job, plain, clips, every, self._runs.all, pace, bare))
        if JOBS[job].reads == (Kind.POINT,) and bare:
            where = f" in {len(bare):,} of them" if len(bare) < len(clips) else ""
            text = f"{text} · points are tracked first{where}"
        return text, ""

    def _count(self, job: str, choice: Choice) -> None:
        """Have the form say what of the clips would be replaced, and what would be kept."""
        wanted = [clip.id for clip in choice.clips]
        self._counted = job
        self._counter.start(lambda report: _what_is_replaced(self._document, wanted, job))

    def _show_count(self, text: str) -> None:
        self.popovers[self._counted].set_note(text)

    def _start(self, job: str, settings: object, choice: Choice) -> None:
        self._settings.set_scope(self._document.project.path, job, choice.scope)
        every = len(choice.clips) == len(self._summaries)
        run = self._runs.start(job, settings, None if every else choice.clips)
        begun = "waits for those before it, then works" if self._runs.others_than(run) else "started"
        on = choice.text.removeprefix("only ")
        self.message.emit(f"{run.title}: {begun} on {on}; what it finds appears by itself.")

    def _stop_all(self) -> None:
        active = self._runs.active()
        for run in active:
            self._runs.stop(run)
        self.message.emit("Each run saves what it did and ends." if active else "Nothing is running.")

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._document.project.runs)))

    def _take_finished(self, run: Run) -> None:
        if is_told_by_table(run, self._runs.all):
            return
        if run.state is State.FAILED:
            self.failed.emit(f"{run.title} failed: {run.status.error}")
        elif run.state is State.INTERRUPTED:
            self.failed.emit(f"{run.title} was interrupted: {run.status.error}")
        elif run.state is State.DONE and run.folder is not None:
            self._take_done(run, run.folder)

    def _take_done(self, run: Run, folder: RunFolder) -> None:
        works = JOBS[run.job].works if run.job in JOBS else Works.IN_A_RUN
        pace = pace_of(run, [one.clip for one in self._summaries])
        if works in (Works.ON_CLIPS, Works.OVER_CLIPS) and pace is not None:
            self._settings.set_pace(kind_of(run.job, run.settings), pace)
        if works is Works.ON_CLIPS:
            self._adoption.add([folder])
        elif works is Works.OVER_CLIPS and run.log:
            self.message.emit(f"{run.log[-1].text} Go through them: Review ▸ Next item of the queue.")
        elif run.job == "pretrain" and self._summaries:
            act = partial(self._open_with, "identity", folder)
            self.offered.emit(f"{run.title} is done.", "info", "Find identity errors…", act)
        elif run.log and run.job in JOBS and not JOBS[run.job].workspace:  # no workspace shows what it did
            self.message.emit(run.log[-1].text)
        else:
            self.message.emit(f"{run.title} is done.")

    def _offer_review(self, waiting: int) -> None:
        wait = "objects wait" if waiting != 1 else "object waits"
        act = partial(self.review_asked.emit, suggested.NAME)
        self.offered.emit(f"{waiting:,} suggested {wait} for your decision.", "info", "Review", act)

    def _open_with(self, job: str, start: RunFolder) -> None:
        """Open the form of a job that starts from the weights of a run."""
        self.popovers[job].form.editor("init").set_value(str(start.path))
        self._open(job, self._last)

    def _tell_deleted(self, run: Run) -> None:
        self.offered.emit(f"{run.title}: deleted.", "info", "Undo", partial(self._restore, run))

    def _restore(self, run: Run) -> None:
        try:
            self._runs.restore(run)
        except StudioError as error:
            self.failed.emit(str(error))


class _Popovers(dict[str, JobPopover]):
    """Job → its form, which is built when it is first asked for: each takes as long as the canvas."""

    def __init__(self, build: Callable[[str], JobPopover]) -> None:
        super().__init__()
        self._build = build

    def __missing__(self, name: str) -> JobPopover:
        self[name] = self._build(name)
        return self[name]


def _what_is_replaced(document: Document, clip_ids: list[int], job: str) -> str:
    with document.project.reading() as connection:
        return _REPLACES[job](connection, clip_ids)
