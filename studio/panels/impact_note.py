"""What an edit of the selected tracks, or the filter, changes in the training set, before it is made."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from core.datasets.clip import Clip, Use
from core.errors import StudioError
from core.pairs.impact import Amount, Material, Rules, material, parts_of, share
from core.pairs.sampling import FrameGap
from core.pretraining.config import PretrainConfig
from core.trajectories.model import Changes, ObjectTrajectory, PointTrajectories
from studio.document import Document
from studio.runs.runs import Runs
from studio.view_state import ViewState
from studio.wrapped_label import WrappedLabel


class ImpactNote(WrappedLabel):
    """Follows selection, filter and frame; counts as the newest pretraining run did, or by the defaults.

    Signals:
        remark_changed(str): what the clip gives, and what the filter would leave of it.
    """

    remark_changed = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, runs: Runs, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self.setProperty("quiet", True)
        self.setAccessibleName("In training")
        self._document, self._view, self._runs = document, view, runs
        self._counted: tuple[int, Rules, Material] | None = None
        self._ruled: Rules | None = None  # as long as no run comes or goes
        self._soon = QTimer(self, interval=50, singleShot=True)  # once the hand rests
        self._soon.timeout.connect(self.reload)
        for changed in (view.selection_changed, view.clip_changed, view.shown_changed):
            changed.connect(self._soon.start)
        view.frame_changed.connect(self._take_frame)
        for of_run in (runs.added, runs.removed):
            of_run.connect(self._forget_rules)
        document.changed.connect(self._forget)

    def reload(self) -> None:
        """Say it for what is looked at now."""
        clip, selection = self._view.clip, self._view.selection
        if clip is None:
            self.remark_changed.emit("")
            return
        if not selection:
            self.remark_changed.emit(self._remark(clip))
            return
        self.setText(" ".join(filter(None, (self._of_selection(clip), self._of_split(clip)))))

    def cost(self) -> str:
        """What rejecting the selected tracks takes out of training; empty where that is nothing."""
        clip = self._view.clip
        if clip is None or clip.use is not Use.TRAIN:
            return ""
        part, whole = self._part(clip, self._view.selection)
        if not part.trajectories:
            return ""
        left = f" Nothing of {clip.name} trains any more." if part == whole else ""
        return f"Out of training: {share(part, whole)} of {clip.name}.{left}"

    # --- what is said -------------------------------------------------------------------------

    def _of_selection(self, clip: Clip) -> str:
        if clip.use is not Use.TRAIN:
            return f"{clip.name} is {clip.use.value}: its tracks train nothing."
        selection, (_, counted) = self._view.selection, self._material(clip)
        part, whole = self._part(clip, selection)
        it = "it" if len(selection) == 1 else "them"
        if part.trajectories:
            left = f" Nothing of {clip.name} would train then." if part == whole else ""
            return f"Rejecting {it} takes {share(part, whole)} out of training.{left}"
        those = counted.among(selection)
        pairs = int(counted.pairs[those & counted.rejected].sum())
        if pairs:
            return f"Rejected, so nothing of {it} trains; accepting {it} brings {pairs:,} positive pairs."
        waiting = int(counted.pairs[those & counted.waiting].sum())
        if waiting:
            return f"Suggested, so nothing of {it} trains; accepting {it} brings {waiting:,} positive pairs."
        tracks = self._rules().tracks
        filtered = f", or left out by the filter of the newest run ({tracks})" if tracks else ""
        return f"Too short or too small to train{filtered}."

    def _of_split(self, clip: Clip) -> str:
        if len(self._view.selection) != 1 or clip.use is not Use.TRAIN:
            return ""
        (id,) = self._view.selection
        one, frame = self._track(clip, id), self._view.frame
        if one is None:
            return ""
        whole, parts = parts_of(one, frame, self._rules())
        if whole == parts:
            return ""
        return f"Split here, {abs(whole - parts):,} positive pairs {'fewer' if parts < whole else 'more'}."

    def _remark(self, clip: Clip) -> str:
        if clip.use is not Use.TRAIN:
            return f"{clip.name} is {clip.use.value}: its tracks train nothing."
        _, counted = self._material(clip)
        whole = counted.amount()
        if not whole.trajectories:
            return f"Nothing of {clip.name} trains yet."
        tracks = f"{whole.trajectories:,} track{'s' if whole.trajectories != 1 else ''}"
        line = self._rules().tracks
        filtered = f" by the filter of the newest run ({line})" if line else ""
        lines = [
            f"In training{filtered}: {tracks}, {whole.observations:,} observations, "
            f"{whole.pairs:,} positive pairs."
        ]
        accepted = counted.amount(counted.accepted)
        if self._view.shown is not None:
            shown, _ = self._part(clip, self._view.shown)
            lines.append(f"Those shown alone: {share(shown, whole)}.")
            if shown == accepted:  # the filter asks for them: once is enough
                accepted = whole
        if 0 < accepted.trajectories < whole.trajectories:
            lines.append(f"Accepted ones alone: {share(accepted, whole)}.")
        return "\n\n".join(lines)

    # --- counting -----------------------------------------------------------------------------

    def _part(self, clip: Clip, ids: Sequence[int] | frozenset[int]) -> tuple[Amount, Amount]:
        _, counted = self._material(clip)
        return counted.amount(counted.among(ids)), counted.amount()

    def _material(self, clip: Clip) -> tuple[Rules, Material]:
        rules = self._rules()
        if self._counted is None or self._counted[:2] != (clip.id, rules):
            points, objects = self._document.points(clip.id), self._document.objects(clip.id)
            self._counted = clip.id, rules, material(points, objects.values(), rules)
        return self._counted[1:]

    def _rules(self) -> Rules:
        if self._ruled is None:
            self._ruled = self._rules_of_newest()
        return self._ruled

    def _rules_of_newest(self) -> Rules:
        config = PretrainConfig()
        for run in self._runs.for_job("pretrain"):
            if run.settings.get("method") != "caltech101":
                known = {name: run.settings[name] for name in _NAMES if name in run.settings}
                try:
                    config = PretrainConfig(**known)
                except (StudioError, TypeError):
                    continue  # another version's
                break
        gap = FrameGap(config.gap_shortest, config.gap_longest)
        return Rules(config.regime, gap, config.minimum_length, config.tracks, config.suggestions)

    def _track(self, clip: Clip, id: int) -> ObjectTrajectory | PointTrajectories | None:
        one = self._document.objects(clip.id).get(id)
        if one is not None:
            return one
        points = self._document.points(clip.id)
        place = int(np.searchsorted(points.ids, id))
        there = place < len(points) and points.ids[place] == id
        return points.take(np.array([place])) if there else None

    def _forget_rules(self) -> None:
        self._ruled = None
        self._soon.start()

    def _forget(self, changes: Changes) -> None:
        if self._counted is not None and self._counted[0] in changes.clips:
            self._counted = None
        self._soon.start()

    def _take_frame(self, frame: int) -> None:
        if len(self._view.selection) == 1:  # nothing else that is said depends on the frame
            self._soon.start()


_NAMES = ("regime", "gap_shortest", "gap_longest", "minimum_length", "tracks", "suggestions")
