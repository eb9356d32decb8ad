import subprocess
import sys

import pytest

from core import free_memory as module
from core.free_memory import free_memory


def test_free_memory_is_a_part_of_what_the_machine_can_have():
    free = free_memory()
    assert free is not None
    assert 1 << 20 < free < 1 << 50


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no control groups")
@pytest.mark.parametrize(("limit", "left"), [("5000\n", 2700), ("max\n", None), ("1000\n", 0)])
def test_the_limit_of_a_control_group_counts(tmp_path, monkeypatch, limit, left):
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text("3000\n")
    (tmp_path / "memory.stat").write_text(
        "anon 9\nfile 900\ninactive_anon 1\ninactive_file 500\nactive_file 200\n"
    )
    (tmp_path / "meminfo").write_text("MemTotal:  99 kB\nMemAvailable:     7 kB\n")
    monkeypatch.setattr(module, "GROUP", tmp_path)
    monkeypatch.setattr(module, "LINUX", tmp_path / "meminfo")
    assert free_memory() == (7 * 1024 if left is None else left)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux holds a process to such a limit")
def test_the_limit_of_the_own_address_space_counts():
    program = (
        "import resource; from core.free_memory import room; "
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); print(room())"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
    assert 1 << 20 < int(said) < 1 << 30
