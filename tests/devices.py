"""The devices that a test of numbers runs on."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch can use")

DEVICES = ("cpu", pytest.param("cuda", marks=(pytest.mark.gpu, _NO_GPU)))
"""For `pytest.mark.parametrize("device", DEVICES)`; `pytest -m gpu` runs what is for a GPU alone."""

_WAITING = {"_local_scalar_dense", "nonzero", "masked_select", "_unique", "_unique2", "unique_dim", "equal"}
_WAITING |= {
    "item",
    "is_nonzero",
    "argwhere",
    "bincount",
}  # in inference mode, which does not take them apart


class Waits(TorchDispatchMode):
    """Notes the operations, and among them those for which the host would wait for a GPU (`names`)."""

    def __init__(self):
        super().__init__()
        self.names, self.all = set(), set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        self.all.add(name)
        by_mask = name.startswith("index") and any(
            isinstance(leaf, torch.Tensor) and leaf.dtype == torch.bool for leaf in tree_leaves(args[1:2])
        )
        if name in _WAITING or by_mask:
            self.names.add(name)
        return func(*args, **(kwargs or {}))
