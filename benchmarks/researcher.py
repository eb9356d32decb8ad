"""A researcher at the real window, who knows the truth: what is seen, and what hands can do.

The eye never errs: it sees what is wrong in the frame that is shown beside the one before it, and an object
that no track follows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from benchmarks.curation_truth import Truth, standing
from benchmarks.hands import NONE, Effort, Hands
from core.geometry import iou
from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review
from studio.app import Studio
from tests.end_to_end.user import User
from tests.studio.at_the_window import CTRL, SHIFT, key

Key = Qt.Key

FAR = 3.0
"""Pixels by which a point strays from one frame to the next, from which on the eye sees it."""


@dataclass
class Researcher:
    """At the window of an open project.

    Attributes:
        truths: by name of clip.
    """

    folder: Path
    project: Path
    truths: Mapping[str, Truth]
    hands: Hands = field(default_factory=Hands)

    def __post_init__(self) -> None:
        app = QApplication.instance() or QApplication([])
        self.user = User(self.hands, app, self.folder)
        self.user.start()
        self.told, self._looked = 0, (-1, -1)
        assert self.studio.open_project(self.project)
        self.hands.waitUntil(lambda: self.session is not None and self.session.view.clip is not None)
        self.studio.window.resize(1600, 1000)
        self.session.queue.told.connect(self._hear)
        self.settle()
        self.hands.effort = Effort()

    @property
    def studio(self) -> Studio:
        return self.user.studio

    @property
    def session(self) -> Any:
        return self.user.session

    def edits(self) -> int:
        """How many steps of undo there are."""
        return len(self.session.document.history())

    def leave(self) -> None:
        """Close the window."""
        self.user.leave()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()

    # --- what is seen -----------------------------------------------------------------------------

    @property
    def clip_id(self) -> int:
        return int(self.session.view.clip.id)

    @property
    def frame(self) -> int:
        return int(self.session.view.frame)

    @property
    def truth(self) -> Truth:
        return self.truths[self.session.view.clip.name]

    def objects(self) -> list[ObjectTrajectory]:
        return standing(list(self.session.document.objects(self.clip_id).values()))

    def points(self) -> PointTrajectories:
        points: PointTrajectories = self.session.document.points(self.clip_id)
        return points.take(points.review != Review.REJECTED)

    def look(self) -> None:
        """At the frame that is shown."""
        here = (self.clip_id, self.frame)
        if here != self._looked:
            self._looked = here
            self.hands.effort.frames += 1

    def owner(self, id: int, frame: int) -> int | None:
        """Whom a track is around in a frame, 0 for nothing; None where it has nothing there."""
        one = self.session.document.objects(self.clip_id).get(id)
        place = one.place(frame) if one is not None else None
        return None if one is None or place is None else self.truth.owner(frame, one.boxes[place])

    def followed(self, one: ObjectTrajectory) -> set[int]:
        """The objects that a track is around in a quarter of its frames at least."""
        return self.truth.followed(one)

    def untracked(self) -> int | None:
        """An object in this frame that no track of the clip follows anywhere; None without."""
        truth, objects = self.truth, self.objects()
        followed = {n for one in objects for n in self.followed(one)}
        return next((n for n in truth.boxes[self.frame] if n not in followed), None)

    def was_lost_before(self, id: int, start: int) -> bool:
        """Whether the object of a track that starts at a frame is seen before that, and followed by none."""
        n = self.owner(id, start)
        box = self.truth.boxes[start - 1].get(n) if n and start else None
        others = [one for one in self.objects() if one.place(start - 1) is not None]
        return box is not None and not any(iou(one.boxes[one.place(start - 1)], box) >= 0.5 for one in others)

    def comes_back(self, one: ObjectTrajectory, frame: int) -> bool:
        """Whether a track is around the object again, from a frame on, that it was around before."""
        owners = self.truth.owners(one)
        own = next((n for f, n in reversed(owners.items()) if f < frame and n), 0)
        return any(n and n == (own or n) for f, n in owners.items() if f >= frame)

    # --- hands ------------------------------------------------------------------------------------

    def press(self, pressed: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        key(self.hands, self.studio, pressed, modifier)
        self.settle()

    def go(self, pressed: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press a key that shows another frame, and look."""
        self.press(pressed, modifier)
        self.look()

    def type_frame(self, frame: int) -> None:
        if frame != self.frame:
            self.press(Key.Key_J, CTRL)
            box = self.session.canvas.transport.frame
            for digit in str(frame):
                self.hands.keyClick(box, Key(Key.Key_0 + int(digit)))
            self.hands.keyClick(box, Key.Key_Return)
            self.settle()

    def select(self, *ids: int) -> None:
        """By clicks on rows of the table."""
        for id, keys in zip(ids, (NONE, CTRL), strict=False):
            self.user.click_row(id, keys)
        self.settle()
        assert set(self.session.view.selection) == set(ids)

    def draw(self, number: int) -> None:
        """A new object, with the mouse; then carried both ways by keys, and back to this frame."""
        frame = self.frame
        self.press(Key.Key_R)
        self.press(Key.Key_N)
        self._drag(number)
        (id,) = self.session.view.selection
        for modifier in (NONE, SHIFT):
            self.type_frame(frame)
            self.carry(id, number, modifier)
        self.type_frame(frame)
        self.press(Key.Key_Escape)  # the tool Box is laid down

    def carry(self, id: int, number: int, modifier: Qt.KeyboardModifier) -> None:
        """Carry the selected track of an object from this frame, back with Shift, as long as it is seen.

        Where it is lost, its box is drawn.
        """
        by, end = (-1, -1) if modifier == SHIFT else (1, len(self.truth.boxes))
        at = self.frame
        while at + by != end:
            self.press(Key.Key_P, modifier)
            frames = range(at + by, end, by)
            lost = [f for f in frames if number in self.truth.boxes[f] and self.owner(id, f) != number]
            if not lost:
                break
            at = lost[0]
            self.type_frame(at)
            self.look()
            if self.session.view.tool != "box":
                self.press(Key.Key_B)
            self._drag(number)

    def _drag(self, number: int) -> None:
        """Draw the box of an object in this frame: of the selected track, or of a new one."""
        x1, y1, x2, y2 = self.truth.boxes[self.frame][number].tolist()
        self.user.mouse.drag((x1, y1), ((x1 + x2) / 2, (y1 + y2) / 2), (x2, y2))
        self.hands.effort.mouse += 1
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is under way and the frame is shown."""
        self.hands.waitUntil(self._is_at_rest)

    def _is_at_rest(self) -> bool:
        session = self.session
        view, stage, filling = session.view, session.canvas.stage, session.filling
        return bool(
            not session.document.busy
            and filling.refilling.is_idle
            and not filling.carrying.under_way
            and not (session.queue.begun and session.queue.is_searching)
            and stage.clip == view.clip
            and stage.scene.frame == view.frame
        )

    def _hear(self, sentence: str) -> None:
        self.told += 1
