"""Which clips are drawn from, where the frames of all of them do not fit into memory.

Every clip is as likely as any other, but a few at a time: a clip is visited until each of its frames has
given some fifty patches, then the next one takes its place. Decoding a frame for every patch would take
twenty times as long as cutting it.

The order of visits is fixed by where the generator is in its stream, so a batch is still a function of the
generator's state alone: a preview from a copy of it, and a run that is resumed, draw what they should.
"""

import numpy as np

from core.pairs.training_set import TrainingSet

USES = 48
"""Patches that a decoded frame gives while its clip is visited."""

WORKING = 0.75
"""Of the bytes of frames that fit, those of the clips visited at a time; the rest is for the one before."""

_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_ALL = (1 << 128) - 1


class ClipVisits:
    """Visits to clips, one after the other, each as often as any other."""

    def __init__(self, frames: np.ndarray, frame_bytes: np.ndarray, budget: int, numbers: float) -> None:
        """
        Args:
            frames: (C,) int, frames of each clip that patches are cut from; 0 for a clip that is not drawn.
            frame_bytes: (C,) int, of a decoded frame of each.
            budget: bytes of decoded frames that fit into memory.
            numbers: 64-bit numbers that a generator gives for one patch.
        """
        self._clips = np.flatnonzero(frames)
        self._bytes = (frames * frame_bytes).tolist()
        self._budget = WORKING * budget
        self._stay = max(1, round(USES * frames[self._clips].mean() * numbers))
        self._visit, self._now = -1, self._clips

    def now(self, generator: np.random.Generator) -> np.ndarray:
        """Places of the clips to draw from, int64, ascending: as many as fit, one at least."""
        visit = place_in_stream(generator) // self._stay
        if visit != self._visit:
            self._visit, self._now = visit, self._from(visit)
        return self._now

    def next_of(self, clips: np.ndarray, generator: np.random.Generator) -> int:
        """The one of some clips that is visited next."""
        visit, some = place_in_stream(generator) // self._stay, set(clips.tolist())
        return next(
            place
            for later in range(visit, visit + 2 * len(self._clips))
            if (place := self._visited(later)) in some
        )

    def _from(self, visit: int) -> np.ndarray:
        chosen = {self._visited(visit)}
        taken = sum(self._bytes[place] for place in chosen)
        for later in range(visit + 1, visit + len(self._clips)):
            place = self._visited(later)
            if place not in chosen:
                taken += self._bytes[place]
                if taken > self._budget:
                    break
                chosen.add(place)
        return np.array(sorted(chosen), np.int64)

    def _visited(self, visit: int) -> int:
        """The clip of a visit; every round of visits is in an order of its own."""
        number, place = divmod(visit, len(self._clips))
        return int(np.random.default_rng(number).permutation(self._clips)[place])


def clip_visits(training_set: TrainingSet, regime: str, budget: int, numbers: float) -> ClipVisits | None:
    """The visits to the clips of a regime; none where all their frames fit into `budget` bytes."""
    sets = training_set.sets(regime)
    clip = np.concatenate([np.repeat(one.clip, np.diff(one.offsets)) for one in sets])
    frame = np.concatenate([one.frame for one in sets])
    observed = np.unique(np.stack([clip, frame]), axis=1)[0]
    frames = np.bincount(observed, minlength=len(training_set.clips))
    frame_bytes = 3 * training_set.sizes.astype(np.int64).prod(axis=1)
    if (frames * frame_bytes).sum() <= budget:
        return None
    return ClipVisits(frames, frame_bytes, budget, numbers)


def place_in_stream(generator: np.random.Generator) -> int:
    """How many 64-bit numbers a generator of `default_rng` is away from the state 0 of its stream.

    Source: the distance between two states of a linear congruential generator, found bit by bit from
    the lowest (Brown, "Random number generation with arbitrary stride", 1994; the PCG library's `distance`).
    """
    state = generator.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise ValueError(f"no place in the stream of {state['bit_generator']}")
    target, add = state["state"]["state"], state["state"]["inc"]
    here, multiply, bit, place = 0, _MULTIPLIER, 1, 0
    while here != target:
        if (here ^ target) & bit:
            here = (here * multiply + add) & _ALL
            place |= bit
        add = ((multiply + 1) * add) & _ALL
        multiply = (multiply * multiply) & _ALL
        bit <<= 1
    return place
