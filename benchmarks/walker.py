"""A researcher who walks the clips, frame by frame, and mends what is seen."""

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Qt

from benchmarks.researcher import FAR, Key, Researcher
from core.trajectories.model import KEYFRAMES, ObjectTrajectory, PointTrajectories
from tests.studio.at_the_window import CTRL, SHIFT

LONGEST_GAP = 6
"""Frames from the end of a point to the start of another that the eye still takes for one."""


class Walker(Researcher):
    """Looks at every frame of every clip."""

    def mend(self) -> None:
        """Go through every clip, frame by frame, and mend what is seen."""
        tree = self.session.clips.tree
        for name, truth in self.truths.items():
            (item,) = tree.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
            place = tree.visualRect(tree.indexFromItem(item, 0)).center()
            self.hands.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
            self.hands.waitUntil(lambda name=name: self.session.view.clip.name == name)
            self.settle()
            if self.frame:
                self.press(Key.Key_Home)
            for frame in range(len(truth.boxes)):
                if frame:
                    self.press(Key.Key_Right)
                self.look()
                for _ in range(20):
                    if not self._mended_here():
                        break

    def _mended_here(self) -> bool:
        """Mend one thing that is wrong in this frame; False where nothing is."""
        frame = self.frame
        missing = self.untracked()
        if missing is not None:
            self.draw(missing)
            return True
        for one in self.objects():
            if one.place(frame) is not None and self._mended_object(one, frame):
                return True
        return self._mended_point(frame)

    def _mended_object(self, one: ObjectTrajectory, frame: int) -> bool:
        here, before = self.owner(one.id, frame), self.owner(one.id, frame - 1) if frame else None
        if here and before and here != before:
            other = next((o.id for o in self.objects() if self.owner(o.id, frame) == before), None)
            if other is not None:
                self.select(one.id, other)
                self.press(Key.Key_S)
                return True
        if here not in self.followed(one):
            self.select(one.id)
            self._take_away(one, frame)
            return True
        if frame and frame == int(one.frames[0]) and self.was_lost_before(one.id, frame):
            self.select(one.id)
            self.press(Key.Key_P, SHIFT)
            self.type_frame(frame)
            return self.session.document.objects(self.clip_id)[one.id].frames[0] < frame
        return False

    def _take_away(self, one: ObjectTrajectory, frame: int) -> None:
        """What is wrong here, of the selected track: all of it, from here on, or this frame alone."""
        owners = self.truth.owners(one)
        if not any(n for n in owners.values()):
            self.press(Key.Key_Delete, SHIFT)
        elif not self.comes_back(one, frame):
            self.press(Key.Key_X)
            self.press(Key.Key_Delete, SHIFT)
        else:
            place = one.place(frame)
            later = one.keyframes[one.keyframes > frame].tolist()
            at_fault = place is not None and one.origin[place] not in KEYFRAMES and later
            if at_fault and not owners[later[0]]:  # what fills from a wrong keyframe is wrong
                self.go(Key.Key_Right, CTRL)
                self.press(Key.Key_Delete)
                self.type_frame(frame)
            else:
                self.press(Key.Key_Delete)

    def _mended_point(self, frame: int) -> bool:
        points = self.points()
        for row, here in self._at(points, frame):
            xy, first = points.points(row), int(points.first[row])
            if first < frame and self.truth.strays(frame - 1, xy[frame - 1 - first], frame, here) >= FAR:
                self.select(int(points.ids[row]))
                self.press(Key.Key_Delete, SHIFT)
                return True
            if first == frame and frame:
                for other in np.flatnonzero((points.last < frame) & (points.last >= frame - LONGEST_GAP)):
                    last, end = int(points.last[other]), points.points(int(other))[-1]
                    if self.truth.strays(last, end, frame, here) < FAR:
                        self.select(int(points.ids[other]), int(points.ids[row]))
                        self.press(Key.Key_M)
                        return True
        return False

    def _at(self, points: PointTrajectories, frame: int) -> Iterator[tuple[int, np.ndarray]]:
        for row in np.flatnonzero((points.first <= frame) & (points.last >= frame)).tolist():
            yield row, points.points(row)[frame - int(points.first[row])]
