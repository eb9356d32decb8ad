import numpy as np
import pytest

from core.errors import StudioError
from core.filters import dead, duplicates, read_filters, tiled


def test_filters_stand_side_by_side_each_at_its_own_contrast():
    filters = np.zeros((3, 3, 2, 2), np.float32)
    filters[0, 0, 0, 1] = 5  # red, top right
    filters[1] = -3  # of a single value
    filters[2, 2, 1, 0], filters[2, 1, 1, 0] = 1, -1  # blue up, green down, bottom left
    picture = tiled(filters, columns=2)
    assert picture.shape == (5, 5, 4)
    assert picture[0, 1].tolist() == [255, 0, 0, 255]
    assert picture[0, 3].tolist() == [128, 128, 128, 255]
    assert picture[4, 0].tolist() == [128, 0, 255, 255]
    assert not picture[2].any()  # the gap is transparent
    assert not picture[3:, 3:].any()


def test_filters_are_read_and_other_files_refused(tmp_path):
    path = tmp_path / "filters.npz"
    with pytest.raises(StudioError):
        read_filters(path)
    weights = np.arange(54, dtype=np.float32).reshape(2, 3, 3, 3)
    np.savez(path, filters=weights)
    np.testing.assert_array_equal(read_filters(path), weights)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(StudioError):
        read_filters(path)
    for filters in (weights[:, :2], weights[0], weights[:, :, :0, :0]):
        np.savez(path, filters=filters)
        with pytest.raises(StudioError):
            read_filters(path)
    np.savez(path, other=weights)
    with pytest.raises(StudioError):
        read_filters(path)


def test_filters_that_faded_and_copies_are_found():
    """Of 24 random ones: 3 faded, 7 nearly a copy of 2, 11 the opposite of 5, 20 all zero."""
    generator = np.random.default_rng(0)
    filters = generator.normal(size=(24, 3, 7, 7)).astype(np.float32)
    assert not dead(filters).any()
    assert (duplicates(filters) == -1).all()
    filters[3] *= 0.05
    filters[7] = 3 * filters[2] + generator.normal(scale=0.5, size=(3, 7, 7))
    filters[11], filters[20] = -filters[5], 0
    assert np.flatnonzero(dead(filters)).tolist() == [3, 20]
    copies = duplicates(filters)
    assert {place: int(copies[place]) for place in np.flatnonzero(copies >= 0)} == {2: 7, 7: 2}
    filters[3] = 1e-3 * filters[2]  # dead, so that it is no copy
    assert duplicates(filters)[3] == -1
    assert dead(np.zeros((4, 3, 7, 7))).all()
    assert (duplicates(np.zeros((4, 3, 7, 7))) == -1).all()
