"""Trajectories in the making."""

from collections.abc import Mapping

import numpy as np

from core.array_file import Form, measured
from core.tracking import appearance
from core.trajectories.model import EndReason, Origin, PointTrajectories, Review


class LiveTrajectories:
    """The trajectories that go on, in slots of ring buffers over the last frames, and the record of all."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._frame = -1
        self._next_id = 0
        self._slots = np.zeros(0, np.intp)
        self._free = np.zeros(0, np.intp)
        self._ids = np.zeros(0, np.int64)
        self._born = np.zeros(0, np.int32)
        self._error = np.zeros(0, np.float32)
        self._xy = np.zeros((depth, 0, 2), np.float32)
        self._variance = np.zeros((depth, 0), np.float32)
        self._patches = np.zeros((depth, 0, appearance.SIDE**2), np.float32)
        self._started: list[int] = []  # how many at each frame; ids count on
        self._ended: list[tuple[np.ndarray, np.ndarray]] = []
        self._seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    @property
    def frames(self) -> int:
        """How many frames were begun."""
        return len(self._started)

    @property
    def born(self) -> np.ndarray:
        """(N,) int32, the frame where each live trajectory starts."""
        return self._born[self._slots]

    def xy(self, frame: int) -> np.ndarray:
        """(N, 2) float32 at one of the last frames; meaningless before a trajectory is born."""
        return self._xy[frame % self._depth, self._slots]

    def variance(self, frame: int) -> np.ndarray:
        """(N,) float32, squared pixels accumulated along the chain."""
        return self._variance[frame % self._depth, self._slots]

    def patches(self, frame: int) -> np.ndarray:
        """(N, SIDE²) float32; of the first frame of a trajectory that is younger."""
        return self._patches[frame % self._depth, self._slots]

    def begin_frame(self, frame: int) -> None:
        self._frame = frame

    def move(
        self,
        xy: np.ndarray,
        error: np.ndarray,
        variance: np.ndarray,
        patches: np.ndarray,
        goes_on: np.ndarray,
        reasons: np.ndarray,
    ) -> None:
        """Set where trajectories are now; those that do not go on end, for their reason."""
        stopped = self._slots[~goes_on]
        self._ended.append((self._ids[stopped], reasons[~goes_on].astype(np.uint8)))
        self._free = np.concatenate([self._free, stopped])
        self._slots = self._slots[goes_on]
        plane = self._frame % self._depth
        self._xy[plane, self._slots] = xy[goes_on]
        self._error[self._slots] = error[goes_on]
        self._variance[plane, self._slots] = variance[goes_on]
        self._patches[plane, self._slots] = patches[goes_on]

    def start(self, xy: np.ndarray, patches: np.ndarray) -> None:
        """Begin trajectories in this frame."""
        count = len(xy)
        if count > len(self._free):
            self._grow(count - len(self._free))
        slots, self._free = self._free[:count], self._free[count:]
        self._started.append(count)
        self._ids[slots] = np.arange(self._next_id, self._next_id + count)
        self._next_id += count
        self._born[slots] = self._frame
        self._error[slots] = 0
        self._xy[:, slots] = xy
        self._variance[:, slots] = 0
        self._patches[:, slots] = patches
        self._slots = np.concatenate([self._slots, slots])

    def record(self) -> None:
        """Keep the observations of this frame."""
        slots = self._slots
        self._seen.append((self._ids[slots], self.xy(self._frame), self._error[slots]))

    def end_all(self) -> None:
        """The clip is over."""
        reasons = np.full(len(self._slots), EndReason.CLIP_END, np.uint8)
        self._ended.append((self._ids[self._slots], reasons))
        self._slots = self._slots[:0]

    def packed(self, scale: tuple[float, float]) -> PointTrajectories:
        """All trajectories, by start; coordinates times `scale` in x and y."""
        starts = np.repeat(np.arange(len(self._started)), self._started)
        kept = self._record()
        order = np.argsort(kept["seen_ids"], kind="stable")
        error = kept["seen_error"][order] * np.float32(max(scale))
        lengths = np.bincount(kept["seen_ids"], minlength=len(starts))
        reasons = np.zeros(len(starts), np.uint8)
        reasons[kept["ended_ids"]] = kept["ended_reasons"]
        return PointTrajectories(
            ids=np.zeros(len(starts), np.int64),
            first=starts.astype(np.int32),
            offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            xy=kept["seen_xy"][order] * np.array(scale, np.float32),
            error=error,
            origin=np.full(len(order), Origin.LINKED, np.uint8),
            end_reason=reasons,
            review=np.full(len(starts), Review.OPEN, np.uint8),
            labels=("",) * len(starts),
        )

    def state(self) -> dict[str, np.ndarray]:
        """All there is, as arrays by name."""
        slots = self._slots
        return self._record() | {
            "started": np.array(self._started, np.int64),
            "live_ids": self._ids[slots],
            "live_born": self._born[slots],
            "live_error": self._error[slots],
            "live_xy": self._xy[:, slots],
            "live_variance": self._variance[:, slots],
            "live_patches": self._patches[:, slots],
        }

    @property
    def forms(self) -> dict[str, Form]:
        """Of the arrays of its `state`."""
        depth = self._depth
        return {
            "started": Form("i8", ("F",), low=0, high=np.iinfo(np.int32).max),
            "live_ids": Form("i8", ("L",), low=0),
            "live_born": Form("i4", ("L",), low=0),
            "live_error": measured("f4", "L"),
            "live_xy": Form("f4", (depth, "L", 2)),
            "live_variance": measured("f4", depth, "L"),
            "live_patches": measured("f4", depth, "L", appearance.SIDE**2),
            "seen_ids": Form("i8", ("S",), low=0),
            "seen_xy": Form("f4", ("S", 2)),
            "seen_error": measured("f4", "S"),
            "ended_ids": Form("i8", ("E",), low=0),
            "ended_reasons": Form("u1", ("E",), high=max(EndReason)),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Be what another of the same depth was when it gave its `state`, of these `forms`.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays contradict each other.
        """
        _check_record(state)
        self._started = state["started"].tolist()
        self._frame, self._next_id = len(self._started) - 1, sum(self._started)
        self._ids, self._born = state["live_ids"], state["live_born"]
        self._slots, self._free = np.arange(len(self._ids)), np.zeros(0, np.intp)
        self._error, self._xy = state["live_error"], state["live_xy"]
        self._variance, self._patches = state["live_variance"], state["live_patches"]
        self._ended = [(state["ended_ids"], state["ended_reasons"])]
        self._seen = [(state["seen_ids"], state["seen_xy"], state["seen_error"])]

    def _record(self) -> dict[str, np.ndarray]:
        """Every observation in order of frames, and every end."""
        none = np.zeros(0, np.int64), np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
        ids, xy, error = map(np.concatenate, zip(none, *self._seen, strict=True))
        ended, reasons = map(np.concatenate, zip((none[0], np.zeros(0, np.uint8)), *self._ended, strict=True))
        return {
            "seen_ids": ids,
            "seen_xy": xy,
            "seen_error": error,
            "ended_ids": ended,
            "ended_reasons": reasons,
        }

    def _grow(self, least: int) -> None:
        old = len(self._ids)
        more = max(least, old // 2)
        self._free = np.concatenate([self._free, np.arange(old, old + more)])
        self._ids, self._born = _longer(self._ids, more), _longer(self._born, more)
        self._error = _longer(self._error, more)
        self._xy = _longer(self._xy, more, axis=1)
        self._variance = _longer(self._variance, more, axis=1)
        self._patches = _longer(self._patches, more, axis=1)


def _check_record(state: Mapping[str, np.ndarray]) -> None:
    """See that each trajectory that started was seen from then on, in frames there were, and no other."""
    started, seen = state["started"], state["seen_ids"]
    total = int(started.sum())
    ids = [state[name].max(initial=-1) for name in ("seen_ids", "live_ids", "ended_ids")]
    if total > len(seen) or max(ids) >= total or (state["live_born"] >= len(started)).any():
        raise ValueError("trajectories that did not start")
    lengths = np.bincount(seen, minlength=total)
    starts = np.repeat(np.arange(len(started)), started)
    if (lengths < 1).any() or (starts + lengths > len(started)).any():
        raise ValueError("trajectories that are not of these frames")


def _longer(values: np.ndarray, more: int, axis: int = 0) -> np.ndarray:
    """Values with so many zeros after them along an axis."""
    shape = list(values.shape)
    shape[axis] = more
    return np.concatenate([values, np.zeros(shape, values.dtype)], axis)
