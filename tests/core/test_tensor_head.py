"""The head of a safetensors file: what its own library writes is read, and what lies is one sentence."""

import json
import re
import struct

import pytest
import torch
from safetensors.torch import save_file

from core.errors import StudioError
from core.tensor_head import TensorHead, read_tensor_head

ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def written(path, head, numbers=b"", length=None):
    """A file of some head, which is text as it stands or is packed as JSON."""
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + numbers)
    return path


def test_what_the_library_writes_is_read(tmp_path):
    kinds = "float64 int64 float32 int32 float16 bfloat16 int16 int8 uint8 bool"
    tensors = {kind: torch.ones((2, 3), dtype=getattr(torch, kind)) for kind in kinds.split()}
    tensors |= {"number": torch.tensor(3.0), "none": torch.zeros((0, 4)), "été": torch.zeros(5)}
    save_file(tensors, tmp_path / "a.safetensors", {"what": "it is"})
    found = read_tensor_head(tmp_path / "a.safetensors")
    assert found == TensorHead({"what": "it is"}, {name: tuple(one.shape) for name, one in tensors.items()})


def test_tensors_may_be_named_in_any_order_and_one_of_nothing_lies_anywhere(tmp_path):
    after = {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}
    empty = {"dtype": "I64", "shape": [0, 7], "data_offsets": [4, 4]}
    path = written(tmp_path / "a.safetensors", {"c": after, "b": empty, "a": ONE}, bytes(12))
    assert read_tensor_head(path).shapes == {"a": (1,), "b": (0, 7), "c": (2,)}


LIES = {
    "a length beyond the file": (ONE, 1 << 40, "its head does not end"),
    "a length of one byte more": ({"a": ONE}, 4 + len(json.dumps({"a": ONE})) + 1, "its head does not end"),
    "no head": (b"", 0, "its head does not end"),
    "no JSON": (b"{'a'", None, "its head cannot be read"),
    "no text": (b'{"\xff": 1}', None, "its head cannot be read"),
    "too deep for a parser": (b"[" * 100_000, None, "its head cannot be read"),
    "too deep": (b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}", None, "its head cannot be read"),
    "too many digits": (b'{"a": ' + b"9" * 5000 + b"}", None, "its head cannot be read"),
    "no table": ([], None, "its head is no table"),
    "words that are no table": ({"__metadata__": []}, None, "its words are no text"),
    "words that are numbers": ({"__metadata__": {"a": 1}}, None, "its words are no text"),
    "no tensor": ({"a": None}, None, "it does not say where 'a' is"),
    "nothing said": ({"a": {}}, None, "it does not say where 'a' is"),
    "three places": ({"a": ONE | {"data_offsets": [0, 2, 4]}}, None, "it does not say where 'a' is"),
    "texts as places": ({"a": ONE | {"data_offsets": ["0", "4"]}}, None, "it does not say where 'a' is"),
    "a length below 0": ({"a": ONE | {"shape": [-1, -1]}}, None, "it does not say where 'a' is"),
    "a place below 0": ({"a": ONE | {"data_offsets": [-4, 0]}}, None, "it does not say where 'a' is"),
    "a length of text": ({"a": ONE | {"shape": "1"}}, None, "it does not say where 'a' is"),
    "half a length": ({"a": ONE | {"shape": [1.0]}}, None, "it does not say where 'a' is"),
    "a million axes": ({"a": ONE | {"shape": [1] * 1_000_000}}, None, "it does not say where 'a' is"),
    "a kind of number": ({"a": ONE | {"dtype": "F8_E4M3"}}, None, "of a kind that is not read ('F8_E4M3')"),
    "a kind that is none": ({"a": ONE | {"dtype": ["F32"]}}, None, "of a kind that is not read (['F32'])"),
    "another size": ({"a": ONE | {"shape": [2]}}, None, "'a' has another size than it says"),
    "an end before its start": ({"a": ONE | {"data_offsets": [4, 0]}}, None, "'a' has another size than it"),
    "a gap": ({"a": ONE | {"shape": [0], "data_offsets": [4, 4]}}, None, "'a' does not follow"),
    "two in one place": ({"a": ONE, "b": ONE}, None, "'b' does not follow the tensor before it"),
    "numbers of none": ({}, None, "it has 4 bytes of numbers where 0 are meant"),
    "fewer numbers": ({"a": ONE | {"shape": [2], "data_offsets": [0, 8]}}, None, "it has 4 bytes of numbers"),
}


@pytest.mark.parametrize("what", LIES)
def test_a_head_that_lies_is_one_sentence(tmp_path, what):
    head, length, said = LIES[what]
    path = written(tmp_path / "a.safetensors", head, bytes(4), length)
    with pytest.raises(StudioError) as caught:
        read_tensor_head(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith(("; choose another one.", "; save it as F32."))


def test_a_head_of_gigabytes_is_not_read(tmp_path):
    path = written(tmp_path / "a.safetensors", b"{}", length=1 << 30)
    with open(path, "r+b") as file:
        file.truncate(2 << 30)
    with pytest.raises(StudioError, match="its head does not end"):
        read_tensor_head(path)


SOUND = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def with_tensor(path, tensor):
    head = json.dumps({"weight": tensor}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(24))
    return path


def test_the_head_says_the_shapes(tmp_path):
    assert read_tensor_head(with_tensor(tmp_path / "a", SOUND)).shapes == {"weight": (2, 3)}


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
    path = with_tensor(tmp_path / "a", SOUND | change)
    with pytest.raises(StudioError, match=re.escape(sentence)):
        read_tensor_head(path)
