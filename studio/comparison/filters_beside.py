"""The conv1 filters of compared runs side by side: their own, or those of the pretraining they start from."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.comparison.differing import Subject
from studio.plots.filter_picture import FilterPicture
from studio.runs.run import Run

MOST = 4
"""Pictures side by side."""


class FiltersBeside(QWidget):
    """A picture for each of the first rows or runs; of several seeds, of the first that saved filters."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures = tuple(FilterPicture() for _ in range(MOST))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for picture in self.pictures:
            row.addWidget(picture, 1)
            picture.step_chosen.connect(self._go_to)

    def show_subjects(self, subjects: Sequence[Subject]) -> None:
        """Show the filters of these."""
        for place, picture in enumerate(self.pictures):
            picture.setVisible(place < max(len(subjects), 1))
            if place >= len(subjects):
                picture.set_title("conv1 filters")
                picture.show_filters(None, [])
                continue
            subject = subjects[place]
            source = _source(subject)
            picture.set_title(_title(subject, source))
            picture.say_why_none(_why_none(subject))
            picture.show_filters(source.path if source else None, source.filters if source else [])

    def _go_to(self, step: int) -> None:
        for picture in self.pictures:
            if picture is not self.sender():
                picture.go_to(step)


def _source(subject: Subject) -> Run | None:
    starts = (start for start in subject.starts if start is not None)
    return next((run for run in (*subject.runs, *starts) if run.filters), None)


def _title(subject: Subject, source: Run | None) -> str:
    if source is None or source in subject.runs:
        return f"{subject.name} · conv1"
    seed = source.settings.get("seed")
    which = f" of seed {seed}" if len(subject.runs) > 1 and seed is not None else ""
    return f"{subject.name} · conv1 of the start{which}"


def _why_none(subject: Subject) -> str:
    """Why there is no picture of a run; the usual words where there may be one soon."""
    run = subject.runs[0]
    if run.job == "pretrain" or any(start is not None for start in subject.starts):
        return ""
    if run.weights in ("", "random"):
        return "It starts from random weights, and fine-tuning saves no filters."
    return "The run that it starts from is not in this project, and fine-tuning saves no filters."
