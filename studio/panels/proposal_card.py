"""What is proposed for the selected tracks at this frame: why, before and after, and what can be done."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from studio import theme
from studio.document import Document
from studio.editing.proposals import Proposals, Proposed
from studio.panels.film_strip import POINT_SIDE, Cut, FilmStrip, cuts_along
from studio.view_state import ViewState

AROUND = {2: (-1, 0), 3: (-1, 0, 4), 4: (-5, -1, 0, 4)}
"""How many pictures of a track there is room for → their frames, counted from the one of the proposal."""

SHORT = ("Do it", "Dismiss")
"""What the buttons say, for there is little room."""


class ProposalCard(QFrame):
    """Shown only where something is proposed."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        proposals: Proposals,
        actions: Sequence[QAction],
        parent: QWidget | None = None,
    ) -> None:
        """A card with buttons for two actions, which do what is proposed and dismiss it."""
        super().__init__(parent)
        self.setObjectName("proposal_card")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("Proposed edit")
        self._document, self._view, self._proposals = document, view, proposals
        self._shown: Proposed | None = None
        self.title, self.reason = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.title.setProperty("role", "heading")
        self.reason.setProperty("quiet", True)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.strips = (FilmStrip(), FilmStrip())
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        box.addWidget(self.title)
        for strip in self.strips:
            strip.frame_chosen.connect(view.set_frame)
            box.addWidget(strip)
        box.addWidget(self.reason)
        buttons = QHBoxLayout()
        for action, short in zip(actions, SHORT, strict=True):
            button = QToolButton()
            button.setAccessibleName(action.text().replace("&", ""))
            action.setIconText(short)
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            buttons.addWidget(button)
        buttons.addStretch()
        box.addLayout(buttons)
        for changed in (view.selection_changed, view.frame_changed, view.clip_changed, proposals.changed):
            changed.connect(self.reload)
        self.reload()

    def reload(self) -> None:
        """Show what is proposed here now; nothing where nothing is."""
        one = self._proposals.here()
        self.setVisible(one is not None)
        if one is not None and one != self._shown:
            subject = one.subject
            self.title.setText(f"Proposed: {subject}")
            self.reason.setText(one.reason)
            self._cut(one)
        self._shown = one

    def close_reader(self) -> None:
        """Wait for the threads that cut pictures."""
        for strip in self.strips:
            strip.close_reader()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._shown is not None:
            self._cut(self._shown)

    def _cut(self, one: Proposed) -> None:
        for place, strip in enumerate(self.strips):
            strip.setVisible(place < len(one.tracks))
            cuts = self._cuts(one.tracks[place], one.proposal.frame) if place < len(one.tracks) else []
            strip.show_cuts(self._view.clip, cuts)
            strip.set_frame(one.proposal.frame)

    def _cuts(self, id: int, frame: int) -> list[Cut]:
        clip = self._view.clip
        assert clip is not None, "a proposal without a clip"
        track = self._document.objects(clip.id).get(id)
        if track is not None:
            frames, boxes = track.frames, track.boxes
        else:
            points = self._document.points(clip.id)
            point = points.take(points.ids == id)
            half = np.float32(POINT_SIDE / 2 / 1.1)
            frames, boxes = point.frame, np.hstack((point.xy - half, point.xy + half))
        at = int(np.searchsorted(frames, frame))
        around = AROUND[min(max(self.strips[0].room, 2), 4)]
        places = np.unique(np.clip(at + np.array(around), 0, len(frames) - 1))
        return cuts_along(frames[places], boxes[places], len(places))
