"""Whether a step of pretraining fits into memory, and which batch does."""

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from core.errors import StudioError
from core.networks.trunk import normalise
from core.pretraining.config import PretrainConfig
from core.pretraining.objectives import Objective
from core.training.device import mixed_precision
from core.training.memory import Forecast, MemoryRanOutError, forecast, memory_of, too_much, write_memory

LESS = 0.75
"""Where a batch did not fit although it should have, the one offered is at most this part of it."""

ROOM = 4.0
"""A step is looked at only where as many times its rough need is not free: to look takes a second or more."""

BYTES_A_PIXEL = 1000
"""Rough need of a patch: more than the networks take for each of its pixels, gradients included."""


def step_forecast(objective: Objective, members: int, config: PretrainConfig, on_gpu: bool) -> Forecast:
    """What a step takes, seen on a CPU on a copy: weights, momenta and random numbers stay as they are.

    Args:
        objective: on any device, before its first step.
        members: patches of a pair, triplet or image.
        on_gpu: whether it will compute on one.

    What libraries keep for themselves is not in it.
    """
    tried, cpu = copy.deepcopy(objective).cpu(), torch.device("cpu")
    size, in_half = objective.trunk.network.input_size, config.amp if on_gpu else config.amp_on_cpu

    def step(count: int) -> None:
        patches = torch.zeros((members * count, size, size, 3), dtype=torch.uint8).permute(0, 3, 1, 2)
        with mixed_precision(cpu, False, in_half):
            tried(normalise(patches), torch.zeros(count, dtype=torch.int64)).loss.backward()
        tried.zero_grad(set_to_none=True)

    with torch.random.fork_rng(devices=[]):
        found = forecast(step)
    momenta = sum(parameter.nbytes for parameter in tried.parameters())
    return Forecast(found.fixed + momenta, found.each)


def rough_need(objective: Objective, members: int, batch: int) -> float:
    """Bytes that a step takes at most: what `step_forecast` would find, and more."""
    weights = sum(parameter.nbytes for parameter in objective.parameters())
    return 4.0 * weights + BYTES_A_PIXEL * members * batch * objective.trunk.network.input_size**2


class StepMemory:
    """Compares what a step needs with what is free, and puts into words where it is not enough."""

    def __init__(
        self,
        rough: float,
        look: Callable[[], Forecast],
        free: int | None,
        config: PretrainConfig,
        device: torch.device,
    ) -> None:
        """
        Args:
            rough: bytes that a step of the whole batch takes at most.
            look: gives what it really takes.
            free: bytes of the device's memory before the first step; None if that is not known.
        """
        self._rough, self._look, self._free = rough, look, free
        self._config, self._device = config, device

    @functools.cached_property
    def _need(self) -> Forecast:
        return self._look()

    @property
    def fits(self) -> int:
        """The largest batch that should fit, of all processes together; 0 where none does."""
        if self._free is None:
            return 0
        return self._need.largest(self._free) * self._config.processes

    def shortage(self, folder: Path) -> str:
        """A sentence where the batch should not fit, kept in `results/memory.json` too; else nothing."""
        batch = self._config.batch
        if self._free is None or ROOM * self._rough <= self._free:
            return ""
        if self._need.peak(-(-batch // self._config.processes)) <= self._free:
            return ""
        return self._told(folder, "a step of training", self.fits, memory_of(self._device))

    @contextlib.contextmanager
    def in_a_sentence(self, folder: Path) -> Iterator[None]:
        """Turn memory that runs out into a sentence that offers a batch.

        Raises:
            StudioError: memory ran out.
        """
        try:
            yield
        except MemoryRanOutError as error:
            fits = int(LESS * self._config.batch)
            if self._free is not None:
                fits = min(fits, self.fits)
            raise StudioError(self._told(folder, error.stage, fits, error.memory)) from error

    def _told(self, folder: Path, stage: str, fits: int, memory: str) -> str:
        write_memory(folder / "results" / "memory.json", stage, self._config.batch, fits)
        return too_much(stage, self._config.batch, fits, memory)
