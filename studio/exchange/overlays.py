"""Overlays, which take as long as their frames: written in a thread, with how far in the status bar."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from core.datasets.clip import Clip
from core.datasets.reading import open_frames
from core.events import OnProgress
from core.overlay.files import frames_of, save_picture, write_overlay
from core.overlay.layers import Layers
from core.overlay.rendering import Renderer
from core.trajectories import store
from core.trajectories.exchange.choice import Choice
from core.trajectories.exchange.replacing import alone_in, keep_frames
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from studio import icons
from studio.background import Background
from studio.document import Document

WIDTH = 120
"""Pixels of the progress bar."""


@dataclass(frozen=True)
class OverlayOrder:
    """Overlays that are wanted.

    Attributes:
        format: one of `core.overlay.files.TITLES`.
        clips: one or more.
        paths: of their files.
        choice: which tracks and frames.
        layers: what is shown of them.
    """

    format: str
    clips: Sequence[Clip]
    paths: Sequence[Path]
    choice: Choice
    layers: Layers


class Overlays(QObject):
    """Writes overlays and single pictures, one at a time.

    Signals:
        saved(str, Path): what was written, in a sentence, and the folder it lies in.
        failed(str): nothing was written; why.
    """

    saved = Signal(str, object)
    failed = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.status = OverlayStatus()
        self._writing, self._drawing = Background(self), Background(self)
        self._writing.progressed.connect(self.status.show_progress)
        for end in (self._writing.done, self._writing.failed, self._writing.cancelled):
            end.connect(self.status.clear)
        self.status.cancel_button.clicked.connect(self._writing.cancel)
        for work in (self._writing, self._drawing):
            work.done.connect(self._tell)
            work.failed.connect(self.failed)

    def start(self, order: OverlayOrder) -> None:
        """Write overlays, unless some are being written."""
        if self._writing.is_running:
            self.failed.emit("An overlay is being written; wait for it, or cancel it in the status bar.")
            return
        project = self._document.project

        def write(report: OnProgress) -> list[Path]:
            with alone_in(order.paths[0].parent):
                for clip, path in zip(order.clips, order.paths, strict=True):
                    with project.reading() as connection:
                        tracks = replace(order.choice, frames=None).of(connection, clip)
                        every = store.points(connection, clip.id)
                    renderer = Renderer(clip, *tracks, order.layers, every)
                    write_overlay(order.format, path, clip, renderer, frames_of(clip, order.choice), report)
            return list(order.paths)

        self.status.show_progress(0, 0, order.clips[0].name)
        self._writing.start(write)

    def save_picture(
        self,
        path: Path,
        clip: Clip,
        frame: int,
        points: PointTrajectories,
        objects: Sequence[ObjectTrajectory],
        layers: Layers,
    ) -> None:
        """Write a frame at its full size with these tracks over it."""
        every = self._document.points(clip.id)

        def draw(report: OnProgress) -> list[Path]:
            keep_frames(clip, path)
            with open_frames(clip) as images:
                save_picture(path, Renderer(clip, points, objects, layers, every).draw(images[frame], frame))
            return [path]

        self._drawing.start(draw)

    def close(self) -> None:
        """Give up what is under way."""
        for work in (self._writing, self._drawing):
            work.close()

    def _tell(self, paths: list[Path]) -> None:
        what = paths[0].name if len(paths) == 1 else f"{len(paths):,} overlays"
        self.saved.emit(f"Saved {what} to {paths[0].parent}.", paths[0].parent)


class OverlayStatus(QWidget):
    """How far the overlay is that is being written, and a button that cancels it; else nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label, self._bar, self.cancel_button = QLabel(), QProgressBar(textVisible=False), QToolButton()
        self._label.setText("Overlay")
        self._bar.setFixedWidth(WIDTH)
        self._bar.setAccessibleName("Progress of the overlay")
        self.cancel_button.setAutoRaise(True)
        self.cancel_button.setAccessibleName("Cancel the overlay")
        self.cancel_button.setToolTip("Cancel; nothing is left of what was written")
        icons.set_icon(self.cancel_button, "close")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._parts: tuple[QWidget, ...] = (self._label, self._bar, self.cancel_button)
        for part in self._parts:
            row.addWidget(part)
        self.clear()

    @property
    def is_shown(self) -> bool:
        """Whether there is something to cancel."""
        return not self._bar.isHidden()

    def show_progress(self, done: int, total: int, what: str) -> None:
        """So many frames of a clip are done."""
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._bar.setToolTip(f"{what}: frame {done:,} of {total:,}" if total else what)
        for part in self._parts:
            part.show()

    def clear(self) -> None:
        """Nothing is being written."""
        for part in self._parts:
            part.hide()
