"""Published proposals, written here as their authors' programs wrote them."""

import contextlib
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from core.datasets.voc import VocImage
from core.detection import given_boxes
from core.detection.pickled_arrays import PickledArray, read_pickle
from core.detection.proposal_file import Proposals
from core.errors import StudioError
from tests.bad_inputs import cut_short, is_clear

OURS = {
    "000005": np.array([[0, 0, 100, 80], [10, 20, 31, 42]], np.float32),
    "2008_000001": np.array([[3, 4, 60, 50]], np.float32),
    "000007": np.zeros((0, 4), np.float32),
}
"""Boxes of ours; below, the same in the files of others."""

IMAGES = [VocImage(name, Path("gone.jpg"), 100, 80, ()) for name in OURS]


def mat(path, **changes):
    """As R-CNN's MATLAB writes it: cells; (y1, x1, y2, x2) from 1, both ends included."""
    found, names = np.empty((1, len(OURS)), object), np.empty((len(OURS), 1), object)
    for number, (name, each) in enumerate(OURS.items()):
        found[0, number] = (each[:, [1, 0, 3, 2]] + [1, 1, 0, 0]).astype(float)
        names[number, 0] = name
    savemat(path, {"images": names, "boxes": found} | changes, do_compression=True)
    return path


def detectron(boxes=OURS, dtype=np.uint16):
    """As Detectron's scripts make it: numbers for names; (x1, y1, x2, y2) from 0, both ends included."""
    return {
        "boxes": [(each - [0, 0, 1, 1]).astype(dtype) for each in boxes.values()],
        "scores": [np.ones(len(each), np.float32) for each in boxes.values()],
        "indexes": [int(name.replace("_", "")) for name in boxes],
    }


def pickled(path, value, protocol=2):
    path.write_bytes(pickle.dumps(value, protocol))
    return path


def assert_ours(path):
    found = given_boxes.given_boxes(path, IMAGES)
    assert set(found.ids.tolist()) == set(OURS)
    for name, boxes in OURS.items():
        np.testing.assert_array_equal(found[name], boxes)


def test_boxes_of_r_cnn(tmp_path):
    assert_ours(mat(tmp_path / "voc_2007_trainval.mat"))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", [np.uint16, np.float32, ">f8"])
def test_boxes_of_detectron(tmp_path, protocol, dtype):
    assert_ours(pickled(tmp_path / "voc_2007_test.pkl", detectron(dtype=dtype), protocol))


def test_names_may_be_an_array_numbers_of_numpy_or_texts(tmp_path):
    content = detectron()
    numbers = content.pop("indexes")
    names = (np.array(numbers), [np.int64(number) for number in numbers], list(OURS))
    for key, listed in zip(("indexes", "ids", "ids"), names, strict=True):
        assert_ours(pickled(tmp_path / "a.pkl", content | {key: listed}))


def test_detectron2_does_not_include_the_ends(tmp_path):
    content = {"boxes": list(OURS.values()), "ids": list(OURS), "objectness_logits": [], "bbox_mode": 0}
    assert_ours(pickled(tmp_path / "a.pkl", content, 4))


def test_what_python_2_wrote_is_read(tmp_path):
    """An array in columns, and its bytes as text."""
    numbers = np.arange(8, dtype="<u2").reshape(2, 4)
    data = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
        b"(K\x01K\x02K\x04\x86cnumpy\ndtype\nq\x04U\x02u2K\x00K\x01\x87Rq\x05"
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x88U\x10"
        + numbers.tobytes(order="F")
        + b"tb."
    )
    (tmp_path / "a.pkl").write_bytes(data)
    found = read_pickle(tmp_path / "a.pkl")
    assert isinstance(found, PickledArray)
    np.testing.assert_array_equal(found.array, numbers)


class _Hostile:
    def __reduce__(self):
        return (print, ("ran",))


class _Setting:
    """Whose state would be set, were it unpickled."""


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    ("value", "says"),
    [
        (_Hostile(), r"it names (__builtin__|builtins)\.print"),
        ({"boxes": [_Hostile()]}, r"it names (__builtin__|builtins)\.print"),
        (_Setting(), "holds more than arrays of numbers"),
        (np.array([{}, None], object), r"holds an array of '?(O8|objects)"),
        (np.array(["a"]), "holds an array of 'U1'"),
        ({1, 2}, "holds more than arrays of numbers"),
        (1j, r"it names (__builtin__|builtins)\.complex"),
    ],
)
def test_nothing_else_is_taken_out_of_a_pickle(tmp_path, capsys, value, says, protocol):
    path = pickled(tmp_path / "a.pkl", value, protocol)
    with pytest.raises(StudioError, match=says) as error:
        given_boxes.load(path)
    assert is_clear(str(error.value))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([1, 2], "is no file of Detectron's proposals"),
        ({"boxes": 3}, "is no file of Detectron's proposals"),
        (detectron() | {"indexes": [5]}, "names 1 images, but has boxes of 3"),
        (detectron() | {"indexes": [5, 6, 7.5]}, r"names an image '7\.5'"),
        (detectron() | {"boxes": [np.zeros((1, 5))] * 3}, r"has no \(N, 4\) array of boxes for image 000005"),
        (detectron() | {"boxes": [np.full((1, 4), np.nan)] * 3}, r"has no \(N, 4\) array"),
        (detectron() | {"boxes": [[1, 2, 3, 4]] * 3}, r"has no \(N, 4\) array"),
    ],
)
def test_a_pickle_of_something_else_is_refused(tmp_path, content, says):
    with pytest.raises(StudioError, match=says) as error:
        given_boxes.load(pickled(tmp_path / "a.pkl", content))
    assert is_clear(str(error.value))


DOUBLED = b")" + b"".join(bytes([ord("q"), n, ord("h"), n, 0x86]) for n in range(40))
"""A tuple that holds the same tuple twice, which does so too, 40 deep: its hash and text take for ever."""

DEEP = b")" + 300_000 * b"\x85"
"""A tuple in a tuple, 300,000 deep: its hash takes more stack than there is."""

BOXES_OF = b"}(X\x05\x00\x00\x00boxes]K\x01aX\x07\x00\x00\x00indexes]"
"""A file of boxes of one image, whose name follows."""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"}" + DOUBLED + b"K\x01s", "is a damaged pickle"),
        (b"}" + DEEP + b"K\x01s", "is a damaged pickle"),
        (b"}(" + DEEP + b"K\x01u", "is a damaged pickle"),
        (b"(" + DEEP + b"K\x01d", "is a damaged pickle"),
        (BOXES_OF + DOUBLED + b"au", "names an image <tuple>"),
        (BOXES_OF + DEEP + b"au", "names an image <tuple>"),
        (BOXES_OF + b"\x8b\x00\x10\x00\x00" + 4096 * b"\x01" + b"au", "names an image <int>"),
        (b"cnumpy\ndtype\n" + DOUBLED + b"\x85R", "holds an array of <tuple>"),
        (b"c_codecs\nencode\nX\x01\x00\x00\x00a" + DOUBLED + b"\x86R", "holds text as <tuple>"),
    ],
)
def test_a_pickle_that_would_take_for_ever_or_all_of_the_stack_is_refused(tmp_path, content, says):
    """In a process of its own, since what is refused here cannot be stopped, or ends the process."""
    path = tmp_path / "a.pkl"
    path.write_bytes(b"\x80\x02" + content + b".")
    code = (
        "import pathlib, sys; from core.detection import given_boxes as g; g.load(pathlib.Path(sys.argv[1]))"
    )
    ended = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=240)
    assert ended.returncode == 1, ended.stderr[-500:]
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("core.errors.StudioError: ")
    assert says in last
    assert is_clear(last)


def cells(value):
    """Three cells that hold the same."""
    found = np.empty((1, 3), object)
    for number in range(3):
        found[0, number] = value
    return found


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"images": np.zeros((0, 0))}, "names 0 images, but has boxes of 3"),
        ({"boxes": cells(np.zeros((2, 5)))}, r"something else than \(N, 4\) boxes of image 000005; restore"),
        ({"boxes": cells(np.full((2, 4), np.inf))}, r"something else than \(N, 4\) boxes"),
        ({"boxes": cells("a")}, "something else than an image and its boxes at 000005"),
    ],
)
def test_a_mat_of_something_else_is_refused(tmp_path, changes, says):
    with pytest.raises(StudioError, match=says):
        given_boxes.load(mat(tmp_path / "a.mat", **changes))


def test_a_mat_without_boxes_is_refused(tmp_path):
    savemat(tmp_path / "b.mat", {"images": np.zeros(3)})
    with pytest.raises(StudioError, match="holds no variable boxes; restore it"):
        given_boxes.load(tmp_path / "b.mat")


def test_damaged_and_absent_files(tmp_path):
    for path in (mat(tmp_path / "a.mat"), pickled(tmp_path / "a.pkl", detectron())):
        cut_short(path)
        with pytest.raises(StudioError, match=r"is (a )?damaged"):
            given_boxes.load(path)
        path.unlink()
        with pytest.raises(StudioError, match=r"is missing|There is no file"):
            given_boxes.load(path)


def test_random_damage_of_a_pickle_is_refused_or_read(tmp_path):
    data, rng = pickle.dumps(detectron(), 4), np.random.default_rng(0)
    path = tmp_path / "a.pkl"
    for _ in range(300):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(damaged[: rng.integers(1, len(data) + 1)] if rng.random() < 0.3 else damaged)
        with contextlib.suppress(StudioError):  # anything else would be a bug
            given_boxes.load(path)


@pytest.mark.parametrize("box", [[0, 0, 102, 50], [0, 0, 50, 81.5], [-1.5, 0, 3, 3]])
def test_boxes_of_images_of_another_size_are_refused(tmp_path, box):
    Proposals.of(OURS | {"000005": np.array([box])}).save(tmp_path / "a.npz")
    with pytest.raises(StudioError, match=r"a\.npz has boxes of image 000005 that reach to .* has 100 x 80;"):
        given_boxes.given_boxes(tmp_path / "a.npz", IMAGES)
    assert len(given_boxes.given_boxes(tmp_path / "a.npz", IMAGES[1:]).ids) == 3  # of other images: fine


def test_boxes_without_an_inside_are_left_out_and_said(tmp_path):
    many = {"000005": np.tile(OURS["000005"], (10, 1)), **{name: OURS[name] for name in list(OURS)[1:]}}
    many["2008_000001"] = np.array([[3, 4, 60, 50], [60, 4, 3, 50]], np.float32)
    said = []
    found = given_boxes.given_boxes(pickled(tmp_path / "a.pkl", detectron(many, float)), IMAGES, said.append)
    assert [len(found[name]) for name in OURS] == [20, 1, 0]
    np.testing.assert_array_equal(found["2008_000001"], OURS["2008_000001"])
    assert said == [
        "Left out, in a.pkl: 1 boxes that are flat or upside down, "
        "the first of image 2008_000001 (60 4 3 50 px)."
    ]
    many["2008_000001"] = np.tile(many["2008_000001"], (5, 1))
    with pytest.raises(
        StudioError, match=r"5 of the 30 boxes of .*a\.pkl are flat or upside down, the first of"
    ):
        given_boxes.given_boxes(pickled(tmp_path / "a.pkl", detectron(many, float)), IMAGES)


def test_images_may_be_named_by_their_files(tmp_path):
    names = ["000005.jpg", "JPEGImages/2008_000001.JPG", "C:\\voc\\000007.png"]
    found = given_boxes.given_boxes(pickled(tmp_path / "a.pkl", detectron() | {"indexes": names}), IMAGES)
    for name, boxes in OURS.items():
        np.testing.assert_array_equal(found[name], boxes)


def test_axes_in_the_other_order_are_named_as_the_cause(tmp_path):
    exchanged = {name: each[:, [1, 0, 3, 2]] for name, each in OURS.items()}
    with pytest.raises(StudioError, match="with x and y exchanged all would fit, so write them in the other"):
        given_boxes.given_boxes(pickled(tmp_path / "a.pkl", detectron(exchanged)), IMAGES)
