"""Writes the log of pairs while a run goes on; `pair_log` reads it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import StudioError
from core.pretraining.record.pair_log import CHUNK, ROOM, Chunk, read_chunk
from core.pretraining.record.step_files import drop_after, steps_recorded


class PairRecorder:
    """Gathers the losses and scores of steps in chunks and writes them.

    What a run that is stopped and resumed writes is what it would have written in one go.
    """

    def __init__(self, folder: Path, stride: int, done: int) -> None:
        """
        Args:
            folder: the run's; what it holds of steps after `done` is taken away.
            stride: every how many steps are kept, see `pair_log.stride`.
            done: steps done.

        Raises:
            OSError: what is of later steps cannot be taken away.
        """
        self._folder, self._stride = folder, stride
        self._first, self._done = done + 1, done
        self._state: Mapping[str, Any] = {}
        self._steps: list[int] = []
        self._rows: list[np.ndarray] = []
        self._unwritten = False
        drop_after(folder, ROOM, done)
        self._go_on(done)

    def _go_on(self, done: int) -> None:
        """Take up the chunk that was being written after `done` steps."""
        recorded = steps_recorded(self._folder, ROOM)
        if not recorded:
            return
        try:
            chunk = read_chunk(self._folder, recorded[-1])
        except StudioError:
            return
        rows = chunk.steps <= done
        if chunk.done > done:  # steps that will be done again
            kept = chunk.steps[rows], chunk.losses[rows], chunk.scores[rows]
            chunk = Chunk(chunk.first, done, chunk.state, *kept)
            chunk.write(self._folder)
        if chunk.done == done and len(chunk.steps) < CHUNK:
            self._first, self._state, self._steps = chunk.first, chunk.state, chunk.steps.tolist()
            self._rows = list(np.stack([chunk.losses, chunk.scores], axis=1))

    def add(self, step: int, before: Mapping[str, Any], losses: np.ndarray, scores: np.ndarray) -> None:
        """One more step.

        Args:
            step: follows the last one.
            before: the sampler's state from which its batch was drawn.
            losses, scores: (B,) float32.

        Raises:
            OSError: a chunk is full and cannot be written.
        """
        if not self._state:
            self._first, self._state = step, before
        if step % self._stride == 0:
            self._steps.append(step)
            self._rows.append(np.stack([losses, scores]))
        self._done, self._unwritten = step, True
        if len(self._steps) == CHUNK:
            self.write()
            self._state, self._steps, self._rows = {}, [], []

    def write(self) -> None:
        """Write what has been gathered.

        Raises:
            OSError: it cannot be written.
        """
        if not self._unwritten or not self._state:
            return
        values = np.stack(self._rows, axis=1) if self._rows else np.zeros((2, 0, 0), np.float32)
        steps = np.array(self._steps, np.int32)
        Chunk(self._first, self._done, self._state, steps, *values).write(self._folder)
        self._unwritten = False
