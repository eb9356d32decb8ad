"""The views of an open project, built and joined; they live as long as it is open."""

import contextlib
from collections.abc import Callable, Collection, Generator, Iterator
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar, runtime_checkable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from core.project.project import Project
from core.trajectories.filter_text import text_of
from core.trajectories.journal import Edit
from core.trajectories.observation_edits import MovePoint
from core.trajectories.point_edits import AddPoint
from core.trajectories.trajectory_edits import Merge
from studio.building_ahead import BuildingAhead
from studio.canvas.pane import CanvasPane
from studio.connections import Connections
from studio.document import Document
from studio.editing.edit_messages import EditMessages
from studio.editing.focus import Focus
from studio.editing.object_filling import ObjectFilling
from studio.editing.path_repair import PathRepair
from studio.editing.proposals import Proposals
from studio.editing.questions import ask_before
from studio.editing.track_edits import TrackEdits
from studio.exchange.track_exchange import TrackExchange
from studio.exchange.track_exports import TrackExports
from studio.forms.form_memory import FormMemory
from studio.forms.settings_form import SettingsForm
from studio.in_steps import InSteps, whole
from studio.labels.labelling import Labelling
from studio.leisure_backups import LeisureBackups
from studio.panels.history import HistoryPanel
from studio.panels.impact_note import ImpactNote
from studio.panels.inspector import Inspector
from studio.panels.proposal_card import ProposalCard
from studio.plots.plots import Plots
from studio.review.panel import ReviewPanel
from studio.review.queue import Queue
from studio.runs.pill import JobsPill
from studio.runs.project_jobs import ProjectJobs
from studio.runs.run_exports import RunExports
from studio.runs.runs import Runs
from studio.runs.words import without_cells
from studio.tables.clip_list import ClipList
from studio.tables.track_table import TrackTable
from studio.timeline.timeline import Timeline
from studio.versions.versions import Versions
from studio.view_state import ViewState
from studio.watch.loss_source import LossSource
from studio.watch.visit import Visit
from studio.window.dock_layout import Panel
from studio.window.main_window import WORKSPACES, MainWindow
from studio.window.settings import LastView
from studio.workspaces.clip_actions import ClipActions
from studio.workspaces.compare import CompareWorkspace
from studio.workspaces.context_menus import ContextMenus
from studio.workspaces.curate import CurateWorkspace
from studio.workspaces.curate_actions import CurateActions
from studio.workspaces.evaluate import EvaluateWorkspace
from studio.workspaces.matrix import MatrixWorkspace
from studio.workspaces.places import Places
from studio.workspaces.preferred import Preferred
from studio.workspaces.probe import ProbeWorkspace
from studio.workspaces.train import TrainWorkspace


@runtime_checkable
class _Reads(Protocol):
    def close_reader(self) -> None: ...


class _Works(Protocol):
    def close(self) -> object: ...


_Part = TypeVar("_Part", bound=_Reads | _Works)


class Session(QObject):
    """What belongs to one open project. It has the document alone until all its `steps` were taken, in
    which everything else is built, and what was looked at last is looked at again.

    Signals:
        import_asked(): clips are wanted.
    """

    import_asked = Signal()

    def __init__(self, project: Project, last: LastView, window: MainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self.window, self._commands = window, window.commands
        self._closing = contextlib.ExitStack()
        self._closing.callback(self.deleteLater)
        self._closing.callback(window.toasts.dismiss, "progress")
        self._closing.callback(window.commands.renew_with, None)
        self.document = self._own(Document(project, self))
        self.document.failed.connect(partial(window.toasts.show, kind="error"))
        self.steps = self._build(project, last)

    def _build(self, project: Project, last: LastView) -> Generator[None, None, None]:
        window = self.window
        self.view = ViewState(self)
        self.runs = self._own(Runs(project, self))
        self.backups = self._own(LeisureBackups(project, self))
        yield from self._build_curating(last)
        yield
        self._build_running()
        yield
        yield from self._show_in_window(project.name)
        yield
        ahead = [partial(self._build_ahead, name) for name in WORKSPACES]
        self.ahead = self._own(BuildingAhead(ahead, self.document, self.view, window, self))
        self.connections = Connections(self)
        for name, slot in self._actions_of_a_project().items():
            self._commands.connect(name, slot)
            self._closing.callback(self._commands.release, name)
        self.connections.show_summaries(self.clips.summaries)
        self.telling.refresh()
        self.jobs.adopt_pending()
        yield
        self.tracks.filters.restore(last.tracks)
        if last.workspace in WORKSPACES:
            yield from self._build_ahead(last.workspace)
            self.window.show_workspace(last.workspace)
        self._tell_of_runs()

    def _tell_of_runs(self) -> None:
        """Say what goes on in the background, and what waits."""
        active = without_cells(self.runs.active(), self.runs.all)
        going, waiting = [run for run in active if not run.is_waiting], len(self.runs.queue.runs)
        if going:
            also = f"; {waiting} more wait{'s' if waiting == 1 else ''} in line" if waiting else ""
            self.window.toasts.show(f"{going[0].title} went on in the background{also}.")
        elif waiting:
            self.window.toasts.show(f"{self.runs.queue.runs[0].title} waited in line and starts now.")

    def last_view(self) -> LastView:
        """What is looked at now."""
        clip, workspace = self.view.clip, self.window.panels.workspace or "curate"
        tracks = text_of(self.tracks.filters.now)
        return LastView(clip.name if clip else "", self.view.frame, workspace, tracks)

    def close(self) -> None:
        """Let go of the project, the newest part first; runs go on in the background. What is not built yet
        never is."""
        self.steps.close()
        self._closing.close()

    # --- building -----------------------------------------------------------------------------

    def _build_curating(self, last: LastView) -> Iterator[None]:
        """Clips, tracks and the canvas, and what works on them."""
        document, view, commands = self.document, self.view, self._commands
        first = next((one.clip.id for one in document.clips() if one.clip.name == last.clip), None)
        if first is not None:
            view.come_back(first, last.frame)
        self.clips = self._own(ClipList(document, view, first))
        yield
        self.tracks = self._own(TrackTable(document, view))
        self.tracks.no_objects.offer(commands["suggest"])
        yield
        self.canvas = self._own(CanvasPane(document, view))
        self.timeline = Timeline(document, view)
        yield
        self.proposals = self._own(Proposals(document, view, self.runs, self))
        decisions = [commands[name] for name in ("do_proposed", "dismiss_proposed")]
        self.proposal_card = self._own(ProposalCard(document, view, self.proposals, decisions))
        names = ("accept", "reject", "reopen", "occluded", "outside", "delete_track")
        reviews = [commands[name] for name in names]
        self.impact = ImpactNote(document, view, self.runs)
        self.inspector = self._own(Inspector(document, view, reviews, [self.proposal_card, self.impact]))
        yield
        self.history = self._own(HistoryPanel(document, view))
        self.queue = self._own(Queue(document, view, self.proposals, self))
        self.review = ReviewPanel(document, self.queue, commands.with_keys)
        yield
        self.curate = CurateWorkspace(commands, self.canvas)
        self.edits = TrackEdits(
            document,
            view,
            rows=lambda: self.tracks.model.rows,
            frame=lambda: self.canvas.stage.scene.frame,
            parent=self,
        )
        self.labelling = self._own(Labelling(document, view, commands, self.canvas, self.edits, self))
        yield
        self.focus = Focus(document, view, frame=lambda: self.canvas.stage.scene.frame, parent=self)
        self.telling = EditMessages(document, self.window, self.focus, self)
        self.versions = self._own(Versions(document, self.window, self.focus, self))
        self.repair = self._own(PathRepair(document, view, self))
        self.filling = self._own(
            ObjectFilling(document, view, self.window, lambda: self.canvas.stage.scene.frame, self)
        )
        self.exchange = self._own(TrackExchange(document, view, self.window, self))
        self.track_exports = self._own(TrackExports(document, view, self.tracks.filters, self.window, self))
        self.actions = CurateActions(
            document,
            view,
            commands,
            self.canvas,
            self.tracks,
            self.edits,
            self.filling.keyframes,
            self.filling.carries,
            self.proposals,
            self.queue,
            self.labelling,
            weigh=self.impact.cost,
            give_up=self.give_up,
            parent=self,
        )
        refresh = self.actions.refresh
        ContextMenus(commands, view, self.canvas, self.timeline, self.tracks, refresh, parent=self)
        self.clip_actions = ClipActions(
            document,
            self.clips,
            self.runs,
            commands,
            show=partial(self.window.panels.bring, "clips"),
            parent=self,
        )

    @cached_property
    def train(self) -> TrainWorkspace:
        """Pretraining; like the other workspaces that show runs it is built when it is first wanted."""
        train = self._own(whole(self._begun_train))
        self._memory.join("pretrain", train.form)
        self.plots.join(train)
        self.connections.join_train(train)
        return train

    @cached_property
    def evaluate(self) -> EvaluateWorkspace:
        evaluate = self._own(whole(self._begun_evaluate))
        self._memory.join("voc", evaluate.form)
        self.plots.join(evaluate)
        self.connections.join_evaluate(evaluate)
        return evaluate

    @cached_property
    def compare(self) -> CompareWorkspace:
        compare = self._own(whole(self._begun_compare))
        compare.table.add_tool(self._commands["run_table1"])
        self.plots.join(compare)
        self.connections.join_compare(compare)
        return compare

    @cached_property
    def _begun_train(self) -> TrainWorkspace:
        return TrainWorkspace(self.document, self.runs, self.tracks.filters)

    @cached_property
    def _begun_evaluate(self) -> EvaluateWorkspace:
        return EvaluateWorkspace(self.document, self.runs)

    @cached_property
    def _begun_compare(self) -> CompareWorkspace:
        return CompareWorkspace(self.document, self.runs)

    def _build_ahead(self, name: str) -> Iterator[None]:
        """Build a workspace in steps, of which none holds the window for long."""
        begun: dict[str, Callable[[], InSteps]] = {
            "train": lambda: self._begun_train,
            "evaluate": lambda: self._begun_evaluate,
            "compare": lambda: self._begun_compare,
        }
        if name in begun:
            yield from begun[name]().steps
        self._workspaces[name]()
        yield
        self.window.build_workspace(name)

    @cached_property
    def probe(self) -> ProbeWorkspace:
        probe = ProbeWorkspace(self.document, self.runs)
        self._memory.join("probe", probe.form)
        self.plots.join(probe)
        return probe

    @cached_property
    def matrix(self) -> MatrixWorkspace:
        matrix = self._own(MatrixWorkspace(self.document, self.runs))
        self.connections.join_matrix(matrix)
        return matrix

    def _build_running(self) -> None:
        """What starts and follows runs."""
        self.plots = Plots(self.window.settings, self.document.project.path / "exports", self)
        self.plots.join(self.inspector)
        self.visit = Visit(self.document, self.view, self)
        self.losses = self._own(LossSource(self.runs, self.view, self))
        self.places = Places(self.document, self.view, self.tracks, self.window.show_workspace, self)
        self.exports = self._own(RunExports(self))
        self.pill = JobsPill(self.runs, self.window.preferences)
        settings, window = self.window.settings, self.window
        self.jobs = self._own(
            ProjectJobs(
                self.document, self.view, self.runs, window, settings, chosen=lambda: self.clips.chosen
            )
        )
        self.preferred = Preferred(window, self.view, self.canvas, self.timeline, self.backups, self)
        self.preferred.name_keys(self.canvas.transport, self.canvas.layer_bar, self.review)
        self._memory = FormMemory(settings, self.document.project.path)
        self.jobs.built.connect(self._join_form)

    def _join_form(self, job: str, form: SettingsForm[Any]) -> None:
        self.preferred.add_form(form)
        self._memory.join(job, form, without=("init",))  # one that starts from weights takes the newest

    def _actions_of_a_project(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls while the project is open."""
        return {
            "undo": self.document.undo,
            "redo": self.document.redo,
            "pretrain": partial(self.window.show_workspace, "train"),
            "evaluate_voc": partial(self.window.show_workspace, "evaluate"),
            "run_table1": partial(self.window.show_workspace, "table1"),
            **self.versions.slots(),
            **self.filling.slots(),
            "pin": lambda: self.pin(self.view.selection),
            **self.actions.slots(),
            **self.clip_actions.slots(),
            **self.jobs.slots(dict(self.curate.job_buttons)),
            **self.exchange.slots(),
            **self.track_exports.slots(),
        }

    def _own(self, part: _Part) -> _Part:
        """A part that is closed with the project, its threads too."""
        self._closing.callback(part.close_reader if isinstance(part, _Reads) else part.close)
        return part

    def _show_in_window(self, name: str) -> Iterator[None]:
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self._workspaces: dict[str, Callable[[], QWidget]] = {
            "curate": lambda: self.curate,
            "train": lambda: self.train,
            "evaluate": lambda: self.evaluate,
            "compare": lambda: self.compare,
            "probe": lambda: self.probe,
            "table1": lambda: self.matrix,
        }
        panels = [
            Panel("clips", "Clips", self.clips, left),
            Panel("tracks", "Tracks", self.tracks, left, below="clips"),
            Panel("inspector", "Inspector", self.inspector, right),
            Panel("history", "History", self.history, right, behind="inspector"),
            Panel("review", "Review", self.review, right, behind="inspector"),
            Panel("labels", "Labels", self.labelling.panel, right, behind="inspector"),
            Panel("timeline", "Timeline", self.timeline, Qt.DockWidgetArea.BottomDockWidgetArea),
        ]
        status = [self.track_exports.overlays.status, self.pill]
        yield from self.window.set_project(name, self._workspaces, panels, status, self.curate.steps)
        self.window.panels.docks["history"].visibilityChanged.connect(self.history.catch_up)
        self.window.toasts.set_frames(self.canvas.frame_view)

    def perform(self, edit: Edit) -> None:
        """Make an edit, if need be after a question, and whatever follows from it in the background."""
        if not ask_before(edit, self.document, self.window, self._perform):
            self._perform(edit)

    def _perform(self, edit: Edit) -> None:
        edit = self.labelling.labels.taken(edit)
        with self.telling.of_a_view():
            if isinstance(edit, AddPoint):
                self.filling.carries.perform(edit)
            elif isinstance(edit, MovePoint | Merge):
                self.repair.perform(edit)
            else:
                self.filling.refilling.perform(edit)

    def give_up(self) -> bool:
        """Give up what follows from edits; False if there is nothing."""
        return self.filling.cancel() | self.repair.cancel()

    def pin(self, ids: Collection[int]) -> None:
        """Pin tracks for the neighbours that the next run shows; unpin those that are."""
        self.window.toasts.show(self.train.pin(ids))
