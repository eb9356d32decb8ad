"""How far rows lie above the reference, class by class, and how sure that is over the test pictures."""

from collections.abc import Hashable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.errors import StudioError
from core.evaluation.differences import disagreement
from core.evaluation.paired_bootstrap import PairedDifference, ResampledAps, paired_differences
from studio import theme
from studio.comparison.compared_row import MEAN, ComparedRow
from studio.comparison.difference_plot import DifferencePlot, DifferenceSeries
from studio.comparison.run_results import RunResults

ONE_ROW = "Choose two or more evaluations on the left to see how far apart they are."
QUOTED = "The paper prints no detections; choose a run in “Against” above."


class DifferencesView(QWidget):
    """The plot, and below it what is still being read and what may not be compared.

    Signals:
        class_clicked(str): a person clicked a class.
    """

    class_clicked = Signal(str)

    def __init__(self, resamples: RunResults[ResampledAps], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._resamples = resamples
        self._rows: tuple[ComparedRow, ...] = ()
        self._reference: ComparedRow | None = None
        self._known: dict[Hashable, tuple[list[ResampledAps], dict[str, PairedDifference]]] = {}
        self.plot = DifferencePlot()
        self._words = QLabel()
        self._words.setObjectName("difference_words")
        self._words.setProperty("quiet", True)
        self._words.setWordWrap(True)
        self._words.setContentsMargins(theme.SPACE, 0, theme.SPACE, theme.SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self._words)
        self.plot.class_clicked.connect(self.class_clicked)
        resamples.changed.connect(self._show)

    def show_rows(self, rows: Sequence[ComparedRow], reference: ComparedRow | None) -> None:
        """Compare rows of runs with one of them."""
        self._rows, self._reference = tuple(rows), reference
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _show(self) -> None:
        if not self.isVisible():
            return
        reference, remarks = self._reference, []
        others = [row for row in self._rows if reference is not None and row.key != reference.key]
        if reference is None or reference.is_quoted or not others:
            sentence = QUOTED if reference is not None and reference.is_quoted and self._rows else ONE_ROW
            self._say("", [], sentence, [])
            return
        alike = [row for row in others if not disagreement(row.any, reference.any)]
        wanted = (reference, *alike) if alike else ()
        self._resamples.want([run for row in wanted for run in row.runs])
        series = []
        for row in others:
            reason = disagreement(row.any, reference.any)
            try:
                found = self._differences(row, reference) if not reason else None
            except StudioError as error:
                reason, found = str(error), None
            if found is not None:
                series.append(DifferenceSeries(row.full_name, found, row.colour or 0))
            elif reason:
                remarks.append(f"{row.name}: {reason}.".replace("..", "."))
        missing = self._resamples.missing
        sentence = f"Reading the detections ({missing} left)…" if missing else ""
        self._say(reference.full_name, series, sentence or " ".join(remarks), remarks)
        if missing and series:
            self._words.setText(" ".join((sentence, *remarks)))

    def _say(
        self, reference: str, series: list[DifferenceSeries], sentence: str, remarks: Sequence[str]
    ) -> None:
        self.plot.show_differences(reference, series, sentence)
        self._words.setText(" ".join(remarks) if series else "")
        self._words.setVisible(bool(series) and bool(remarks or self._resamples.missing))

    def _differences(self, row: ComparedRow, reference: ComparedRow) -> dict[str, PairedDifference] | None:
        """None while some run is not read.

        Raises:
            StudioError: a run cannot be read, or they were measured on different pictures.
        """
        ours, theirs = self._whole(row), self._whole(reference)
        if ours is None or theirs is None:
            return None
        key = tuple(run.name for each in (row, reference) for run in each.runs), len(ours)
        of, known = self._known.get(key, ([], {}))
        if not known or any(one is not other for one, other in zip(of, [*ours, *theirs], strict=True)):
            found = paired_differences(ours, theirs)
            known = {**found.classes, MEAN: found.mean}
            self._known[key] = ([*ours, *theirs], known)
        return known

    def _whole(self, row: ComparedRow) -> list[ResampledAps] | None:
        known = [self._resamples.of(run) for run in row.runs]
        problem = next((one for one in known if isinstance(one, str)), "")
        if problem:
            raise StudioError(problem)
        found = [one for one in known if isinstance(one, ResampledAps)]
        return found if len(found) == len(row.runs) else None
