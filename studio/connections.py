"""Who tells whom among the parts of an open project."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.jobs import JOBS
from core.trajectories.store import ClipSummary
from studio.runs.run import Run
from studio.runs.steps_done import steps_done

if TYPE_CHECKING:
    from studio.session import Session
    from studio.workspaces.compare import CompareWorkspace
    from studio.workspaces.evaluate import EvaluateWorkspace
    from studio.workspaces.matrix import MatrixWorkspace
    from studio.workspaces.train import TrainWorkspace


class Connections(QObject):
    """Connects the parts of a session with each other and with the window, once they are all there."""

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session, self._window = session, session.window
        self._join_edits()
        self._join_messages()
        self._join_runs()

    def _join_edits(self) -> None:
        session, document = self._session, self._session.document
        for asking in (
            session.canvas,
            session.timeline,
            session.clips,
            session.tracks,
            session.inspector,
            session.edits,
            session.filling.keyframes,
            session.proposals,
            session.queue,
        ):
            asking.edit_asked.connect(session.perform)
        session.timeline.reach_asked.connect(session.filling.carries.reach)
        session.edits.bridge_asked.connect(session.repair.bridge)
        for going in (session.tracks.gone_to, session.places.gone_to):
            going.connect(session.canvas.bring_into_view)
        for leaving in (
            session.clips,
            session.tracks,
            session.inspector,
            session.review,
            session.labelling.panel,
        ):
            leaving.left.connect(session.canvas.setFocus)
        session.queue.look_asked.connect(session.canvas.frame_view.zoom_to)
        session.history.steps_asked.connect(document.turn)
        session.history.turn_asked.connect(document.turn_over)
        session.history.show_asked.connect(session.focus.go)
        session.history.version_asked.connect(session.versions.ask_back)
        session.versions.changed.connect(session.history.set_versions)
        session.clips.summaries_changed.connect(self.show_summaries)
        session.curate.import_asked.connect(session.import_asked)
        session.curate.steps.chosen.connect(self._take_step)

    def _join_messages(self) -> None:
        """What was done, failed, or is offered, to the messages; why nothing happens, to the hint line."""
        session, window = self._session, self._window
        for one in (
            session.canvas,
            session.jobs,
            session.exports,
            session.exchange,
            session.repair,
            session.filling,
            session.clip_actions,
            session.visit,
            session.proposals,
            session.queue,
            session.track_exports,
            session.labelling.labels,
            session.versions,
            session.backups,
            session.tracks.filters,
        ):
            one.failed.connect(partial(window.toasts.show, kind="error"))
        for message in (
            session.jobs.message,
            session.plots.message,
            session.exports.message,
            session.actions.told,
            session.clip_actions.told,
            session.versions.told,
            session.tracks.filters.told,
        ):
            message.connect(window.toasts.show)
        for offering in (session.jobs, session.exchange, session.track_exports):
            offering.offered.connect(window.toasts.show)
        session.jobs.review_asked.connect(self._review)
        session.exchange.ended.connect(partial(window.toasts.dismiss, "progress"))
        session.labelling.hint_changed.connect(window.hint.set_expected)
        session.view.stuck.connect(window.commands.tell)
        session.view.clip_changed.connect(window.show_clip)
        window.show_clip(session.view.clip)
        session.view.selection_changed.connect(self._show_selected)
        for telling in (session.timeline, session.filling, session.queue):
            telling.told.connect(window.commands.say)
        window.commands.renew_with(session.actions.refresh)
        session.canvas.frame_view.tool.say()
        session.queue.take_up()
        session.backups.tell_last()
        if session.tracks.filters.problem:
            window.toasts.show(session.tracks.filters.problem, "error")
        labels, offered = session.labelling.labels, session.inspector.label
        labels.changed.connect(lambda: offered.set_names(labels.list.by_use))
        labels.take_up()
        session.versions.read()

    def _review(self, recipe: str) -> None:
        """Go through the items of a recipe, from the first on."""
        self._window.show_workspace("curate")
        self._window.panels.bring("review")
        self._session.canvas.setFocus()  # whose keys decide
        self._session.queue.start(recipe)

    def _join_runs(self) -> None:
        session, window = self._session, self._window
        session.impact.remark_changed.connect(session.inspector.set_remark)
        session.impact.reload()
        session.runs.finished.connect(self._refresh_steps)
        session.runs.added.connect(self._refresh_steps)
        session.pill.run_chosen.connect(self._show_run)
        session.losses.choices_changed.connect(self._show_loss_runs)
        self._show_loss_runs()
        session.canvas.layer_bar.loss_run_chosen.connect(
            lambda k: session.losses.choose(session.losses.choices[k][0])
        )
        session.curate.seen_changed.connect(lambda seen: session.losses.refresh() if seen else None)
        session.visit.begun.connect(partial(window.show_workspace, "curate"))

    def join_train(self, train: "TrainWorkspace") -> None:
        """Join Train when it is built; what follows does so with the others."""
        session, monitors = self._session, train.monitors
        train.run_list.export_asked.connect(session.exports.start)
        train.header.clip_chosen.connect(self._open_clip)
        monitors.opened.connect(session.visit.open_patch)
        monitors.select_asked.connect(session.visit.go)
        monitors.edit_asked.connect(session.perform)
        monitors.pin_asked.connect(lambda id: session.pin({id}))
        monitors.losses_asked.connect(self._colour_by_loss)

    def join_evaluate(self, evaluate: "EvaluateWorkspace") -> None:
        toasts, saving = self._window.toasts, evaluate.views.save_button
        evaluate.run_list.export_asked.connect(self._session.exports.start)
        saving.failed.connect(partial(toasts.show, kind="error"))
        saving.message.connect(toasts.show)

    def join_compare(self, compare: "CompareWorkspace") -> None:
        compare.run_list.export_asked.connect(self._session.exports.start)
        compare.clip_asked.connect(self._open_clip)
        compare.run_asked.connect(self._show_run)
        compare.message.connect(self._window.toasts.show)

    def join_matrix(self, matrix: "MatrixWorkspace") -> None:
        matrix.run_list.export_asked.connect(self._session.exports.start)
        matrix.run_chosen.connect(self._show_run)
        matrix.compare_asked.connect(self._compare)

    def _open_clip(self, name: str) -> None:
        """Look at a clip in Curate, if the project still holds it."""
        session = self._session
        found = next((one.clip for one in session.clips.summaries if one.clip.name == name), None)
        if found is None:
            self._window.toasts.show(f"The project holds no clip {name} any more.", "error")
            return
        self._window.show_workspace("curate")
        session.view.set_clip(found)

    def _show_selected(self, selection: frozenset[int]) -> None:
        count = len(selection)
        self._window.selected.setText(f"{count:,} selected" if count else "")

    def show_summaries(self, summaries: list[ClipSummary]) -> None:
        """Say everywhere what clips there are."""
        session = self._session
        session.curate.set_empty(not summaries)
        session.jobs.set_summaries(summaries)
        self._window.commands.set_refused(session.jobs.refusals())
        self._refresh_steps()

    def _refresh_steps(self) -> None:
        session = self._session
        done = steps_done(session.clips.summaries, session.runs)
        if done != session.curate.steps.done:
            session.curate.steps.set_done(done)

    def _take_step(self, step: str) -> None:
        session = self._session
        if step == "import":
            session.import_asked.emit()
        elif step == "review":
            session.tracks.step(1)
        else:
            action = {"track": "track", "pretrain": "pretrain", "evaluate": "evaluate_voc"}[step]
            self._window.commands[action].trigger()

    def _show_loss_runs(self) -> None:
        session = self._session
        choices = session.losses.choices
        place = next((place for place, (run, _) in enumerate(choices) if run is session.losses.chosen), -1)
        session.canvas.layer_bar.set_loss_runs([label for _, label in choices], place)

    def _colour_by_loss(self, run: Run) -> None:
        """Show in Curate what the tracks cost a run."""
        session = self._session
        session.losses.choose(run)
        session.view.set_layers(replace(session.view.layers, colour_by="loss"))
        self._window.show_workspace("curate")

    def _show_run(self, run: Run) -> None:
        """Show a run in its workspace."""
        session = self._session
        workspace = JOBS[run.job].workspace if run.job in JOBS else "evaluate"
        self._window.show_workspace(workspace)
        if workspace == "train":
            session.train.run_list.choose(run)
        elif workspace == "evaluate":
            session.evaluate.run_list.choose(run)
        elif workspace == "probe":
            session.probe.run_list.choose(run)
        elif workspace == "table1":
            session.matrix.run_list.choose(run)

    def _compare(self, runs: Sequence[Run]) -> None:
        session = self._session
        self._window.show_workspace("compare")
        session.compare.run_list.choose(*runs)
