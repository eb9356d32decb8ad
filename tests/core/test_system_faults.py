"""What the system refuses is said with what can be done about it."""

import pytest

from core.system_faults import refused_by_the_system


def test_a_name_that_is_too_long_asks_for_a_shorter_one(tmp_path):
    with pytest.raises(OSError, match="too long") as refused:
        (tmp_path / ("x" * 300)).touch()
    said = refused_by_the_system(refused.value)
    assert "is too long for this system" in said
    assert "choose shorter names, or a folder nearer to the root of the disk, and try again." in said


def test_a_whole_path_that_is_too_long_is_told_by_the_number_of_windows():
    error = FileNotFoundError(2, "The filename or extension is too long", "C:/a")
    error.winerror = 206
    assert refused_by_the_system(error).startswith("C:/a is too long for this system")
