"""The devices that a test of numbers runs on."""

import pytest
import torch

_NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch can use")

DEVICES = ("cpu", pytest.param("cuda", marks=(pytest.mark.gpu, _NO_GPU)))
"""For `pytest.mark.parametrize("device", DEVICES)`; `pytest -m gpu` runs what is for a GPU alone."""
