"""How much memory a step of training takes, before it is taken, and what to say when it ran out."""

import contextlib
import gc
import json
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.atomic_file import write_atomically
from core.free_memory import free_memory
from core.out_of_memory import GPU, MAIN, memory_that_ran_out

PROBE = 2
"""Pairs, triplets or images of the smaller probe; the larger one has twice as many."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """Bytes that the tensors of a step take beyond those that are there before it.

    Attributes:
        fixed, each: (T,) float64, after each operation of the step: so many bytes, and so many more for
            each pair, triplet or image of its batch. The largest is another operation's in a large batch
            than in a small one.
    """

    fixed: np.ndarray
    each: np.ndarray

    def peak(self, batch: int) -> float:
        """Bytes that a step takes."""
        return float((self.fixed + self.each * batch).max())

    def largest(self, budget: float) -> int:
        """The largest batch whose step takes no more bytes; 0 where none does."""
        grows = self.each > 0
        if (self.fixed[~grows] > budget).any():
            return 0
        return max(0, int(((budget - self.fixed[grows]) / self.each[grows]).min()))


class MemoryRanOutError(Exception):
    """Memory ran out in a part of the work.

    Attributes:
        stage: which part, as the middle of a sentence.
        memory: `GPU` or `MAIN`, of `core.out_of_memory`.
    """

    def __init__(self, stage: str, memory: str) -> None:
        super().__init__(f"{memory} ran out while {stage}")
        self.stage, self.memory = stage, memory


@contextlib.contextmanager
def stage(name: str) -> Iterator[None]:
    """Name the part of the work in which memory runs out, if it does.

    Raises:
        MemoryRanOutError: it did.
    """
    try:
        yield
    except (RuntimeError, MemoryError, OSError) as error:
        if memory := memory_that_ran_out(error):
            raise MemoryRanOutError(name, memory) from error
        raise


def forecast(step: Callable[[int], None]) -> Forecast:
    """See what tensors two small steps take on a CPU, operation by operation.

    Args:
        step: takes one of so many pairs, triplets or images, and leaves nothing behind.
    """
    step(PROBE)  # what is made at the first call only, and kept, is not the step's
    small, large = (bytes_alive(partial(step, count)) for count in (PROBE, 2 * PROBE))
    each = (large - small) / PROBE
    return Forecast(small - each * PROBE, each)


def bytes_alive(work: Callable[[], None]) -> np.ndarray:
    """(T,) float64, the bytes of the tensors that some work on a CPU made and holds, after each operation."""
    gc.collect()
    with _Alive() as alive:
        work()
    return np.array(alive.after, np.float64)


def free_on(device: torch.device) -> int | None:
    """Bytes that a process may still take on a device; None where nothing tells."""
    if device.type != "cuda":
        return free_memory()
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + unused


def too_much(stage: str, batch: int, fits: int, memory: str) -> str:
    """The sentence for a step that does not fit into memory, or did not.

    Args:
        stage: which part of the work.
        batch: how many it was to take.
        fits: the largest that fits; 0 where none does, or it is not known.
    """
    what = "GPU memory" if memory == GPU else "memory"
    less = f"run it again with a batch of {fits} or less" if fits else "run it again with a smaller network"
    elsewhere = " or with device cpu" if memory == GPU else ""
    return f"There is not enough {what} for {stage} with a batch of {batch}; {less}{elsewhere}."


def write_memory(path: Path, stage: str, batch: int, fits: int) -> None:
    """Keep, as JSON, where memory is short and which batch fits, so that it can be offered."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"stage": stage, "batch": batch, "fits": fits}).encode())


def memory_of(device: torch.device) -> str:
    """`GPU` or `MAIN`: which memory a device has."""
    return GPU if device.type == "cuda" else MAIN


class _Alive(TorchDispatchMode):
    """Counts the bytes of the tensors that operations make, for as long as those live."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.after: list[int] = []
        self._seen: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = {_storage(leaf) for leaf in tree_leaves((args, kwargs or {})) if isinstance(leaf, Tensor)}
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor) and (key := _storage(leaf)) not in given | self._seen:
                storage = leaf.untyped_storage()
                self._seen.add(key)
                self.now += storage.nbytes()
                weakref.finalize(storage, self._gone, key, storage.nbytes())
        self.after.append(self.now)
        return made

    def _gone(self, key: int, count: int) -> None:
        self._seen.discard(key)
        self.now -= count


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata
