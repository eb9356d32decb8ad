"""Trajectories as plain values and arrays: what readers, trackers, samplers and views exchange."""

import enum
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from core.trajectories.packing import Layout


class Kind(enum.StrEnum):
    """What is followed: an object (box and mask per frame) or a point (x, y per frame)."""

    OBJECT = "object"
    POINT = "point"


class Origin(enum.IntEnum):
    """Where an observation comes from."""

    ANNOTATED = 0  # the benchmark's ground truth
    EDITED = 1  # a person, in the studio
    PROPAGATED = 2  # the densifier, or interpolation between points
    LINKED = 3  # optical flow


KEYFRAMES = (Origin.ANNOTATED, Origin.EDITED)
"""Origins that make an observation a keyframe: given by ground truth or by a person."""


_IS_KEYFRAME = np.isin(np.arange(256), KEYFRAMES)  # of each origin; far quicker to look up in


class Flag(enum.IntFlag):
    """What is said of an observation, bit by bit."""

    DISAGREES = 1  # methods of densification disagree here: look at it
    OCCLUDED = 2  # keyframes: hidden in part, from here to the next keyframe; see `sight.py`
    OUTSIDE = 4  # keyframes: not seen after it, up to the next keyframe
    BY_BOX = 16  # keyframes only: a person chose how the object is filled between them
    BY_SHAPE = 32
    BY_FLOW = 64


FILLINGS = {"box": Flag.BY_BOX, "shape": Flag.BY_SHAPE, "flow": Flag.BY_FLOW}
"""Method of filling between keyframes → the flag of an object's keyframes that says a person chose it."""

CHOSEN = int(Flag.BY_BOX | Flag.BY_SHAPE | Flag.BY_FLOW)
"""The flags of `FILLINGS` together."""


class Review(enum.IntEnum):
    """What was decided about a trajectory; see `TAKEN` for what goes out and trains."""

    OPEN = 0
    ACCEPTED = 1  # by a person
    REJECTED = 2
    SUGGESTED = 3  # an object that a program found and that waits for a person to accept or reject it


TAKEN = (Review.OPEN, Review.ACCEPTED)
"""The reviews of the trajectories that are exported and train unless others are asked for."""


class EndReason(enum.IntEnum):
    """Why a point trajectory ends."""

    UNKNOWN = 0
    CLIP_END = 1
    LEFT_FRAME = 2
    INCONSISTENT = 3  # the forward-backward test failed: usually an occlusion
    APPEARANCE = 4  # the patch no longer looks like itself (ZNCC)
    EDITED = 5


@dataclass(frozen=True, eq=False)
class PointTrajectories:
    """Many point trajectories of one clip, packed one after the other (CSR).

    Observation j of trajectory i is `xy[offsets[i] + j]`, in frame `first[i] + j`: a trajectory
    has no gaps (a gap is a split).

    Attributes:
        ids: (N,) int64, rows of the database; 0 before they are stored.
        first: (N,) int32, frame of the first observation.
        offsets: (N + 1,) int64, where each trajectory starts in the arrays of observations.
        xy: (M, 2) float32, x and y in pixels of the frame; the centre of the top left pixel is (0.5, 0.5).
        error: (M,) float32, forward-backward error of the link that led here in pixels; 0 at the
            first observation, NaN where unknown.
        origin: (M,) uint8, `Origin`.
        end_reason: (N,) uint8, `EndReason`.
        review: (N,) uint8, `Review`.
        labels: (N,) str, free names; empty for most.
        layout: of the same `first` and `offsets`, where others have worked it out already.
    """

    ids: np.ndarray
    first: np.ndarray
    offsets: np.ndarray
    xy: np.ndarray
    error: np.ndarray
    origin: np.ndarray
    end_reason: np.ndarray
    review: np.ndarray
    labels: tuple[str, ...]
    layout: Layout | None = field(default=None, repr=False)

    @staticmethod
    def pack(
        first: Sequence[int],
        xy: Sequence[np.ndarray],
        error: Sequence[np.ndarray] | None = None,
        end_reason: Sequence[int] | None = None,
    ) -> "PointTrajectories":
        """Pack trajectories given one by one, linked and not yet stored; `xy[i]` is (L_i, 2)."""
        lengths = [len(points) for points in xy]
        total = sum(lengths)
        return PointTrajectories(
            ids=np.zeros(len(lengths), np.int64),
            first=np.asarray(first, np.int32).reshape(len(lengths)),
            offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            xy=np.concatenate([*xy, np.zeros((0, 2))]).astype(np.float32),
            error=(
                np.full(total, np.nan, np.float32)
                if error is None
                else np.concatenate([*error, np.zeros(0)]).astype(np.float32)
            ),
            origin=np.full(total, Origin.LINKED, np.uint8),
            end_reason=np.asarray([0] * len(lengths) if end_reason is None else end_reason, np.uint8),
            review=np.zeros(len(lengths), np.uint8),
            labels=("",) * len(lengths),
        )

    @staticmethod
    def join(parts: Sequence["PointTrajectories"]) -> "PointTrajectories":
        """The trajectories of several, one after the other; at least one part."""

        def joined(name: str) -> np.ndarray:
            return np.concatenate([getattr(part, name) for part in parts])

        lengths = np.concatenate([part.lengths for part in parts])
        return PointTrajectories(
            ids=joined("ids"),
            first=joined("first"),
            xy=joined("xy"),
            error=joined("error"),
            origin=joined("origin"),
            end_reason=joined("end_reason"),
            review=joined("review"),
            offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            labels=tuple(itertools.chain.from_iterable(part.labels for part in parts)),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> np.ndarray:
        """(N,) int64, observations of each."""
        return np.diff(self.offsets)

    @property
    def last(self) -> np.ndarray:
        """(N,) int64, frame of the last observation."""
        return self.first + self.lengths - 1

    @cached_property
    def _layout(self) -> Layout:
        return self.layout or Layout(self.first, self.offsets)

    @property
    def owner(self) -> np.ndarray:
        """(M,) int64, the trajectory (its place, not its id) of each observation."""
        return self._layout.owner

    @property
    def frame(self) -> np.ndarray:
        """(M,) int64, the frame of each observation."""
        return self._layout.frame

    @cached_property
    def label_places(self) -> tuple[tuple[str, ...], np.ndarray]:
        """The labels there are, each once, and (N,) int64, which of them each trajectory has."""
        places = {name: place for place, name in enumerate(dict.fromkeys(self.labels))}
        return tuple(places), np.fromiter(map(places.__getitem__, self.labels), np.int64, len(self))

    def at(self, frame: int) -> np.ndarray:
        """(K,) int64: the observations at a frame, as places in `xy`; ordered by trajectory."""
        order, starts = self._layout.by_frame
        if not 0 <= frame < len(starts) - 1:
            return order[:0]
        return order[starts[frame] : starts[frame + 1]]

    def points(self, place: int) -> np.ndarray:
        """(L, 2) float32 view: the path of the trajectory at a place."""
        return self.xy[self.offsets[place] : self.offsets[place + 1]]

    def exchanged(self, ids: Iterable[int], fresh: "PointTrajectories") -> "PointTrajectories":
        """The same without some ids and with fresh trajectories among the others; all ordered by id.

        Where they are in the same frames as before, what does not differ is shared, what was worked out too.
        """
        gone = np.flatnonzero(np.isin(self.ids, list(ids)))
        before = self.ids[gone], self.first[gone], self.lengths[gone]
        if all(map(np.array_equal, before, (fresh.ids, fresh.first, fresh.lengths))):
            return self._overwritten(gone, fresh)
        cuts = [(int(place), 1, 0) for place in gone]
        cuts += [(int(place), 0, new) for new, place in enumerate(np.searchsorted(self.ids, fresh.ids))]
        parts, start = [], 0
        for place, skipped, new in sorted(cuts):
            parts.append(self._run(start, place))
            if not skipped:
                parts.append(fresh._run(new, new + 1))
            start = place + skipped
        return PointTrajectories.join([*parts, self._run(start, len(self))])

    def _overwritten(self, places: np.ndarray, fresh: "PointTrajectories") -> "PointTrajectories":
        """The same with fresh trajectories of the same frames at some places; what stays is shared."""
        rows = np.arange(len(fresh.xy)) + np.repeat(self.offsets[places] - fresh.offsets[:-1], fresh.lengths)
        labels = list(self.labels)
        for place, label in zip(places.tolist(), fresh.labels, strict=True):
            labels[place] = label
        return replace(
            self,
            xy=_overwritten(self.xy, rows, fresh.xy),
            error=_overwritten(self.error, rows, fresh.error),
            origin=_overwritten(self.origin, rows, fresh.origin),
            end_reason=_overwritten(self.end_reason, places, fresh.end_reason),
            review=_overwritten(self.review, places, fresh.review),
            labels=tuple(labels),
            layout=self._layout,
        )

    def _run(self, start: int, end: int) -> "PointTrajectories":
        """The trajectories at the places start … end - 1, as views."""
        rows = slice(int(self.offsets[start]), int(self.offsets[end]))
        return PointTrajectories(
            ids=self.ids[start:end],
            first=self.first[start:end],
            offsets=self.offsets[start : end + 1] - self.offsets[start],
            xy=self.xy[rows],
            error=self.error[rows],
            origin=self.origin[rows],
            end_reason=self.end_reason[start:end],
            review=self.review[start:end],
            labels=self.labels[start:end],
        )

    def take(self, places: np.ndarray) -> "PointTrajectories":
        """The trajectories at some places (int or bool index), in that order."""
        places = np.arange(len(self))[places]
        lengths = self.lengths[places]
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        rows = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - self.offsets[places], lengths)
        return PointTrajectories(
            ids=self.ids[places],
            first=self.first[places],
            offsets=offsets,
            xy=self.xy[rows],
            error=self.error[rows],
            origin=self.origin[rows],
            end_reason=self.end_reason[places],
            review=self.review[places],
            labels=tuple(self.labels[place] for place in places),
        )


def _overwritten(values: np.ndarray, places: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Values with fresh ones at some places; the same array where these do not differ."""
    if values[places].tobytes() == fresh.tobytes():
        return values
    copy = values.copy()
    copy[places] = fresh
    return copy


@dataclass(frozen=True, eq=False)
class ObjectTrajectory:
    """One object through its clip, an observation a frame, gaps allowed.

    Attributes:
        id: its row; 0 before it is stored.
        label: the object's name.
        annotator: whose annotation it comes from, from 0.
        review: a `Review`.
        frames: (K,) int32, ascending.
        boxes: (K, 4) float32, pixels (see `core.geometry`).
        origin: (K,) uint8, `Origin`.
        confidence: (K,) float32 in 0..1; 1 for keyframes.
        masks: K run lengths (see `core.geometry`), or None where there is only a box.
        overlap: (K,) float32 in 0..1, IoU of a keyframe with what the densifier fills in its place when it
            is hidden (`core.tracking.audit`); NaN where not audited, which is everywhere unless given.
        flags: (K,) uint8, bits of `Flag`; 0 unless given.
    """

    frames: np.ndarray
    boxes: np.ndarray
    origin: np.ndarray
    confidence: np.ndarray
    masks: tuple[bytes | None, ...]
    label: str = ""
    annotator: int = 0
    review: int = Review.OPEN
    id: int = 0
    overlap: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    flags: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint8))

    def __post_init__(self) -> None:
        if len(self.overlap) == 0:
            object.__setattr__(self, "overlap", np.full(len(self.frames), np.nan, np.float32))
        if len(self.flags) == 0:
            object.__setattr__(self, "flags", np.zeros(len(self.frames), np.uint8))
        if not len(self.overlap) == len(self.flags) == len(self.frames):
            raise ValueError("overlap and flags must have one entry a frame")

    def place(self, frame: int) -> int | None:
        """Where the observation at a frame stands in the arrays; None without one."""
        place = int(np.searchsorted(self.frames, frame))
        return place if place < len(self.frames) and self.frames[place] == frame else None

    @property
    def keyframes(self) -> np.ndarray:
        """(J,) int32, frames given by ground truth or by a person."""
        return self.frames[_IS_KEYFRAME[self.origin]]

    @property
    def filling(self) -> str:
        """The method of `FILLINGS` that a person chose for it; empty where none was."""
        chosen = int(next(iter(self.flags[(self.flags & CHOSEN) != 0]), 0))
        return next((method for method, flag in FILLINGS.items() if chosen & flag), "")

    @property
    def to_check(self) -> np.ndarray:
        """(J,) int32, frames where methods of densification disagree."""
        return self.frames[(self.flags & Flag.DISAGREES) != 0]

    def keyframes_digest(self) -> str:
        """A checksum of what a person or ground truth gave: frames, boxes and masks of the keyframes, and
        after which of them the object is not seen."""
        digest = hashlib.sha256()
        for place in np.flatnonzero(np.isin(self.origin, KEYFRAMES)):
            mask = self.masks[place]
            head = (int(self.frames[place]), *self.boxes[place].tolist(), -1 if mask is None else len(mask))
            digest.update(repr(head).encode() + (mask or b""))
            if self.flags[place] & Flag.OUTSIDE:
                digest.update(b"outside")
        return digest.hexdigest()


@dataclass(frozen=True)
class Changes:
    """What an edit, or taking one back, touched.

    Attributes:
        clips, trajectories: by id; those that are new or gone are named too.
        new: the trajectories among them that were not there before.
        edit: the id of the step of undo, and `text` its name; 0 and empty where it was none or several.
        span: first and last frame that taking back or doing again changed; None where they were many.
        by_job: whether a job brought it in, else a person.
        clip_itself: whether a clip came, went or changed, and not what is in it alone.
    """

    clips: frozenset[int] = field(default_factory=frozenset)
    trajectories: frozenset[int] = field(default_factory=frozenset)
    new: frozenset[int] = field(default_factory=frozenset, compare=False)
    edit: int = field(default=0, compare=False)
    text: str = field(default="", compare=False)
    span: tuple[int, int] | None = field(default=None, compare=False)
    by_job: bool = field(default=False, compare=False)
    clip_itself: bool = field(default=False, compare=False)
