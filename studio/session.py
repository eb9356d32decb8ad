"""The views of an open project, built and joined; they live as long as it is open."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QLabel

from core.project import Project
from studio.document import Document
from studio.main_window import MainWindow, Panel
from studio.panels.history import HistoryPanel
from studio.settings import LastView
from studio.tables.clip_list import ClipList
from studio.tables.track_table import TrackTable
from studio.view_state import ViewState


class Session(QObject):
    """What belongs to one open project."""

    def __init__(self, project: Project, window: MainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self.document = Document(project, self)
        self.view = ViewState(self)
        self.clips = ClipList(self.document, self.view)
        self.tracks = TrackTable(self.document, self.view)
        self.history = HistoryPanel(self.document)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        window.set_project(
            project.name,
            {name: QLabel(name) for name in ("curate", "train", "evaluate", "compare")},
            [
                Panel("clips", "Clips", self.clips, left),
                Panel("tracks", "Tracks", self.tracks, left, below="clips"),
                Panel("history", "History", self.history, right),
            ],
            [],
        )
        self.tracks.edit_asked.connect(self.document.perform)

    def restore(self, last: LastView) -> None:
        """Look at what was looked at last."""
        for one in self.clips.summaries:
            if one.clip.name == last.clip:
                self.view.set_clip(one.clip)
        self.view.set_frame(last.frame)
        self._window.show_workspace(last.workspace)

    def last_view(self) -> LastView:
        """What is looked at now."""
        clip = self.view.clip
        return LastView(clip.name if clip else "", self.view.frame, self._window.workspace or "curate")

    def close(self) -> None:
        """Let go of the project."""
        self.document.close()
        self.deleteLater()
