"""Where trajectories stop looking like themselves: proposed cuts, and swaps where two cross.

Nothing here knows where the features come from: a network's fc7, or colours for comparison. All distances
are cosine distances of features, 0 for alike, 1 for unrelated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

NEIGHBOURS = 8
"""Others that a trajectory is held against: those nearest it in the frame."""

SMALLEST_GAP = 0.02
"""To what is beside a trajectory; where features tell things apart by less, they say little."""

CROSSING = 0.75
"""Two tracks are swapped where they look alike crosswise: distances below this share of those straight on."""

SHIFT = 2
"""Frames about a peak among which the one with the clearest crossing is taken."""


@dataclass(frozen=True, eq=False)
class SeenTrack:
    """A trajectory with what its patches look like.

    Attributes:
        id: its row.
        frames: (K,) int, ascending.
        boxes: (K, 4) float32, pixels.
        features: (K, D) float32, rows of norm 1.
        beside: (K, D) float32, rows of norm 1, of a patch beside each box; None where none was cut.
    """

    id: int
    frames: np.ndarray
    boxes: np.ndarray
    features: np.ndarray
    beside: np.ndarray | None = None


@dataclass(frozen=True)
class Finding:
    """A frame from which a track no longer looks like itself, or two have changed places.

    Attributes:
        tracks: places of one track, to be cut, or of two, to be swapped.
        frame: the first frame of what is new.
        certainty: how much more its looks change than usual, as a share of `other`; 1 is as unlike as the
            nearest other thing.
        own: distance of what is before from what is after, of a swap the mean of both.
        usual: the same at the track's other frames, the median.
        other: distance of what is before from the nearest other thing after; of a swap from the other track.
    """

    tracks: tuple[int, ...]
    frame: int
    certainty: float
    own: float
    usual: float
    other: float


def find(tracks: Sequence[SeenTrack], window: int, certainty: float) -> list[Finding]:
    """Frames at which tracks should be cut or swapped, the surest first.

    Args:
        tracks: of one clip, of one kind.
        window: observations compared on each side of a frame.
        certainty: see `Finding`; what is less sure is left out.
    """
    places = [place for place, track in enumerate(tracks) if len(track.frames) > 1]
    if not places:
        return []
    steps = _Steps([tracks[place] for place in places], window)
    left = steps.certainty.copy()
    found = []
    for step in np.argsort(-left, kind="stable").tolist():
        if left[step] >= certainty:
            at = steps.swap_about(step, certainty) or (step,)
            for one in (step, *at):
                left[steps.near(one, window)] = -np.inf
            finding = steps.finding(at)
            found.append(replace(finding, tracks=tuple(places[place] for place in finding.tracks)))
    return sorted(found, key=lambda one: -one.certainty)


class _Steps:
    """Every step of tracks from one observation to the next, one row each: what lies on its two sides."""

    def __init__(self, tracks: Sequence[SeenTrack], window: int) -> None:
        lengths = np.array([len(track.frames) - 1 for track in tracks], np.int64)
        self._offsets = np.concatenate([[0], np.cumsum(lengths)])
        self.owner = np.repeat(np.arange(len(tracks)), lengths)
        self.frame = _joined([track.frames[1:] for track in tracks], np.int64)
        sides = [_sides(track, window) for track in tracks]
        self.before = _joined([one[0] for one in sides], np.float32)
        self.after = _joined([one[1] for one in sides], np.float32)
        self.own = 1 - (self.before * self.after).sum(-1)
        change = self.own - _joined([one[2] for one in sides], np.float32)
        self.usual = np.zeros(len(tracks), np.float32)
        for place in range(len(tracks)):
            rows = slice(self._offsets[place], self._offsets[place + 1])
            self.usual[place] = np.median(self.own[rows])
            change[rows] -= np.median(change[rows])
        centres = [track.boxes[1:].reshape(-1, 2, 2).mean(1) for track in tracks]
        self._neighbours = _neighbours(_joined(centres, np.float32).reshape(-1, 2), self.frame)
        self.nearest = self._nearest(tracks)
        self.certainty = change / np.maximum(self.nearest, SMALLEST_GAP)

    def near(self, step: int, window: int) -> np.ndarray:
        """The steps of the same track within a window of observations."""
        owner = self.owner[step]
        first = max(step - window, self._offsets[owner])
        return np.arange(first, min(step + window + 1, self._offsets[owner + 1]))

    def swap_about(self, step: int, certainty: float) -> tuple[int, int] | None:
        """The two steps of the swap of a track with another about a step; None where none crosses it."""
        best, found = CROSSING, None
        for one in self.near(step, SHIFT):
            for other in self._neighbours[one]:
                if other < 0 or not self.certainty[self.near(other, SHIFT)].max() >= certainty / 2:
                    continue
                straight = float(self.own[one] + self.own[other])
                crosswise = self._crosswise(one, other)
                if crosswise < best * straight:
                    best, found = crosswise / straight, (int(one), int(other))
        return found

    def finding(self, steps: tuple[int, ...]) -> Finding:
        """What is found at a step, or at the two steps of a swap."""
        rows = list(steps)
        other = self._crosswise(*rows) / 2 if len(rows) == 2 else float(self.nearest[rows[0]])
        certain = max(float(self.certainty[self.near(row, SHIFT)].max()) for row in rows)
        if len(rows) == 1:
            certain = float(self.certainty[rows[0]])
        return Finding(
            tuple(int(place) for place in self.owner[rows]),
            int(self.frame[rows[0]]),
            certain,
            float(self.own[rows].mean()),
            float(self.usual[self.owner[rows]].mean()),
            other,
        )

    def _crosswise(self, one: int, other: int) -> float:
        """What is before one step from what is after the other, and the other way round, summed."""
        alike = self.before[one] @ self.after[other] + self.before[other] @ self.after[one]
        return 2 - float(alike)

    def _nearest(self, tracks: Sequence[SeenTrack]) -> np.ndarray:
        """(S,) distance of what is before each step from the nearest other thing after it; 1 without one."""
        nearest = np.ones(len(self.frame), np.float32)
        for column in self._neighbours.T:
            rows = np.flatnonzero(column >= 0)
            apart = 1 - (self.before[rows] * self.after[column[rows]]).sum(-1)
            nearest[rows] = np.minimum(nearest[rows], apart)
        for place, track in enumerate(tracks):
            if track.beside is not None:
                span = slice(self._offsets[place], self._offsets[place + 1])
                apart = 1 - (self.before[span] * track.beside[:-1]).sum(-1)
                nearest[span] = np.minimum(nearest[span], apart)
        return nearest


def _sides(track: SeenTrack, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean features before and after each step of a track, and how far apart the patches of a side are."""
    features, count = track.features, len(track.frames)
    sums = np.concatenate([np.zeros((1, features.shape[1])), np.cumsum(features, 0, dtype=np.float64)])
    place = np.arange(1, count)
    start, end = np.maximum(place - window, 0), np.minimum(place + window, count)
    before = (sums[place] - sums[start]) / (place - start)[:, None]
    after = (sums[end] - sums[place]) / (end - place)[:, None]
    spread = (_spread(before, place - start) + _spread(after, end - place)) / 2
    return before.astype(np.float32), after.astype(np.float32), spread


def _spread(means: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Mean distance between two different patches of a side, from their mean; 0 where there is only one."""
    squares = (means * means).sum(1)
    return np.where(lengths > 1, (1 - squares) * lengths / np.maximum(lengths - 1, 1), 0.0)


def _neighbours(centres: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """(S, NEIGHBOURS) int64: the steps at the same frame that are nearest each; -1 where there are fewer."""
    from scipy.spatial import cKDTree  # half a second to load, which the window's readers need not wait for

    found = np.full((len(frame), NEIGHBOURS), -1, np.int64)
    for rows in _by_frame(frame):
        count = min(NEIGHBOURS, len(rows) - 1)
        if count > 0:
            _, near = cKDTree(centres[rows]).query(centres[rows], count + 1)
            # of points in one place any may come first; each leaves itself out, or else the last
            itself = near == np.arange(len(rows))[:, None]
            itself[~itself.any(1), -1] = True
            found[rows, :count] = rows[near[~itself].reshape(len(rows), count)]
    return found


def _by_frame(frame: np.ndarray) -> Iterator[np.ndarray]:
    order = np.argsort(frame, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(frame[order])) + 1)


def _joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(parts).astype(kind)
