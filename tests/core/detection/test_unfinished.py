import numpy as np
import pytest

from core.array_file import write_arrays
from core.detection.predict import Detected
from core.detection.unfinished import Unfinished


def of_image(generator, classes=3):
    """Detections of some classes, some without any."""
    found = []
    for _ in range(classes):
        count, more = generator.integers(0, 4, 2)
        scores, boxes = generator.random(count, np.float32), generator.random((count, 4), np.float32)
        found.append(Detected(scores, boxes, generator.random(count + more, np.float32)))
    return found


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    return [of_image(generator) for _ in range(7)]


def keep(folder, images, ends=(3, 4, 7)):
    unfinished = Unfinished(folder, "key")
    for end in ends:
        unfinished.keep(images[:end])


def assert_equal(found, images):
    assert len(found) == len(images)
    for one, other in zip(found, images, strict=True):
        for a, b in zip(one, other, strict=True):
            for name in ("scores", "boxes", "candidates"):
                assert getattr(a, name).dtype == np.float32
                np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_parts_come_back_to_the_last_bit_and_more_can_be_kept(tmp_path, images):
    assert Unfinished(tmp_path / "parts", "key").read() == []
    keep(tmp_path / "parts", images, ends=(3, 4))
    again = Unfinished(tmp_path / "parts", "key")
    assert_equal(again.read(), images[:4])
    again.keep(images)
    again.keep(images)  # nothing new
    assert_equal(Unfinished(tmp_path / "parts", "key").read(), images)
    again.remove()
    assert not (tmp_path / "parts").exists()


def test_parts_of_something_else_are_not_taken(tmp_path, images):
    keep(tmp_path, images)
    assert Unfinished(tmp_path, "another key").read() == []


@pytest.mark.parametrize("damage", [lambda data: data[:-40], lambda data: b"", lambda data: b"no archive"])
def test_a_damaged_part_ends_what_is_kept(tmp_path, images, damage):
    keep(tmp_path, images)
    part = tmp_path / "from-000003.npz"
    part.write_bytes(damage(part.read_bytes()))
    unfinished = Unfinished(tmp_path, "key")
    found = unfinished.read()
    assert_equal(found, images[:3])
    unfinished.keep(images)  # which writes it anew
    assert_equal(Unfinished(tmp_path, "key").read(), images)


def test_a_part_without_images_is_detected_again(tmp_path):
    none = {name: np.zeros(shape, np.float32) for name, shape in (("scores", 0), ("boxes", (0, 4)))}
    rows = {name: np.zeros((0, 2), np.int64) for name in ("rows", "candidate_rows")}
    part = {"key": np.array("key"), **rows, **none, "candidates": np.zeros(0, np.float32)}
    write_arrays(tmp_path / "from-000000.npz", part)
    assert Unfinished(tmp_path, "key").read() == []
