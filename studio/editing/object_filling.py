"""All that fills the frames between a person's keyframes, built and joined."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.document import Document
from studio.editing.carry_edits import CarryEdits
from studio.editing.carry_limit import ask_limit
from studio.editing.carrying import Carrying
from studio.editing.densifying import Densifying
from studio.editing.keyframe_edits import KeyframeEdits
from studio.editing.refilling import Refilling
from studio.view_state import ViewState
from studio.window.main_window import MainWindow


class ObjectFilling(QObject):
    """Edits of keyframes, and the threads that fill what lies between them.

    Signals:
        failed(str): the frames cannot be read; one sentence for the user.
        told(str): what was done, or will be; one sentence.
    """

    failed = Signal(str)
    told = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        window: MainWindow,
        frame: Callable[[], int],
        parent: QObject,
    ) -> None:
        """`frame`: gives the frame that is on the canvas."""
        super().__init__(parent)
        self._window = window
        self.refilling = Refilling(document, view, window.commands["fill_again"].isChecked, self)
        settings = self.refilling.config
        self.carrying = Carrying(document, view, self)
        self.carries = CarryEdits(document, view, frame, settings, window.preferences, self.carrying, self)
        self.densifying = Densifying(document, view, settings, self)
        self.keyframes = KeyframeEdits(document, view, frame, settings, self)
        for one in (self.refilling, self.carrying, self.densifying):
            one.failed.connect(self.failed)
        for telling in (self.carrying, self.carries, self.densifying, self.keyframes):
            telling.told.connect(self.told)

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls, beside those of `keyframes`."""
        return {
            "densify_selected": partial(self.densifying.ask, self._window),
            "carry_limit": partial(ask_limit, self._window),
        }

    def cancel(self) -> bool:
        """End what is under way; False if there is nothing."""
        return self.carrying.cancel() or self.densifying.cancel() or self.refilling.cancel()

    def close(self) -> None:
        """End what is under way, and wait for the threads."""
        for one in (self.refilling, self.carrying, self.densifying):
            one.close()
