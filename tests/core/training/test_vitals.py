import re
from pathlib import Path

import numpy as np
import pytest
import torch

from core.training.vitals import GpuUse, memory_used
from tests.devices import DEVICES

STATUS = Path("/proc/self/status")


@pytest.mark.skipif(not STATUS.exists(), reason="the system keeps no /proc")
def test_memory_is_what_the_system_says_and_grows_with_what_is_held():
    def said():
        return int(re.search(r"VmRSS:\s+(\d+) kB", STATUS.read_text())[1]) * 1024 / 1e9

    cpu = torch.device("cpu")
    before = memory_used(cpu)
    assert before == pytest.approx(said(), rel=0.05)
    held = np.ones(200_000_000, np.uint8)
    assert memory_used(cpu) - before == pytest.approx(0.2, abs=0.03)
    assert held[-1] == 1


@pytest.mark.parametrize("device", DEVICES)
def test_use_of_a_gpu_is_a_share_and_of_a_cpu_nothing(device):
    use = GpuUse(torch.device(device)).percent()
    assert use is None if device == "cpu" else use is None or 0 <= use <= 100
    assert memory_used(torch.device(device)) >= 0
