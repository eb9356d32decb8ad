"""What each pair or triplet cost, and how to draw it again.

A run writes chunks, `results/pairs/step-NNNNNN.npz`, named by their first step:

```
first    () int32        first step; its batch is drawn from `state`
done     () int32        last step that the chunk covers; at most `CHUNK` steps, fewer while it grows
state    () str          the sampler's state before the first batch, JSON
steps    (n,) int32      the steps that are kept, ascending
losses   (n, B) float32  loss of each pair, triplet or image
scores   (n, B) float32  see `Judged.scores`
```

The pairs themselves are not kept: they are drawn again. So a step of 64 pairs costs 512 bytes. Where all
steps of a run would cost more than `BUDGET` only every second, third … step is kept (`stride`), so that a
log never grows beyond it, however long the run.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.array_file import Form, measured, read_arrays
from core.errors import StudioError
from core.pretraining.record.pair_source import Drawn, PairSource, SampledStep, state_text
from core.pretraining.record.step_files import step_file, steps_recorded, write_step

ROOM = "pairs"

CHUNK = 100
"""Steps kept in a file."""

BUDGET = 64 << 20
"""Bytes that the log of a run may take."""

_BYTES_A_PAIR = 8

_FORMS = {
    **{name: Form("i4", (), low=0) for name in ("first", "done")},
    "state": Form("U", ()),
    "steps": Form("i4", ("n",), low=0),
    **{name: measured("f4", "n", "B") for name in ("losses", "scores")},
}


def stride(steps: int, batch: int) -> int:
    """Every how many steps are kept in a run of so many steps and pairs a step."""
    return max(1, math.ceil(steps * batch * _BYTES_A_PAIR / BUDGET))


@dataclass(frozen=True, eq=False)
class Chunk:
    """One file; see the module for its arrays. `state` is parsed."""

    first: int
    done: int
    state: Mapping[str, Any]
    steps: np.ndarray
    losses: np.ndarray
    scores: np.ndarray

    def write(self, folder: Path) -> None:
        """Write it into a run's folder, in place of an earlier one of the same first step.

        Raises:
            OSError: it cannot be written.
        """
        arrays = {
            "first": np.int32(self.first),
            "done": np.int32(self.done),
            "state": np.array(state_text(self.state)),
            "steps": self.steps.astype(np.int32),
            "losses": self.losses.astype(np.float32),
            "scores": self.scores.astype(np.float32),
        }
        write_step(folder, ROOM, self.first, {name: np.asarray(array) for name, array in arrays.items()})


def read_chunk(folder: Path, first: int) -> Chunk:
    """The chunk that begins with a step.

    Raises:
        StudioError: the file is missing or damaged.
    """
    path = step_file(folder, ROOM, first)
    arrays = read_arrays(path, _FORMS)
    try:
        state = json.loads(str(arrays["state"]))
    except (ValueError, RecursionError) as error:
        raise StudioError(f"{path} is damaged; start a new run to record pairs.") from error
    return Chunk(
        int(arrays["first"]),
        int(arrays["done"]),
        state,
        arrays["steps"],
        arrays["losses"],
        arrays["scores"],
    )


class PairLog:
    """The log of a run, live or ended; for one thread.

    A file that was not written, such as those of runs of earlier versions, is "not recorded": `steps` is
    empty then. A damaged file is passed over.
    """

    def __init__(self, folder: Path) -> None:
        """`folder`: the run's."""
        self._folder = folder
        self._closed: dict[int, np.ndarray] = {}
        self._source: PairSource | None = None

    @property
    def source(self) -> PairSource:
        """What draws the run's pairs; made when it is first asked for (it packs all trajectories).

        Raises:
            StudioError: the run's settings or snapshot are missing or damaged.
        """
        if self._source is None:
            self._source = PairSource.of_run(self._folder)
        return self._source

    @property
    def steps(self) -> np.ndarray:
        """(n,) int32, the steps whose losses are kept by now, ascending."""
        firsts = steps_recorded(self._folder, ROOM)
        known = [np.zeros(0, np.int32), *(self._steps_of(first, first != firsts[-1]) for first in firsts)]
        return np.concatenate(known)

    def batch(self, step: int) -> tuple[Drawn, np.ndarray, np.ndarray]:
        """The pairs or triplets of a step with their losses and scores, (B,) float32 each.

        Raises:
            StudioError: the step is not recorded, or the run's snapshot is missing or damaged.
        """
        chunk = self._chunk(step)
        (row,) = np.flatnonzero(chunk.steps == step)
        for number, drawn in enumerate(self.source.batches(chunk.state), start=chunk.first):
            if number == step:
                return drawn, chunk.losses[row], chunk.scores[row]
        raise AssertionError  # batches have no end

    def sampled(self, step: int) -> SampledStep:
        """The pairs of a step with what is known of them.

        Raises:
            StudioError: as `batch`.
        """
        return self.source.sampled(step, self.batch(step)[0])

    def nearest(self, step: int) -> int | None:
        """The recorded step nearest to one, the earlier of two; None where nothing is recorded."""
        steps = self.steps
        return int(steps[np.abs(steps - step).argmin()]) if len(steps) else None

    def worst(self, first: int, last: int) -> int | None:
        """The recorded step of the highest mean loss in a span, ends included; None where there is none.

        A point of the loss curve is the mean over such a span.
        """
        best: tuple[float, int] | None = None
        for start in steps_recorded(self._folder, ROOM):
            try:
                chunk = read_chunk(self._folder, start) if start <= last else None
            except StudioError:
                continue
            if chunk is None or chunk.done < first:
                continue
            for step, losses in zip(chunk.steps.tolist(), chunk.losses, strict=True):
                if first <= step <= last and (best is None or losses.mean() > best[0]):
                    best = float(losses.mean()), step
        return best[1] if best else None

    def _steps_of(self, first: int, closed: bool) -> np.ndarray:
        if first not in self._closed or not closed:
            try:
                self._closed[first] = read_chunk(self._folder, first).steps
            except StudioError:
                return np.zeros(0, np.int32)
        return self._closed[first]

    def _chunk(self, step: int) -> Chunk:
        for first in reversed(steps_recorded(self._folder, ROOM)):
            if first <= step:
                try:
                    chunk = read_chunk(self._folder, first)
                except StudioError:
                    break
                if step in chunk.steps:
                    return chunk
                break
        raise StudioError(f"The pairs of step {step} were not recorded; choose another step.")
