import sys

import pytest

from tests.reliability.bombs import QUICK, ended, wrong


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of memory for a process")
def test_small_bombs_pipes_and_devices_are_one_sentence_each(tmp_path):
    made = [(bomb, tmp_path / bomb.name) for bomb in QUICK]
    for bomb, path in made:
        bomb.make(path)
    found = ended(made)
    assert {bomb.name: wrong(one) for (bomb, _), one in zip(made, found, strict=True)} == {
        bomb.name: "" for bomb in QUICK
    }
    assert all(
        path.name in one.said and one.said.endswith(".") for (_, path), one in zip(made, found, strict=True)
    )
