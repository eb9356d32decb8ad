"""From the rows of a file to trajectories: what every reader checks, sorts and joins alike.

Rows may come in any order. Refused, each in one sentence that names the file: numbers that are not
finite, frames the clip does not have, places more than a frame's size off the frame, boxes without an
area, and two rows for one trajectory and frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.geometry import mask_box
from core.trajectories.model import KEYFRAMES, EndReason, ObjectTrajectory, Origin, PointTrajectories

Tracks = tuple[PointTrajectories, list[ObjectTrajectory], list[str]]
"""Points, objects, and sentences about what was irregular and how it was taken."""

NO_POINTS = PointTrajectories.pack([], [])
_LONGEST_LABEL = 255  # as the database holds it


@dataclass(frozen=True, eq=False)
class Listing:
    """Observations as a file lists them, in any order, of M rows and N trajectories.

    Attributes:
        path: of the file, for sentences.
        clip: that the observations belong to.
        owner: (M,) int, the trajectory of each row, 0 … N - 1.
        frame: (M,) numbers, from 0; not yet checked.
        names: N, what the file calls each trajectory, for sentences.
        origin: (M,) `Origin`, or one for all.
        labels: N, or empty where there are none.
        review: (N,) `Review`, or empty.
    """

    path: Path
    clip: Clip
    owner: np.ndarray
    frame: np.ndarray
    names: Sequence[Any]
    origin: np.ndarray | Origin
    labels: Sequence[str] = ()
    review: np.ndarray | Sequence[int] = ()

    def points(
        self,
        xy: np.ndarray,
        error: np.ndarray | None = None,
        end_reason: np.ndarray | None = None,
    ) -> tuple[PointTrajectories, list[str]]:
        """Point trajectories of (M, 2) positions; one with gaps becomes several, which is said.

        `error` (M,) is NaN and `end_reason` (N,) is worked out where they are not given.

        Raises:
            StudioError: see the module.
        """
        frame = self._frames()
        self._check_places(xy, "a point")
        order = self._order(frame)
        owner, frame = self.owner[order], frame[order]
        fresh = (np.diff(owner, prepend=-1) != 0) | (np.diff(frame, prepend=-2) != 1)
        starts = np.flatnonzero(fresh)
        owners = owner[starts]
        last = frame[np.append(starts[1:], len(frame)) - 1] if len(frame) else frame
        final = np.append(np.diff(owners) != 0, True)[: len(owners)]
        reason = np.where(last == self.clip.frames - 1, EndReason.CLIP_END, EndReason.UNKNOWN)
        if end_reason is not None:
            reason = np.where(final, end_reason[owners], EndReason.UNKNOWN)
        links = np.full(len(order), np.nan, np.float32) if error is None else error[order]
        links = np.where(fresh & np.isnan(links), 0, links).astype(np.float32)
        labels = [clean_label(label) for label in self.labels] or [""] * len(self.names)
        review = (
            np.asarray(self.review, np.uint8) if len(self.review) else np.zeros(len(self.names), np.uint8)
        )
        points = PointTrajectories(
            ids=np.zeros(len(starts), np.int64),
            first=frame[starts].astype(np.int32),
            offsets=np.append(starts, len(order)).astype(np.int64),
            xy=xy[order].astype(np.float32),
            error=links,
            origin=np.broadcast_to(np.asarray(self.origin, np.uint8), len(order))[order],
            end_reason=reason.astype(np.uint8),
            review=review[owners],
            labels=tuple(labels[one] for one in owners.tolist()),
        )
        split = len(np.unique(owners[~final]))
        warnings = [f"Split at gaps, in {self.path.name}: {counted(split, 'point track')}."]
        return points, warnings if split else []

    def objects(
        self,
        boxes: np.ndarray,
        confidence: np.ndarray | None = None,
        masks: Sequence[bytes | None] | None = None,
    ) -> list[ObjectTrajectory]:
        """Object trajectories of (M, 4) boxes; `confidence` (M,) is kept where there is no keyframe.

        Raises:
            StudioError: see the module.
        """
        frame = self._frames()
        self._check_places(boxes, "a box")
        flat = np.flatnonzero(~((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])))
        if len(flat):
            raise StudioError(
                f"{self.path} has a box without an area, {self._place(flat[0])}; correct it or take it out."
            )
        order = self._order(frame)
        owner, origin = self.owner[order], np.broadcast_to(np.asarray(self.origin, np.uint8), len(order))
        origin = origin[order]
        sure = np.ones(len(order)) if confidence is None else np.clip(confidence[order], 0, 1)
        sure = np.where(np.isin(origin, KEYFRAMES) | np.isnan(sure), 1, sure).astype(np.float32)
        frame, boxes = frame[order].astype(np.int32), boxes[order].astype(np.float32)
        ends = np.cumsum(np.bincount(owner, minlength=len(self.names)))
        objects = []
        for number, (start, end) in enumerate(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=False)):
            rows = slice(start, end)
            if start == end:
                continue
            objects.append(
                ObjectTrajectory(
                    frames=frame[rows],
                    boxes=boxes[rows],
                    origin=origin[rows],
                    confidence=sure[rows],
                    masks=(None,) * (end - start)
                    if masks is None
                    else tuple(masks[row] for row in order[rows].tolist()),
                    label=clean_label(self.labels[number]) if self.labels else "",
                    annotator=self.clip.annotator,
                    review=int(self.review[number]) if len(self.review) else 0,
                )
            )
        return objects

    def take(self, rows: np.ndarray) -> "Listing":
        """Some of the rows (int or bool index); trajectories keep their numbers."""
        origin = self.origin if isinstance(self.origin, Origin) else self.origin[rows]
        return replace(self, owner=self.owner[rows], frame=self.frame[rows], origin=origin)

    def _frames(self) -> np.ndarray:
        """(M,) int64 frames, all of them frames of the clip."""
        with np.errstate(invalid="ignore"):
            good = (self.frame >= 0) & (self.frame < self.clip.frames) & (self.frame % 1 == 0)
        if not good.all():
            wrong = int(np.argmin(good))
            raise StudioError(
                f"{self.path} has {self._place(wrong)}, while {self.clip.name} has the frames 0 to "
                f"{self.clip.frames - 1}; choose the clip it belongs to."
            )
        return self.frame.astype(np.int64)

    def _check_places(self, values: np.ndarray, what: str) -> None:
        """No coordinate may be further off the frame than the frame is wide or high (NaN is)."""
        size = np.tile([self.clip.width, self.clip.height], values.shape[1] // 2)
        with np.errstate(invalid="ignore"):
            good = ((values >= -size) & (values <= 2 * size)).all(axis=1)
        if not good.all():
            wrong = int(np.argmin(good))
            raise StudioError(
                f"{self.path} has {what} far outside the {self.clip.width} x {self.clip.height} pixels of "
                f"{self.clip.name}, {self._place(wrong)}; choose the clip it belongs to."
            )

    def _order(self, frame: np.ndarray) -> np.ndarray:
        """(M,) int64: the rows by trajectory, then frame."""
        key = self.owner.astype(np.int64) * self.clip.frames + frame
        order = np.arange(len(key)) if (np.diff(key) > 0).all() else np.argsort(key, kind="stable")
        twice = np.flatnonzero(np.diff(key[order]) == 0)
        if len(twice):
            raise StudioError(
                f"{self.path} has two rows for one track and frame, {self._place(order[twice[0]])}; "
                "take one of them out."
            )
        return order

    def _place(self, row: int) -> str:
        return f"track {self.names[self.owner[row]]} in frame {self.frame[row]:g}"


def clean_label(label: str) -> str:
    """A label as the database can hold it: at most 255 characters, none of them NUL."""
    return label.replace("\0", "")[:_LONGEST_LABEL]


def given_origin(confidence: np.ndarray) -> np.ndarray:
    """(M,) uint8 `Origin` of boxes whose file says only how sure it is.

    A confidence between 0 and 1 comes from a detector or tracker: propagated. Anything else, such as
    1, -1 or NaN (nothing said), is annotated.
    """
    with np.errstate(invalid="ignore"):
        unsure = (confidence > 0) & (confidence < 1)
    return np.where(unsure, Origin.PROPAGATED, Origin.ANNOTATED).astype(np.uint8)


def number_owners(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ids, ascending, and (M,) the place of each row's id among them."""
    names, owner = np.unique(ids, return_inverse=True)
    return names, owner.reshape(-1)


def boxes_of(masks: Sequence[np.ndarray]) -> np.ndarray:
    """(K, 4) float32 boxes around (H, W) masks, none of them empty."""
    found = [mask_box(mask) for mask in masks]
    return np.array(found, np.float32).reshape(-1, 4)


def counted(number: int, what: str) -> str:
    """Such as "1 box", "2,000 boxes"."""
    plural = what + ("es" if what.endswith("x") else "s")
    return f"{number:,} {what if number == 1 else plural}"
