"""Pictures as the steps of fine-tuning take them, decoded once where memory allows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self, TypeVar

import torch
from torch import Tensor

from core.datasets.image import read_image
from core.free_memory import free_memory
from core.out_of_memory import memory_that_ran_out
from core.training.memory import free_on

Result = TypeVar("Result")

SHARES = {"cuda": 0.25, "cpu": 0.5}
"""Of the free memory of a GPU and of main memory, at most this part keeps pictures: a step needs the rest."""

LOOK = 1 << 26
"""Bytes that are kept between two looks at what is free: other runs may take of the same memory."""


class Pictures:
    """Reads pictures onto a device. The first ones are kept decoded, within budgets, for as long as it lives.

    A pass over a set wants every picture as often as any other, so one that made room for another would
    only be decoded again: the first ones stay. What fits onto a GPU is kept there, what does not in main
    memory, and the rest is decoded at each visit. For one thread, but for `let_go`.
    """

    def __init__(
        self,
        device: torch.device,
        on_device: int = 0,
        in_memory: int = 0,
        least: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """
        Args:
            on_device: bytes of a GPU to keep pictures in.
            in_memory: bytes of main memory.
            least: bytes that stay free, of a GPU (`cuda`) and of main memory (`cpu`); nothing more is kept
                where they are not.
        """
        self._device, self._least = device, least
        self._kept: dict[Path, Tensor] = {}
        self._budgets = {"cuda": on_device, "cpu": in_memory}
        self._since_look = 0

    @classmethod
    def within(cls, device: torch.device, limit: int) -> Self:
        """Keep so many bytes on a GPU and in main memory, but no more than a share of what is free there."""
        free = {"cpu": free_memory() or 0, "cuda": 0}
        if device.type == "cuda":
            free["cuda"] = free_on(device) or 0
        most = {where: min(limit, int(SHARES[where] * count)) for where, count in free.items()}
        least = {where: int((1 - SHARES[where]) * count) for where, count in free.items()}
        return cls(device, most["cuda"], most["cpu"], least)

    def read(self, path: Path) -> Tensor:
        """(H, W, 3) uint8, RGB, on the device; not to be written to.

        Raises:
            StudioError: the file cannot be read.
        """
        kept = self._kept.get(path)
        if kept is None:
            kept = torch.from_numpy(read_image(path))
            if self._device.type == "cuda" and self._room_for(kept, "cuda"):
                kept = self.sent(kept)
                self._kept[path] = kept
            elif self._room_for(kept, "cpu"):
                self._kept[path] = kept
        return self.sent(kept)

    def sent(self, tensor: Tensor) -> Tensor:
        """A tensor on the device; the host does not wait until it is there."""
        if self._device.type == "cuda" and not tensor.is_cuda:
            tensor = tensor.pin_memory()
        return tensor.to(self._device, non_blocking=True)

    def making_room(self, work: Callable[[], Result]) -> Result:
        """What some work gives; if memory runs out in it, what is kept is let go, and it is done again."""
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if not (memory_that_ran_out(error) and self.let_go()):
                raise
        return work()

    def let_go(self) -> bool:
        """Forget what is kept and keep nothing from now on; whether anything was kept."""
        kept, self._kept = self._kept, {}
        self._budgets = dict.fromkeys(self._budgets, 0)
        return bool(kept)

    def _room_for(self, picture: Tensor, where: str) -> bool:
        """Take a picture's bytes off a budget, if they are left in it and in the memory itself."""
        if picture.nbytes > self._budgets[where]:
            return False
        self._since_look += picture.nbytes
        if where in self._least and self._since_look > LOOK:
            self._since_look = 0
            free = free_memory() if where == "cpu" else free_on(self._device)
            if free is not None and free < self._least[where]:
                self._budgets[where] = 0
                return False
        self._budgets[where] -= picture.nbytes
        return True
