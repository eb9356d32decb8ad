"""How the held-out pairs were scored at a step, the positive ones beside the negative ones."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.errors import StudioError
from core.pretraining.record.held_out_scores import ROOM, HeldOutScores, edges_of, read_scores
from core.pretraining.record.step_files import steps_recorded
from studio import theme
from studio.runs.run import Run
from studio.watch.histogram import Counts, Histogram
from studio.watch.page import Page
from studio.watch.reading import Reading

NOT_YET = (
    "How the held-out pairs are scored appears here when they are measured first. "
    "Hold clips out, in Curate or in the settings at the right; runs of older versions did not record it."
)

SCORES = {
    "association": "Probability of “same”",
    "slowfeat": "Distance to the negative less that to the positive",
    "contrastive": "Distance in fc7, negated",
    "caltech101": "Probability of the label",
    "nce": "Probability of the own positive",
}
"""Method → what its scores are."""


@dataclass(frozen=True, eq=False)
class ShownScores:
    """The scores at a step, and at the first one that was recorded; the same pairs."""

    now: HeldOutScores
    first: HeldOutScores


def read_step(folder: Path, step: int | None) -> ShownScores | None:
    """The scores recorded last up to a step, the newest where it is None; None where there are none."""
    recorded = steps_recorded(folder, ROOM)
    wanted = [one for one in recorded if step is None or one <= step] or recorded[:1]
    if not wanted:
        return None
    try:
        return ShownScores(read_scores(folder, wanted[-1]), read_scores(folder, recorded[0]))
    except StudioError:
        return None


class ScoresView(QWidget):
    """Histograms of the scores; those of the first recorded step are faint lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._step: int | None = None
        self.shown: ShownScores | None = None
        self._words = QLabel()
        self._words.setProperty("quiet", True)
        self._words.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, 0)
        self.histogram = Histogram("Scores of the held-out pairs", " ", "Pairs", NOT_YET)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._words)
        column.addWidget(self.histogram, 1)
        self.page = Page(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self._reading = Reading(self)
        self._reading.done.connect(self._take)

    def show_run(self, run: Run | None) -> None:
        """Show the scores of a run."""
        self._run = run
        if run is None:
            self.page.say(NOT_YET)
        else:
            self.histogram.set_axis(SCORES.get(str(run.settings.get("method")), "Score"))
        self._read()

    def set_step(self, step: int | None) -> None:
        """Show the scores recorded last up to a step; the newest where it is None."""
        self._step = step
        self._read()

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def _read(self) -> None:
        run, step = self._run, self._step
        if run is not None and run.path is not None:
            measured = len(run.curve("held_out_accuracy"))
            self._reading.want((run.path, step, measured), partial(read_step, run.path, step))

    def _take(self, shown: ShownScores | None) -> None:
        self.shown = shown
        if shown is None:
            self.page.say(NOT_YET)
            return
        now, first = shown.now, shown.first
        edges = edges_of([now, first])
        counts: list[Counts] = []
        for one, faint in ((first, True), (now, False)):
            if faint and first.step == now.step:
                continue
            for colour, number in enumerate(one.histogram(edges)):
                name = ("positive", "negative")[colour]
                label = f"{name}, step {one.step:,}" if faint else name
                if np.any(number):
                    counts.append(Counts(label, edges, number, colour, faint))
        right = f"{len(now.scores):,} held-out pairs at step {now.step:,}"
        self._words.setText(f"{right} · mean loss {now.losses.mean():.3g}")
        self.histogram.show_counts(counts)
        self.page.show_content()
