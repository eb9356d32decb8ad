import sys

import pytest

from core import free_memory as module
from core.free_memory import free_memory


def test_free_memory_is_a_part_of_what_the_machine_can_have():
    free = free_memory()
    assert free is not None
    assert 1 << 20 < free < 1 << 50


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no control groups")
@pytest.mark.parametrize(("limit", "left"), [("5000\n", 2000), ("max\n", None), ("1000\n", 0)])
def test_the_limit_of_a_control_group_counts(tmp_path, monkeypatch, limit, left):
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text("3000\n")
    (tmp_path / "meminfo").write_text("MemTotal:  99 kB\nMemAvailable:     7 kB\n")
    monkeypatch.setattr(module, "GROUP", tmp_path)
    monkeypatch.setattr(module, "LINUX", tmp_path / "meminfo")
    assert free_memory() == (7 * 1024 if left is None else left)
