"""The views of an open project, built and joined; they live as long as it is open."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal

from core.jobs import JOBS
from core.project.project import Project
from core.trajectories.journal import Edit
from core.trajectories.observation_edits import MovePoint
from core.trajectories.store import ClipSummary
from studio.canvas.pane import CanvasPane
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
from studio.panels.history import HistoryPanel
from studio.panels.impact_note import ImpactNote
from studio.panels.inspector import Inspector
from studio.panels.proposal_card import ProposalCard
from studio.plots.plots import Plots
from studio.review.panel import ReviewPanel
from studio.review.queue import Queue
from studio.runs.pill import JobsPill
from studio.runs.project_jobs import ProjectJobs
from studio.runs.run import Run
from studio.runs.run_exports import RunExports
from studio.runs.runs import Runs
from studio.runs.steps_done import steps_done
from studio.runs.words import without_cells
from studio.tables.clip_list import ClipList
from studio.tables.track_table import TrackTable
from studio.timeline.timeline import Timeline
from studio.view_state import ViewState
from studio.watch.loss_source import LossSource
from studio.watch.visit import Visit
from studio.window.dock_layout import Panel
from studio.window.main_window import MainWindow
from studio.window.settings import LastView
from studio.workspaces.clip_actions import ClipActions
from studio.workspaces.compare import CompareWorkspace
from studio.workspaces.curate import CurateWorkspace
from studio.workspaces.curate_actions import CurateActions
from studio.workspaces.evaluate import EvaluateWorkspace
from studio.workspaces.matrix import MatrixWorkspace
from studio.workspaces.probe import ProbeWorkspace
from studio.workspaces.train import TrainWorkspace


class Session(QObject):
    """What belongs to one open project.

    Signals:
        import_asked(): clips are wanted.
    """

    import_asked = Signal()

    def __init__(self, project: Project, window: MainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._commands = window, window.commands
        self.document = Document(project, self)
        self.view = ViewState(self)
        self.runs = Runs(project, self)
        self._build_curating()
        self._build_learning()
        self._show_in_window(project.name)
        self._join()
        self._slots = self._actions_of_a_project()
        for name, slot in self._slots.items():
            self._commands.connect(name, slot)
        self._show_summaries(self.clips.summaries)
        self.telling.refresh()
        self.jobs.adopt_pending()

    def restore(self, last: LastView) -> None:
        """Look at what was looked at last."""
        for one in self.clips.summaries:
            if one.clip.name == last.clip:
                self.view.set_clip(one.clip)
        self.view.set_frame(last.frame)
        self._window.show_workspace(last.workspace)
        active = without_cells(self.runs.active(), self.runs.all)
        going, waiting = [run for run in active if not run.is_waiting], len(self.runs.queue.runs)
        if going:
            also = f"; {waiting} more wait{'s' if waiting == 1 else ''} in line" if waiting else ""
            self._window.toasts.show(f"{going[0].title} went on in the background{also}.")
        elif waiting:
            self._window.toasts.show(f"{self.runs.queue.runs[0].title} waited in line and starts now.")

    def last_view(self) -> LastView:
        """What is looked at now."""
        clip = self.view.clip
        return LastView(clip.name if clip else "", self.view.frame, self._window.panels.workspace or "curate")

    def close(self) -> None:
        """Let go of the project; runs go on in the background."""
        for name in self._slots:
            self._commands.release(name)
        self._commands.renew_with(None)
        self._window.toasts.dismiss("progress")
        threads = (self.jobs, self.exports, self.repair, self.filling, self.exchange, self.proposals)
        for one in (*threads, self.queue):
            one.close()
        self.track_exports.close()
        for seen in (self.canvas, self.clips, self.inspector, self.history, self.proposal_card, self.losses):
            seen.close_reader()
        for workspace in (self.train, self.evaluate, self.compare, self.matrix):
            workspace.close_reader()
        self.runs.close()
        self.document.close()
        self.deleteLater()

    # --- building -----------------------------------------------------------------------------

    def _build_curating(self) -> None:
        """Clips, tracks and the canvas, and what works on them."""
        document, view, commands = self.document, self.view, self._commands
        self.clips = ClipList(document, view)
        self.tracks = TrackTable(document, view)
        self.canvas = CanvasPane(document, view)
        self.timeline = Timeline(document, view)
        self.proposals = Proposals(document, view, self.runs, self)
        decisions = [commands[name] for name in ("do_proposed", "dismiss_proposed")]
        self.proposal_card = ProposalCard(document, view, self.proposals, decisions)
        reviews = [commands[name] for name in ("accept", "reject", "reopen", "delete_track")]
        self.impact = ImpactNote(document, view, self.runs)
        self.inspector = Inspector(document, view, reviews, [self.proposal_card, self.impact])
        self.history = HistoryPanel(document, view)
        self.queue = Queue(document, view, self.proposals, self)
        self.review = ReviewPanel(document, self.queue)
        self.curate = CurateWorkspace(commands, self.canvas)
        self.edits = TrackEdits(
            document,
            view,
            rows=lambda: self.tracks.model.rows,
            frame=lambda: self.canvas.stage.scene.frame,
            parent=self,
        )
        self.focus = Focus(document, view, frame=lambda: self.canvas.stage.scene.frame, parent=self)
        self.telling = EditMessages(document, self._window, self.focus, self)
        self.repair = PathRepair(document, view, self)
        self.filling = ObjectFilling(
            document, view, self._window, lambda: self.canvas.stage.scene.frame, self
        )
        self.exchange = TrackExchange(document, view, self._window, self)
        self.track_exports = TrackExports(document, view, self._window, self)
        self.actions = CurateActions(
            document,
            view,
            commands,
            self.canvas,
            self.tracks,
            self.edits,
            self.filling.keyframes,
            self.proposals,
            self.queue,
            weigh=self.impact.cost,
            give_up=self._give_up,
            parent=self,
        )
        self.clip_actions = ClipActions(
            document,
            self.clips,
            self.runs,
            commands,
            show=partial(self._window.panels.bring, "clips"),
            parent=self,
        )

    def _build_learning(self) -> None:
        """The workspaces that show runs, and what starts and follows these."""
        self.train = TrainWorkspace(self.document, self.runs)
        self.evaluate = EvaluateWorkspace(self.document, self.runs)
        self.compare = CompareWorkspace(self.document, self.runs)
        self.matrix = MatrixWorkspace(self.document, self.runs)
        self.compare.table.add_tool(self._commands["run_table1"])
        self.probe = ProbeWorkspace(self.document, self.runs)
        self.plots = Plots(self._window.settings, self.document.project.path / "exports", self)
        for shown in (self.train, self.evaluate, self.compare, self.probe, self.inspector):
            self.plots.join(shown)
        self.visit = Visit(self.document, self.view, self)
        self.losses = LossSource(self.runs, self.view, self)
        self.exports = RunExports(self)
        self.pill = JobsPill(self.runs, self._window.settings)
        settings, window = self._window.settings, self._window
        self.jobs = ProjectJobs(
            self.document, self.view, self.runs, window, settings, chosen=lambda: self.clips.chosen
        )
        memory = FormMemory(settings, self.document.project.path)
        for job, popover in self.jobs.popovers.items():  # one that starts from weights takes the newest
            memory.join(job, popover.form, without=("init",))
        for name, learning in (("pretrain", self.train), ("voc", self.evaluate), ("probe", self.probe)):
            memory.join(name, learning.form)

    def _actions_of_a_project(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls while the project is open."""
        return {
            "undo": self.document.undo,
            "redo": self.document.redo,
            "pretrain": partial(self._window.show_workspace, "train"),
            "evaluate_voc": partial(self._window.show_workspace, "evaluate"),
            "run_table1": partial(self._window.show_workspace, "table1"),
            **self.filling.slots(),
            "pin": lambda: self._pin(self.view.selection),
            **self.actions.slots(),
            **self.clip_actions.slots(),
            **self.jobs.slots(dict(self.curate.job_buttons)),
            **self.exchange.slots(),
            **self.track_exports.slots(),
        }

    def _show_in_window(self, name: str) -> None:
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        workspaces = {
            "curate": self.curate,
            "train": self.train,
            "evaluate": self.evaluate,
            "compare": self.compare,
            "probe": self.probe,
            "table1": self.matrix,
        }
        panels = [
            Panel("clips", "Clips", self.clips, left),
            Panel("tracks", "Tracks", self.tracks, left, below="clips"),
            Panel("inspector", "Inspector", self.inspector, right),
            Panel("history", "History", self.history, right, behind="inspector"),
            Panel("review", "Review", self.review, right, behind="inspector"),
            Panel("timeline", "Timeline", self.timeline, Qt.DockWidgetArea.BottomDockWidgetArea),
        ]
        self._window.set_project(name, workspaces, panels, [self.track_exports.overlays.status, self.pill])
        self._window.toasts.set_parts([self.canvas.frame_view, self._window.centralWidget()])

    def _join(self) -> None:
        window, document, view = self._window, self.document, self.view
        for asking in (
            self.canvas,
            self.timeline,
            self.clips,
            self.tracks,
            self.inspector,
            self.edits,
            self.filling.keyframes,
            self.proposals,
            self.queue,
        ):
            asking.edit_asked.connect(self._perform)
        self.tracks.gone_to.connect(self.canvas.bring_into_view)
        for leaving in (self.clips, self.tracks, self.inspector, self.review):
            leaving.left.connect(self.canvas.setFocus)
        self.queue.look_asked.connect(self.canvas.frame_view.zoom_to)
        self.queue.told.connect(window.hint.say)
        self.history.steps_asked.connect(document.turn)
        self.history.turn_asked.connect(document.turn_over)
        self.history.show_asked.connect(self.focus.go)
        self.clips.summaries_changed.connect(self._show_summaries)
        self.curate.import_asked.connect(self.import_asked)
        self.curate.steps.chosen.connect(self._take_step)
        for shown in (self.train, self.evaluate, self.compare, self.matrix):
            shown.run_list.export_asked.connect(self.exports.start)
        self.train.header.clip_chosen.connect(self._open_clip)
        self.compare.clip_asked.connect(self._open_clip)
        self.compare.run_asked.connect(self._show_run)
        refusing = (document, self.jobs, self.exports, self.exchange, self.repair, self.filling)
        for one in (*refusing, self.clip_actions, self.visit, self.proposals, self.queue, self.track_exports):
            one.failed.connect(partial(window.toasts.show, kind="error"))
        saved = self.evaluate.views.save_button
        saved.failed.connect(partial(window.toasts.show, kind="error"))
        messages = (
            *(
                self.jobs.message,
                self.plots.message,
                self.exports.message,
                self.actions.told,
                self.clip_actions.told,
            ),
            *(saved.message, self.compare.message),
        )
        for message in messages:
            message.connect(window.toasts.show)
        self.impact.remark_changed.connect(self.inspector.set_remark)
        self.impact.reload()
        for offering in (self.jobs, self.exchange, self.track_exports):
            offering.offered.connect(window.toasts.show)
        self.exchange.ended.connect(partial(window.toasts.dismiss, "progress"))
        self.runs.finished.connect(self._refresh_steps)
        self.runs.added.connect(self._refresh_steps)
        self.canvas.hint_changed.connect(window.hint.set_expected)
        view.stuck.connect(self._commands.tell)
        for telling in (self.timeline, self.filling):
            telling.told.connect(window.hint.say)
        self._commands.renew_with(self.actions.refresh)
        self.canvas.frame_view.tool.say()
        self.queue.take_up()
        for choosing in (self.pill, self.matrix):
            choosing.run_chosen.connect(self._show_run)
        self.matrix.compare_asked.connect(self._compare)
        monitors = self.train.monitors
        monitors.opened.connect(self.visit.open_patch)
        monitors.select_asked.connect(self.visit.go)
        monitors.edit_asked.connect(self._perform)
        self.losses.choices_changed.connect(self._show_loss_runs)
        self._show_loss_runs()
        self.canvas.layer_bar.loss_run_chosen.connect(lambda k: self.losses.choose(self.losses.choices[k][0]))
        self.curate.seen_changed.connect(lambda seen: self.losses.refresh() if seen else None)
        monitors.pin_asked.connect(lambda id: self._pin({id}))
        monitors.losses_asked.connect(self._colour_by_loss)
        self.visit.begun.connect(partial(window.show_workspace, "curate"))
        view.selection_changed.connect(self._show_selected)

    def _perform(self, edit: Edit) -> None:
        """Make an edit, if need be after a question, and whatever follows from it in the background."""
        if ask_before(edit, self.document, self._window, self._perform):
            return
        follower = self.repair if isinstance(edit, MovePoint) else self.filling.refilling
        with self.telling.of_a_view():
            follower.perform(edit)

    def _give_up(self) -> bool:
        """Give up what follows from edits; False if there is nothing."""
        return self.filling.cancel() | self.repair.cancel()

    # --- telling ------------------------------------------------------------------------------

    def _open_clip(self, name: str) -> None:
        """Look at a clip in Curate, if the project still holds it."""
        found = next((one.clip for one in self.clips.summaries if one.clip.name == name), None)
        if found is None:
            self._window.toasts.show(f"The project holds no clip {name} any more.", "error")
            return
        self._window.show_workspace("curate")
        self.view.set_clip(found)

    def _show_selected(self, selection: frozenset[int]) -> None:
        count = len(selection)
        self._window.selected.setText(f"{count:,} selected" if count else "")

    def _show_summaries(self, summaries: list[ClipSummary]) -> None:
        self.curate.set_empty(not summaries)
        self.jobs.set_summaries(summaries)
        self._commands.set_refused(self.jobs.refusals())
        self._refresh_steps()

    def _refresh_steps(self) -> None:
        done = steps_done(self.clips.summaries, self.runs)
        if done != self.curate.steps.done:
            self.curate.steps.set_done(done)

    def _take_step(self, step: str) -> None:
        if step == "import":
            self.import_asked.emit()
        elif step == "review":
            self.tracks.step(1)
        else:
            action = {"track": "track", "pretrain": "pretrain", "evaluate": "evaluate_voc"}[step]
            self._commands[action].trigger()

    def _show_loss_runs(self) -> None:
        choices = self.losses.choices
        place = next((place for place, (run, _) in enumerate(choices) if run is self.losses.chosen), -1)
        self.canvas.layer_bar.set_loss_runs([label for _, label in choices], place)

    def _pin(self, ids: Collection[int]) -> None:
        self._window.toasts.show(self.train.pin(ids))

    def _colour_by_loss(self, run: Run) -> None:
        """Show in Curate what the tracks cost a run."""
        self.losses.choose(run)
        self.view.set_layers(replace(self.view.layers, colour_by="loss"))
        self._window.show_workspace("curate")

    def _show_run(self, run: Run) -> None:
        """Show a run in its workspace."""
        workspace = JOBS[run.job].workspace if run.job in JOBS else "evaluate"
        self._window.show_workspace(workspace)
        lists = {
            "train": self.train.run_list,
            "evaluate": self.evaluate.run_list,
            "probe": self.probe.run_list,
            "table1": self.matrix.run_list,
        }
        if workspace in lists:
            lists[workspace].choose(run)

    def _compare(self, runs: Sequence[Run]) -> None:
        self._window.show_workspace("compare")
        self.compare.run_list.choose(*runs)
