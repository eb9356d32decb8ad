"""A researcher who mends what the review queue shows, recipe by recipe."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from benchmarks.researcher import FAR, Key, Researcher
from core.review.findings import Item
from core.trajectories.model import PointTrajectories
from tests.studio.at_the_window import CTRL, SHIFT, key
from tests.studio.review.at_the_queue import choose

ENOUGH = 5
"""Items that are right, one after the other, after which the rest of a queue from bad to good is left."""


@dataclass
class Reviewer(Researcher):
    """Answers the items of the queue.

    Attributes:
        by_recipe: what going through each recipe took, and how many errors it left.
        left: counts the errors that still stand.
    """

    by_recipe: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: Callable[[], int] = int

    def mend(self) -> None:
        """Go through the recipes, the surest first; a queue that goes from bad to good is left in time."""
        ways: dict[str, Callable[[Item], bool]] = {
            "identity_errors": self._is_identity_error,
            "births": self._is_false,
            "poorly_filled": self._mended_keyframes,
            "disagreements": self._is_filled_wrong,
            "short_gaps": lambda item: not self._is_gap(item),
            "worst_links": self._strays,
            "next_keyframe": self._is_wrong_here,
            "untracked": lambda item: True,  # what is seen there and has no track is drawn before
        }
        for recipe, is_wrong in ways.items():
            before, edits = replace(self.hands.effort), self.edits()
            choose(self.studio, self.hands, recipe)
            self._answer(Key.Key_BracketRight)
            self._go_through(recipe, is_wrong)
            taken = self.hands.effort.since(before)
            self.by_recipe[recipe] = {**taken, "edits": self.edits() - edits, "left": self.left()}

    def _go_through(self, recipe: str, is_wrong: Callable[[Item], bool]) -> None:
        queue, right = self.session.queue, 0
        sorted_by_badness = recipe in ("worst_links", "next_keyframe")
        seen = set[str]()
        while queue.active and queue.current is not None and not (sorted_by_badness and right == ENOUGH):
            item, name = queue.current, queue.recipe.key(queue.current)
            self.look()
            missing = self.untracked()
            if missing is not None:
                self.draw(missing)
                if not queue.active:
                    self._answer(Key.Key_BracketRight)  # back to the item
                continue
            if name in seen:
                break  # it was put off, and nothing else is left
            seen.add(name)
            self.hands.effort.items += 1
            wrong = is_wrong(item)
            right = 0 if wrong else right + 1
            accepts = wrong == (recipe in ("identity_errors",)) or recipe == "poorly_filled"
            self._answer(Key.Key_Return if accepts else Key.Key_Backspace)

    def _answer(self, pressed: Qt.Key) -> None:
        """Press a key of the queue, and wait until it says where it is."""
        told = self.told
        key(self.hands, self.studio, pressed)
        self.hands.waitUntil(lambda: self.told > told)
        self.settle()

    def _look_before(self, item: Item) -> None:
        """At the frame before the one that was looked at; what is decided needs no way back."""
        if item.frame:
            self.go(Key.Key_Left)

    def _is_identity_error(self, item: Item) -> bool:
        """Whether tracks change places there, or one stops following; what it follows then is thrown away."""
        self._look_before(item)
        if len(item.tracks) == 2:
            return all(self.owner(id, item.frame - 1) != self.owner(id, item.frame) for id in item.tracks)
        one = self.session.document.objects(self.clip_id)[item.tracks[0]]
        owners, own = self.truth.owners(one), self.followed(one)
        before = own & {n for frame, n in owners.items() if frame < item.frame}
        after = own & {n for frame, n in owners.items() if frame >= item.frame}
        if before & after:
            return False
        if not after:
            self.go(Key.Key_Right)
            self.press(Key.Key_X)
            self.press(Key.Key_Delete, SHIFT)
        return True

    def _is_false(self, item: Item) -> bool:
        """Whether the track of a birth follows nothing; one that was lost before is carried back."""
        self._look_before(item)
        id = item.tracks[0]
        self.go(Key.Key_Right)
        while not self.owner(id, self.frame) and self.frame < item.last:
            self.go(Key.Key_Right)
        number = self.owner(id, self.frame)
        if not number:
            return True
        if self.was_lost_before(id, item.frame):
            self.type_frame(item.frame)
            self.carry(id, number, SHIFT)
            if self.session.view.tool != "select":
                self.press(Key.Key_V)
        return False

    def _mended_keyframes(self, item: Item) -> bool:
        """Whether a keyframe there is wrong; it is deleted, and filled from those beside it."""
        if self._taken_away(item.tracks[0]):  # the one that is shown
            return True
        id, mended = item.tracks[0], False
        keys = self.session.document.objects(self.clip_id)[id].keyframes.tolist()
        keys = [frame for frame in keys if item.first <= frame <= item.last]
        for frame in [one for one in reversed(keys) if one < self.frame]:
            self.go(Key.Key_Left, CTRL)
            assert self.frame == frame
            mended |= self._taken_away(id)
        while self.frame < keys[-1] and not mended:
            self.go(Key.Key_Right, CTRL)
            mended |= self._taken_away(id)
        return mended

    def _taken_away(self, id: int) -> bool:
        wrong = not self.owner(id, self.frame)
        if wrong:
            self.press(Key.Key_Delete)
        return wrong

    def _is_filled_wrong(self, item: Item) -> bool:
        if self._is_wrong_here(item):  # in the frame that is shown, the densifier is least sure
            return True
        for _ in range(item.first, item.frame):
            self.go(Key.Key_Left)
            if self._is_wrong_here(item):
                return True
        while self.frame < item.last:
            self.go(Key.Key_Right)
            if self._is_wrong_here(item):
                return True
        return False

    def _is_wrong_here(self, item: Item) -> bool:
        self.look()
        one = self.session.document.objects(self.clip_id)[item.tracks[0]]
        here = self.owner(one.id, self.frame)
        return here is not None and here not in self.followed(one)

    def _is_gap(self, item: Item) -> bool:
        """Whether two points are one."""
        for _ in range(item.first, item.last):
            self.go(Key.Key_Right)
        before, after = (self._path(id) for id in item.tracks)
        return self.truth.strays(item.first, before[item.first], item.last, after[item.last]) < FAR

    def _path(self, id: int) -> dict[int, np.ndarray]:
        points: PointTrajectories = self.session.document.points(self.clip_id)
        row = int(np.flatnonzero(points.ids == id)[0])
        return dict(enumerate(points.points(row), start=int(points.first[row])))

    def _strays(self, item: Item) -> bool:
        self._look_before(item)
        path = self._path(item.tracks[0])
        before, here = path.get(item.frame - 1), path[item.frame]
        return before is not None and self.truth.strays(item.frame - 1, before, item.frame, here) >= FAR
