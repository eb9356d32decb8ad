"""Headings over a list of runs, under which the runs of whole tables are folded away."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio import theme
from studio.runs.run import Run


class MatrixFolds(QWidget):
    """A heading for each matrix that has runs in the list.

    Signals:
        changed(): other matrices are unfolded.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QToolButton] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.SPACE // 2, 0, theme.SPACE // 2, 0)
        self._column.setSpacing(0)
        self.hide()

    @property
    def unfolded(self) -> frozenset[str]:
        """The folder names of the matrices whose runs are shown."""
        return frozenset(name for name, button in self.buttons.items() if button.isChecked())

    def unfold(self, name: str) -> None:
        """Show the runs of a matrix."""
        if name in self.buttons:
            self.buttons[name].setChecked(True)

    def show_matrices(self, counts: Mapping[str, int], matrices: Sequence[Run]) -> None:
        """Show a heading for each matrix.

        Args:
            counts: the folder name of a matrix → how many runs of it there are; the newest first.
            matrices: the runs of those that were not deleted.
        """
        for name in [name for name in self.buttons if name not in counts]:
            self.buttons.pop(name).deleteLater()
        there = {run.name: run for run in matrices}
        schedules = Counter(run.settings.get("schedule") for run in matrices if run.name in counts)
        for place, (name, count) in enumerate(counts.items()):
            button, run = self.buttons.get(name) or self._new_button(name), there.get(name)
            self._column.insertWidget(place, button)
            title = _title(run, schedules[run.settings.get("schedule")] > 1) if run else "Table 1 · deleted"
            button.setText(f"{title} · {count} run{'' if count == 1 else 's'}")
            button.setToolTip(
                f"{run.title if run else title}\nThe workspace Table 1 shows these runs as a table"
            )
        self.setVisible(bool(counts))

    def _new_button(self, name: str) -> QToolButton:
        button = QToolButton(autoRaise=True)
        button.setCheckable(True)
        button.setObjectName(f"fold_{name}")
        button.setArrowType(Qt.ArrowType.RightArrow)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.toggled.connect(
            lambda on: button.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        )
        button.toggled.connect(self.changed)
        self.buttons[name] = button
        return button


def _title(run: Run, with_time: bool) -> str:
    when = f", {datetime.fromtimestamp(run.created):%d %b %H:%M}" if with_time else ""
    return run.notes.name or f"Table 1 · {run.settings.get('schedule')}{when}"
