"""Files read whole: what that may cost, and files that do not say how large they are."""

import sys
import tracemalloc
from pathlib import Path

import pytest

from core.errors import StudioError
from core.whole_file import read_whole


def test_a_small_file_takes_no_memory_for_a_large_one(tmp_path):
    path = tmp_path / "small"
    path.write_bytes(b"x" * 1000)
    tracemalloc.start()
    try:
        assert read_whole(path) == b"x" * 1000
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("size", "most"), [(0, 0), (5, 5), (3 << 20, 3 << 20)])
def test_a_file_of_just_the_size_that_is_allowed_is_read(tmp_path, size, most):
    (tmp_path / "file").write_bytes(bytes(size))
    assert read_whole(tmp_path / "file", most) == bytes(size)
    (tmp_path / "file").write_bytes(bytes(size + 1))
    with pytest.raises(StudioError):
        read_whole(tmp_path / "file", most)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="files without a size are Linux's")
def test_a_file_that_does_not_say_its_size_is_read_to_its_end():
    version = Path("/proc/version")
    assert version.stat().st_size == 0
    assert read_whole(version) == version.read_bytes() != b""
    with pytest.raises(StudioError, match="10"):
        read_whole(version, 10)
