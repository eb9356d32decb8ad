"""From the rows of a file to trajectories: what every reader checks, sorts and joins alike.

Rows may come in any order. Identical rows are one. Left out and counted, as `odd_rows` says: rows with
numbers that are not finite, frames the clip does not have, places more than a frame's size off the frame,
boxes without an area, and all but the first of several rows for one trajectory and frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.frame_numbers import PASSED_OVER
from core.trajectories.exchange.odd_rows import (
    Fault,
    faults,
    is_too_much,
    outside,
    reaching_out,
    reason,
    refusal,
    repeated,
)
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
        frame: (M,) numbers, from 0, or `PASSED_OVER`; not yet checked.
        names: N, what the file calls each trajectory, for sentences.
        origin: (M,) `Origin`, or one for all.
        labels: N, or empty where there are none.
        review: (N,) `Review`, or empty.
        lines: (M,) int, where each row stands in the file, for sentences; or empty.
        unit: what `lines` counts, such as `line`.
        numbers, span: (M,) frames as the file numbers them and "1 to 12", for sentences; see `FrameNumbers`.
        flags: (M,) `Flag` of objects, or empty.
        own_faults: row → what its reader finds wrong with it, in a few words; it is left out.
    """

    path: Path
    clip: Clip
    owner: np.ndarray
    frame: np.ndarray
    names: Sequence[Any]
    origin: np.ndarray | Origin
    labels: Sequence[str] = ()
    review: np.ndarray | Sequence[int] = ()
    lines: np.ndarray | Sequence[int] = ()
    unit: str = "line"
    numbers: np.ndarray | Sequence[float] = ()
    span: str = ""
    own_faults: Mapping[int, str] = field(default_factory=dict)
    flags: np.ndarray | Sequence[int] = ()

    def points(
        self,
        xy: np.ndarray,
        error: np.ndarray | None = None,
        end_reason: np.ndarray | None = None,
    ) -> tuple[PointTrajectories, list[str]]:
        """Point trajectories of (M, 2) positions; one with gaps becomes several, which is said.

        `error` (M,) is NaN and `end_reason` (N,) is worked out where they are not given.

        Raises:
            StudioError: more than a tenth of the rows are odd.
        """
        rows, warnings = self._sound(xy)
        owner, frame = self.owner[rows], self.frame[rows].astype(np.int64)
        fresh = (np.diff(owner, prepend=-1) != 0) | (np.diff(frame, prepend=-2) != 1)
        starts = np.flatnonzero(fresh)
        owners = owner[starts]
        last = frame[np.append(starts[1:], len(frame)) - 1] if len(frame) else frame
        final = np.append(np.diff(owners) != 0, True)[: len(owners)]
        ends = np.where(last == self.clip.frames - 1, EndReason.CLIP_END, EndReason.UNKNOWN)
        if end_reason is not None:
            ends = np.where(final, end_reason[owners], EndReason.UNKNOWN)
        links = np.full(len(rows), np.nan, np.float32) if error is None else error[rows]
        links = np.where(fresh & np.isnan(links), 0, links).astype(np.float32)
        labels = [clean_label(label) for label in self.labels] or [""] * len(self.names)
        review = (
            np.asarray(self.review, np.uint8) if len(self.review) else np.zeros(len(self.names), np.uint8)
        )
        points = PointTrajectories(
            ids=np.zeros(len(starts), np.int64),
            first=frame[starts].astype(np.int32),
            offsets=np.append(starts, len(rows)).astype(np.int64),
            xy=xy[rows].astype(np.float32),
            error=links,
            origin=self._origins[rows],
            end_reason=ends.astype(np.uint8),
            review=review[owners],
            labels=tuple(labels[one] for one in owners.tolist()),
        )
        split = len(np.unique(owners[~final]))
        if split:
            warnings.append(f"Split at gaps, in {self.path.name}: {counted(split, 'point track')}.")
        return points, warnings

    def objects(
        self,
        boxes: np.ndarray,
        confidence: np.ndarray | None = None,
        masks: Sequence[bytes | None] | None = None,
    ) -> tuple[list[ObjectTrajectory], list[str]]:
        """Object trajectories of (M, 4) boxes; `confidence` (M,) is kept where there is no keyframe.

        Raises:
            StudioError: more than a tenth of the rows are odd.
        """
        order, warnings = self._sound(boxes, masks)
        owner, origin = self.owner[order], self._origins[order]
        sure = np.ones(len(order)) if confidence is None else np.clip(confidence[order], 0, 1)
        sure = np.where(np.isin(origin, KEYFRAMES) | np.isnan(sure), 1, sure).astype(np.float32)
        flags = np.asarray(self.flags if len(self.flags) else np.zeros(len(self.owner)), np.uint8)[order]
        frame, boxes = self.frame[order].astype(np.int32), boxes[order].astype(np.float32)
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
                    flags=flags[rows],
                )
            )
        return objects, warnings

    def take(self, rows: np.ndarray) -> "Listing":
        """Some of the rows (int or bool index); trajectories keep their numbers."""
        places = np.arange(len(self.owner))[rows]
        origin = self.origin if isinstance(self.origin, Origin) else self.origin[places]
        lines = np.asarray(self.lines)[places] if len(self.lines) else ()
        numbers = np.asarray(self.numbers)[places] if len(self.numbers) else ()
        flags = np.asarray(self.flags)[places] if len(self.flags) else ()
        known = self.own_faults
        own = {new: known[old] for new, old in enumerate(places.tolist()) if old in known} if known else {}
        return replace(
            self,
            owner=self.owner[places],
            frame=self.frame[places],
            origin=origin,
            lines=lines,
            numbers=numbers,
            own_faults=own,
            flags=flags,
        )

    @property
    def _origins(self) -> np.ndarray:
        return np.broadcast_to(np.asarray(self.origin, np.uint8), len(self.owner))

    def _sound(
        self, values: np.ndarray, masks: Sequence[bytes | None] | None = None
    ) -> tuple[np.ndarray, list[str]]:
        """(K,) int64, the rows that count by trajectory, then frame; and what is said of the others."""
        found = faults(self.frame, values, self.clip)
        found[list(self.own_faults)] = Fault.OWN
        found[self.frame == PASSED_OVER] = Fault.NONE
        good = np.flatnonzero((found == Fault.NONE) & (self.frame != PASSED_OVER))
        keys = self.owner[good].astype(np.int64) * self.clip.frames + self.frame[good].astype(np.int64)
        same, other = repeated(
            keys, values[good], None if masks is None else [masks[row] for row in good.tolist()]
        )
        found[good[other]] = Fault.TWICE
        if is_too_much(found):
            self._check_are_whole(found)
            span = self.span or f"0 to {self.clip.frames - 1}"
            text = refusal(found, values, self._place, self._short, self.own_faults, self.clip, span)
            raise StudioError(f"{self.path} {text}")
        kept = ~(same | other)
        rows = good[kept][np.argsort(keys[kept], kind="stable")]
        said = self._outside(rows, values)
        odd = np.flatnonzero(found)
        if not len(odd):
            return rows, said
        first = int(odd[0])
        why = reason(found, first, values, self._frame, self._owner, self.own_faults)
        odd_rows = f"{counted(len(odd), 'row')}, the first {self._short(first)} ({why})"
        return rows, [f"Left out, in {self.path.name}: {odd_rows}.", *said]

    def _check_are_whole(self, found: np.ndarray) -> None:
        """See that numbers of frames that are none of the clip's are not times.

        Raises:
            StudioError: most of them are no whole numbers.
        """
        rows = np.flatnonzero(found == Fault.FRAME)
        numbers = np.asarray(self.numbers if len(self.numbers) else self.frame, np.float64)[rows]
        broken = np.isfinite(numbers) & (np.floor(numbers) != numbers)
        if 2 * len(rows) > np.count_nonzero(found) and broken.mean() > 0.5:
            place = self._place(int(rows[int(np.argmax(broken))]))
            raise StudioError(
                f"{self.path} has {place}, and frames are whole numbers; give frames instead of times."
            )

    def _outside(self, rows: np.ndarray, values: np.ndarray) -> list[str]:
        """What is said of places that miss the frame; `rows` (K,) are those of `values` that count.

        Raises:
            StudioError: most of them do.
        """
        what = "point" if values.shape[1] == 2 else "box"
        places, clip = values[rows], self.clip
        frame = f"the {clip.width} x {clip.height} pixels of {clip.name}"
        if (out := outside(places, clip)).any():
            first = self._short(int(rows[out].min()))
            share = f"{int(out.sum()):,} of {counted(len(out), what)}"
            if out.mean() > 0.5:
                raise StudioError(
                    f"{self.path} has {share} outside {frame}, the first {first}; choose the clip it belongs "
                    "to, or scale its places to these pixels."
                )
            return [f"Outside {frame}, in {self.path.name}: {share}, the first {first}; taken as they are."]
        if what == "box" and is_too_much(out := reaching_out(places, clip)):
            first = self._short(int(rows[out].min()))
            share = f"{int(out.sum()):,} of {counted(len(out), what)}"
            return [
                f"Reaching out of {frame}, in {self.path.name}: {share}, the first {first}; "
                "taken as they are."
            ]
        return []

    def _place(self, row: int) -> str:
        place = f"{self._owner(row)} in {self._frame(row)}"
        return f"{place} ({self.unit} {self.lines[row]})" if len(self.lines) else place

    def _short(self, row: int) -> str:
        return f"in {self.unit} {self.lines[row]}" if len(self.lines) else f"of {self._place(row)}"

    def _frame(self, row: int) -> str:
        return f"frame {self.numbers[row] if len(self.numbers) else self.frame[row]:g}"

    def _owner(self, row: int) -> str:
        return f"track {self.names[self.owner[row]]}"


def clean_label(label: str) -> str:
    """A label as the database can hold it: at most 255 characters, none of them NUL."""
    return label.replace("\0", "")[:_LONGEST_LABEL]


def number_owners(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ids, ascending, and (M,) the place of each row's id among them."""
    names, owner = np.unique(ids, return_inverse=True)
    return names, owner.reshape(-1)


def counted(number: int, what: str) -> str:
    """Such as "1 box", "2,000 boxes"."""
    plural = what + ("es" if what.endswith("x") else "s")
    return f"{number:,} {what if number == 1 else plural}"
