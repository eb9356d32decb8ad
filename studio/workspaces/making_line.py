"""A line about a run; under the mouse it says how the run was made: command, machines, versions, digests."""

from textwrap import fill

from PySide6.QtCore import QEvent

from core.runs.provenance import facts
from core.runs.run_folder import RunFolder
from studio.elided_label import ElidedLabel

WIDE = 100
"""Letters after which a line of the tip goes on in the next one."""


class MakingLine(ElidedLabel):
    """The files of the run are read only when its tool tip is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._folder: RunFolder | None = None

    def show_line(self, text: str, folder: RunFolder | None) -> None:
        """Show a line about the run in a folder."""
        self.show_text(text)
        self._folder = folder

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            found = facts(self._folder) if self._folder is not None else {}
            lines = [self.whole, *(f"{title}: {fact}" for title, fact in found.items())]
            self.setToolTip("\n".join(fill(line, WIDE, break_on_hyphens=False) for line in lines))
        return super().event(event)
