"""The processes that train one network together, each on its part of every batch."""

import os
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Group:
    """The processes that train together, as one of them sees them; by default there is but one.

    Attributes:
        rank: of this process, from 0.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes what comes of the run."""
        return self.rank == 0

    def part(self, count: int) -> slice:
        """Which of `count` pairs, triplets or images of a batch are this process's."""
        each = count // self.size
        return slice(self.rank * each, (self.rank + 1) * each)

    def parallel(self, module: nn.Module) -> nn.Module:
        """The module to call in training: its gradients become the means over all processes."""
        if self.size == 1:
            return module
        return DistributedDataParallel(module, broadcast_buffers=False)

    def mean(self, values: Tensor) -> Tensor:
        """Values of this process → their means over all processes."""
        if self.size > 1:
            values = values / self.size
            distributed.all_reduce(values)
        return values

    def whole(self, part: Tensor) -> Tensor:
        """Values (B / size, …) of this process's part of a batch → (B, …) of all of it."""
        if self.size == 1:
            return part
        parts = [torch.empty_like(part) for _ in range(self.size)]
        distributed.all_gather(parts, part.contiguous())
        return torch.cat(parts)

    def wait(self) -> None:
        """Until every process is here."""
        if self.size > 1:
            distributed.barrier()


ALONE = Group()


def device_of(name: torch.device) -> torch.device:
    """The device of this process: of several GPUs of a machine, each process of it has its own."""
    if name.type == "cuda" and "LOCAL_RANK" in os.environ:
        name = torch.device("cuda", int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    if name.type == "cuda":
        torch.cuda.set_device(torch.cuda.current_device() if name.index is None else name.index)
    return name
