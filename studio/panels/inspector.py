"""The selected track: what it looks like, how sure it is, where it comes from; or how many are selected."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.percent import percent
from core.trajectories.model import (
    KEYFRAMES,
    Changes,
    EndReason,
    Flag,
    ObjectTrajectory,
    Origin,
    PointTrajectories,
    Review,
)
from core.trajectories.sight import is_outside, occluded
from core.trajectories.trajectory_edits import Relabel
from studio import lookups, theme
from studio.document import Document
from studio.flow_layout import FlowLayout
from studio.labels.label_field import LabelField
from studio.panels.film_strip import POINT_SIDE, FilmStrip, cuts_along
from studio.panels.track_plot import TrackPlot
from studio.track_words import ENDS_WHY, REVIEWS
from studio.view_state import ViewState
from studio.wrapped_label import WrappedLabel

EMPTY = "Select a track to see its pictures, its errors and where it comes from."


class Inspector(QStackedWidget):
    """Follows the selection, and the frame for what is said about it.

    Signals:
        edit_asked(Edit): a label was typed.
        left(): keys belong to the canvas again.
    """

    edit_asked = Signal(object)
    left = Signal()

    def __init__(
        self,
        document: Document,
        view: ViewState,
        actions: Sequence[QAction],
        notes: Sequence[QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:
        """An inspector with buttons for `actions` on what is selected, and `notes` on it below them."""
        super().__init__(parent)
        self._document, self._view = document, view
        self._track: ObjectTrajectory | PointTrajectories | None = None
        self.empty = WrappedLabel(EMPTY)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("quiet", True)
        self.empty.setMargin(2 * theme.SPACE)
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.label = LabelField()
        self.label.setPlaceholderText("Label")
        self.label.setAccessibleName("Label of the track")
        self.label.editingFinished.connect(self._relabel)
        self.label.returnPressed.connect(self.left)
        self.label.escaped.connect(self._leave_label)
        self.strip, self.plot = FilmStrip(), TrackPlot()
        self.facts = {
            name: QLabel(wordWrap=name in ("Frames", "Here", "Audit", "Ends because"))
            for name in ("Frames", "Review", "Here", "Place", "Audit", "To check", "Ends because", "Made by")
        }
        self._page = self._build(actions, notes)
        self.addWidget(self.empty)
        self.addWidget(self._page)
        self._drawing = QTimer(self, interval=80, singleShot=True)  # once the hand rests
        self._drawing.timeout.connect(self._draw)
        for chosen in (self.strip.frame_chosen, self.plot.frame_chosen):
            chosen.connect(view.set_frame)
        view.selection_changed.connect(self.reload)
        view.clip_changed.connect(self.reload)
        view.frame_changed.connect(self._show_frame)
        document.changed.connect(self._reload_if_touched)
        self.reload()

    def reload(self) -> None:
        """Read the selected track again."""
        ids, clip = self._view.selection, self._view.clip
        self._track = None
        if clip is None or not ids:
            self.setCurrentWidget(self.empty)
            self.strip.show_cuts(None, [])
            return
        self.setCurrentWidget(self._page)
        if len(ids) == 1:
            self._track = self._one(clip.id, next(iter(ids)))
        alone = self._track is not None
        for widget in (self.label, self.strip, self.plot, self._facts):
            widget.setVisible(alone)
        if self._track is None:
            self.title.setText(f"{len(ids):,} tracks selected")
            return
        self._show_track()
        self._show_frame(self._view.frame)

    def set_remark(self, text: str) -> None:
        """Say something where no track is selected."""
        self.empty.setText("\n\n".join(filter(None, (EMPTY, text))))

    def close_reader(self) -> None:
        """Wait for the thread that cuts pictures."""
        self._drawing.stop()
        self.strip.close_reader()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._track is not None:
            self._drawing.start()

    # --- the one track ------------------------------------------------------------------------

    def _one(self, clip_id: int, id: int) -> ObjectTrajectory | PointTrajectories | None:
        one = self._document.objects(clip_id).get(id)
        if one is not None:
            return one
        points = self._document.points(clip_id)
        place = np.searchsorted(points.ids, id)
        if place < len(points) and points.ids[place] == id:
            return points.take(np.array([place]))
        return None

    def _show_track(self) -> None:
        track, (id,) = self._track, self._view.selection
        if isinstance(track, ObjectTrajectory):
            kind, label, review, ends = "Object", track.label, track.review, ""
            audit, doubtful = _audit(track.overlap, track.frames), len(track.to_check)
            gaps = int(track.frames[-1] - track.frames[0]) + 1 - len(track.frames)
            keys = len(track.keyframes)
            span = f"{track.frames[0]}–{track.frames[-1]}, {len(track.frames)} seen"
            span += f", {gaps} missing" if gaps else ""
            span += f"; {keys} keyframe{'s' if keys != 1 else ''}"
        else:
            assert track is not None
            kind, label, review = "Point", track.labels[0], int(track.review[0])
            audit, doubtful = "", 0
            ends = ENDS_WHY[EndReason(int(track.end_reason[0]))]
            span = f"{track.first[0]}–{track.last[0]}, {track.lengths[0]} seen"
        if self.title.text() != f"{kind} {id}":  # what was drawn is another's
            self.title.setText(f"{kind} {id}")
            self.facts["Made by"].clear()
            self.plot.clear()
            self.strip.show_cuts(None, [])
        if self.label.text() != label:
            self.label.show_text(label)
        self.facts["Frames"].setText(span)
        self.facts["Review"].setText(REVIEWS[Review(review)])
        checks = f"{doubtful} frame{'s' if doubtful != 1 else ''}" if doubtful else ""
        for name, text in (("Audit", audit), ("To check", checks), ("Ends because", ends)):
            self.facts[name].setText(text)
            self._form.setRowVisible(self.facts[name], bool(text))
        self._drawing.start()

    def _draw(self) -> None:
        """Show the plot and the pictures of the track, and what made it."""
        track = self._track
        if track is None:
            return
        (id,) = self._view.selection
        made = lookups.provenance(self._document.project, id)
        job, version, created = made or ("hand", "", "")
        self.facts["Made by"].setText(f"{job}, {created[:16].replace('T', ' ')} UTC" if made else "hand")
        self.facts["Made by"].setToolTip(version)
        marked = np.isin(track.origin, KEYFRAMES)
        if isinstance(track, ObjectTrajectory):
            frames, boxes = track.frames, track.boxes
            self.plot.show_values("Confidence (0–1)", frames, track.confidence, marked)
            to_check = np.isin(frames, track.to_check)
            self.plot.show_findings(frames, track.confidence, to_check, track.overlap)
        else:
            self.plot.show_values("Error (px)", track.frame, track.error, marked)
            half = np.array([POINT_SIDE / 2 / 1.1] * 2, np.float32)
            frames, boxes = track.frame, np.hstack((track.xy - half, track.xy + half))
        self.strip.show_cuts(self._view.clip, cuts_along(frames, boxes, self.strip.room))

    def _show_frame(self, frame: int) -> None:
        self.strip.set_frame(frame)
        self.plot.set_frame(frame)
        track = self._track
        if track is None:
            return
        here, where = f"not seen at frame {frame}", ""
        if isinstance(track, ObjectTrajectory):
            place = track.place(frame)
            if is_outside(track, np.array([frame]))[0]:
                here = "out of sight"
            if place is not None:
                x1, y1, x2, y2 = track.boxes[place]
                here = f"{_origin(track.origin[place])}, confidence {track.confidence[place]:.2f}"
                if np.isfinite(track.overlap[place]):
                    here += f", audit {percent(track.overlap[place])}"
                if occluded(track)[place]:
                    here += ", occluded"
                if track.flags[place] & Flag.DISAGREES:
                    here += ", to be checked: ways of filling disagree"
                where = f"{x2 - x1:.0f} × {y2 - y1:.0f} px at ({x1:.0f}, {y1:.0f})"
        elif track.first[0] <= frame <= track.last[0]:
            place = frame - int(track.first[0])
            x, y = track.xy[place]
            here, where = _origin(track.origin[place]), f"({x:.1f}, {y:.1f}) px"
            if place > 0 and np.isfinite(track.error[place]):
                here += f", error {track.error[place]:.2f} px"
        self.facts["Here"].setText(here)
        self.facts["Place"].setText(where)
        self._form.setRowVisible(self.facts["Place"], bool(where))

    def _leave_label(self) -> None:
        """Nothing was meant: the label is as it was."""
        if self._track is not None:
            self.label.setText(_label_of(self._track))
        self.left.emit()

    def _relabel(self) -> None:
        track = self._track
        if track is None or self._view.clip is None:
            return
        label = self.label.text().strip()
        if label != _label_of(track):
            (id,) = self._view.selection
            self.edit_asked.emit(Relabel(self._view.clip.id, (id,), label))

    def _reload_if_touched(self, changes: Changes) -> None:
        if changes.trajectories & self._view.selection:
            self.reload()

    # --- building -----------------------------------------------------------------------------

    def _build(self, actions: Sequence[QAction], notes: Sequence[QWidget]) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setSpacing(theme.SPACE)
        box.addWidget(self.title)
        box.addWidget(self.label)
        row = QWidget()
        buttons = FlowLayout(row)
        buttons.setContentsMargins(0, 0, 0, 0)
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setAccessibleName(action.text().replace("&", ""))
            buttons.addWidget(button)
        box.addWidget(row)
        for note in notes:
            box.addWidget(note)
        box.addWidget(self.strip)
        box.addWidget(self.plot)
        self._facts = QWidget()
        self._form = QFormLayout(self._facts)
        self._form.setContentsMargins(0, 0, 0, 0)
        for name, fact in self.facts.items():
            fact.setWordWrap(True)
            fact.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            title = QLabel(name)
            title.setProperty("quiet", True)
            self._form.addRow(title, fact)
        box.addWidget(self._facts)
        box.addStretch()
        area = QScrollArea(widgetResizable=True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has it
        area.setAccessibleName("Inspector")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(page)
        return area


def _label_of(track: ObjectTrajectory | PointTrajectories) -> str:
    return track.label if isinstance(track, ObjectTrajectory) else track.labels[0]


def _origin(origin: int) -> str:
    return Origin(int(origin)).name.lower()


def _audit(overlap: np.ndarray, frames: np.ndarray) -> str:
    """How well keyframes were found again when hidden; empty where none was."""
    found = np.flatnonzero(np.isfinite(overlap))
    if not len(found):
        return ""
    worst = found[overlap[found].argmin()]
    text = f"{percent(overlap[found].mean())} over {len(found)} keyframe{'s' if len(found) != 1 else ''}"
    return f"{text}, worst {percent(overlap[worst])} at frame {frames[worst]}"
