import io

import numpy as np
import pytest

from core.array_file import read_arrays

ARRAYS = {"counts": np.arange(50, dtype=np.int32), "boxes": np.ones((3, 4), np.float32)}


def saved(path, save=np.savez):
    file = io.BytesIO()
    save(file, **ARRAYS)
    path.write_bytes(file.getvalue())
    return file.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_was_saved_comes_back_or_is_damaged_whatever_byte_changes(tmp_path, save):
    path = tmp_path / "a.npz"
    good = saved(path, save)
    rng = np.random.default_rng(0)
    damaged = 0
    for _ in range(1500):
        data = bytearray(good)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            data[place] = rng.integers(256)
        path.write_bytes(data[: rng.integers(len(data))] if rng.random() < 0.1 else data)
        try:
            found = read_arrays(path)
        except ValueError:
            damaged += 1
            continue
        for name in found.keys() & ARRAYS.keys():
            np.testing.assert_array_equal(found[name], ARRAYS[name])
    assert damaged > 1000


def test_what_is_missing_or_needs_unpickling_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "none.npz")
    np.savez(tmp_path / "objects.npz", a=np.array([{}], object))
    with pytest.raises(ValueError, match="is damaged"):
        read_arrays(tmp_path / "objects.npz")
