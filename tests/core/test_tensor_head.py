"""Heads of tensor files that nobody's program wrote."""

import json
import re

import pytest

from core.errors import StudioError
from core.tensor_head import read_tensor_head

SOUND = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def write(path, tensor):
    head = json.dumps({"weight": tensor}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(24))
    return path


def test_the_head_says_the_shapes(tmp_path):
    assert read_tensor_head(write(tmp_path / "a", SOUND)).shapes == {"weight": (2, 3)}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"dtype": ["F32"]}, "in numbers of a kind that is not read (['F32'])"),
        ({"dtype": {}}, "in numbers of a kind that is not read"),
        ({"shape": 6}, "does not say where"),
        ({"shape": [2, 3.0]}, "does not say where"),
        ({"shape": [10**4000, 0]}, "does not say where"),
        ({"shape": [1] * 1000 + [6]}, "does not say where"),
        ({"shape": [2, 4]}, "has another size than it says"),
        ({"data_offsets": [0, 24, 48]}, "does not say where"),
        ({"data_offsets": None}, "does not say where"),
    ],
)
def test_what_no_tensor_is_like_is_one_sentence(tmp_path, change, sentence):
    path = write(tmp_path / "a", SOUND | change)
    with pytest.raises(StudioError, match=re.escape(sentence)):
        read_tensor_head(path)
