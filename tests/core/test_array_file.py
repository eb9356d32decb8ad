import io
import struct
import zipfile

import numpy as np
import pytest

from core.array_file import Form, read_array, read_arrays, write_arrays
from core.errors import StudioError

ARRAYS = {"counts": np.arange(50, dtype=np.int32), "boxes": np.ones((3, 4), np.float32)}


def saved(path, save=np.savez, **arrays):
    file = io.BytesIO()
    save(file, **(arrays or ARRAYS))
    path.write_bytes(file.getvalue())
    return file.getvalue()


def archive_of(path, member, data, packing=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr(member, data)


def npy(header, numbers=b"", version=(1, 0)):
    """An array whose header says what it likes."""
    text = header.encode("latin-1")
    return (
        b"\x93NUMPY"
        + bytes(version)
        + struct.pack("<H" if version == (1, 0) else "<I", len(text))
        + text
        + numbers
    )


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_was_saved_comes_back_or_is_damaged_whatever_byte_changes(tmp_path, save):
    path = tmp_path / "a.npz"
    good = saved(path, save)
    rng = np.random.default_rng(0)
    damaged = 0
    for _ in range(600):
        data = bytearray(good)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            data[place] = rng.integers(256)
        path.write_bytes(data[: rng.integers(len(data))] if rng.random() < 0.1 else data)
        try:
            found = read_arrays(path)
        except StudioError:
            damaged += 1
            continue
        for name in found.keys() & ARRAYS.keys():
            np.testing.assert_array_equal(found[name], ARRAYS[name])
    assert damaged > 400


def test_every_kind_of_number_and_text_comes_back(tmp_path):
    kept = {
        "none": np.zeros((0, 4), np.float32),
        "one": np.array(3),
        "columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        "big": np.arange(5, dtype=">i4"),
        "flags": np.array([True, False]),
        "text": np.array(["a", "été", ""]),
        "no text": np.array([], np.str_),
    }
    write_arrays(tmp_path / "a.npz", kept)
    found = read_arrays(tmp_path / "a.npz")
    assert found.keys() == kept.keys()
    for name, array in kept.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype.isnative
        assert found[name].flags.writeable


HEADERS = {
    "a pickle": "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "fields": "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
    "complex numbers": "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }",
    "bytes": "{'descr': '|S8', 'fortran_order': False, 'shape': (1,), }",
    "more than there is": "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
    "a negative length": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
    "too many letters of none": "{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,), }",
    "no end": "{'descr': '<f8', 'fortran_order': False, 'shape': (1,",
    "brackets": "(" * 5000,
    "a number of many digits": "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 5000 + ",), }",
    "another key": "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}",
    "no dictionary": "[]",
    "surrogates": "{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }",
}


@pytest.mark.parametrize("what", HEADERS)
def test_a_hostile_header_is_one_sentence(tmp_path, what):
    data = npy(HEADERS[what] + "\n", struct.pack("<II", 0xD800, 65))
    archive_of(tmp_path / "a.npz", "a.npy", data)
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(StudioError, match=r"a\.npz .*; .*\.$"):
        read_arrays(tmp_path / "a.npz")
    with pytest.raises(StudioError, match=r"a\.npy .*; .*\.$"):
        read_array(tmp_path / "a.npy", Form("f8", (1,)))


def test_what_is_missing_a_folder_or_packed_otherwise_is_refused(tmp_path):
    with pytest.raises(StudioError, match="There is no file"):
        read_arrays(tmp_path / "none.npz")
    with pytest.raises(StudioError, match="it is a folder"):
        read_arrays(tmp_path)
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    archive_of(tmp_path / "a.npz", "a.npy", buffer.getvalue(), zipfile.ZIP_LZMA)
    with pytest.raises(StudioError, match="packed in a way that is not read"):
        read_arrays(tmp_path / "a.npz")


BOXES = {"offsets": Form("i8", ("N+1",), cuts="M"), "names": Form("U", ("N",)), "boxes": Form("f4", ("M", 4))}
GOOD = {"offsets": np.array([0, 1, 3]), "names": np.array(["a", "b"]), "boxes": np.ones((3, 4))}


def test_arrays_of_the_right_form_come_in_its_types(tmp_path):
    saved(tmp_path / "a.npz", **GOOD, more=np.zeros(3))
    found = read_arrays(tmp_path / "a.npz", BOXES)
    assert list(found) == list(BOXES)
    assert found["boxes"].dtype == np.float32
    np.testing.assert_array_equal(found["offsets"], [0, 1, 3])


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("offsets", np.array([0, 4, 3]), "does not rise from 0 to 3"),
        ("offsets", np.array([1, 2, 3]), "does not rise from 0 to 3"),
        ("offsets", np.array([0, 1, 2]), "does not rise from 0 to 3"),
        ("offsets", np.array([0.0, 1.0, 3.0]), "is of type float64"),
        ("offsets", np.array([0, 1, 2**63], np.uint64), "has numbers from 0 to 9.22337e"),
        ("names", np.array(["a"]), r"has the shape \(1,\) where \(2\) is meant"),
        ("names", np.array([1, 2]), "is of type int64"),
        ("boxes", np.ones((3, 5)), r"has the shape \(3, 5\) where \(3, 4\)"),
        ("boxes", np.ones(12), "has the shape"),
        ("boxes", np.full((3, 4), np.nan), "has numbers that are not finite"),
        ("boxes", np.full((3, 4), -np.inf), "has numbers that are not finite"),
        ("boxes", np.full((3, 4), 1e300), "has numbers that are not finite"),
    ],
)
def test_arrays_of_another_form_are_named(tmp_path, name, array, said):
    saved(tmp_path / "a.npz", **{**GOOD, name: array})
    with pytest.raises(StudioError, match=rf"is damaged \({name} {said}.*; start again\.$"):
        read_arrays(tmp_path / "a.npz", BOXES, "start again")


@pytest.mark.parametrize(
    ("offsets", "frames", "fits"),
    [
        ([0, 2, 4], [3, 4, 0, 9], True),
        ([0, 0, 4, 4], [0, 1, 2, 9], True),
        ([0, 0], [], True),
        ([0, 2, 4], [3, 4, 4, 4], False),
        ([0, 4], [0, 2, 1, 3], False),
        ([0, 3, 4], [0, 1, 1, 3], False),
    ],
)
def test_numbers_may_have_to_ascend_in_each_part(tmp_path, offsets, frames, fits):
    forms = {"offsets": BOXES["offsets"], "frames": Form("i4", ("M",), ascends="offsets")}
    saved(tmp_path / "a.npz", offsets=np.array(offsets), frames=np.array(frames, np.int32))
    if fits:
        np.testing.assert_array_equal(read_arrays(tmp_path / "a.npz", forms)["frames"], frames)
    else:
        with pytest.raises(StudioError, match=r"frames does not ascend in each part of offsets"):
            read_arrays(tmp_path / "a.npz", forms)


def test_numbers_that_may_be_missing_still_have_a_range(tmp_path):
    form = {"a": Form("f4", ("N",), low=0, high=1, nan=True)}
    saved(tmp_path / "a.npz", a=np.array([np.nan, 0, 1]))
    np.testing.assert_array_equal(read_arrays(tmp_path / "a.npz", form)["a"], [np.nan, 0, 1])
    saved(tmp_path / "a.npz", a=np.array([np.nan, 2]))
    with pytest.raises(StudioError, match="from 2 to 2"):
        read_arrays(tmp_path / "a.npz", form)


def test_an_array_alone_is_read_or_cut_short(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 4), np.float32))
    assert read_array(tmp_path / "a.npy", Form("f4", ("M", 4))).shape == (3, 4)
    data = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(data[:-1])
    with pytest.raises(StudioError, match="is damaged"):
        read_array(tmp_path / "a.npy", Form("f4", ("M", 4)))
