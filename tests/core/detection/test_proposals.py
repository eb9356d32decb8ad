import hashlib

import cv2
import numpy as np
import pytest

from core import geometry
from core.datasets import still_life
from core.datasets.voc import read_split
from core.detection.proposals import VERSION, propose, propose_all
from core.errors import StudioError


@pytest.fixture(scope="module")
def picture():
    return still_life.draw(np.random.default_rng(4), ("cat", "tvmonitor"))


def test_an_unknown_mode_is_no_mode(picture):
    with pytest.raises(ValueError, match="no mode"):
        propose(picture.image, "best")


@pytest.mark.parametrize("mode", ["rcnn", "lean", "fast"])
def test_the_boxes_cover_the_objects_and_come_back_the_same(picture, mode):
    boxes = propose(picture.image, mode)
    assert boxes.dtype == np.float32
    height, width = picture.image.shape[:2]
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2] <= width).all()
    assert (boxes[:, 3] <= height).all()
    for thing in picture.objects:
        assert geometry.iou(boxes, thing.box[None]).max() > 0.6
    np.testing.assert_array_equal(boxes, np.unique(boxes, axis=0))
    np.testing.assert_array_equal(boxes, propose(picture.image, mode))


@pytest.mark.parametrize(("width", "mode"), [(200, "rcnn"), (500, "rcnn"), (800, "rcnn"), (200, "lean")])
def test_no_box_has_a_side_under_20_px_where_the_image_is_500_wide(picture, width, mode):
    image = cv2.resize(picture.image, (width, round(0.75 * width)))
    boxes = propose(image, mode)
    sides = (boxes[:, 2:] - boxes[:, :2]) * 500 / width
    assert 20 <= round(sides.min(), 3) < 22
    for thing in picture.objects:
        assert geometry.iou(boxes, width / 200 * thing.box[None]).max() > 0.6


def test_r_cnn_s_boxes_are_those_of_one_search_with_its_parameters(picture):
    """All at once, as OpenCV's own presets do it."""
    image = cv2.resize(picture.image, (500, 375), interpolation=cv2.INTER_CUBIC)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    segmentation = cv2.ximgproc.segmentation
    search = segmentation.createSelectiveSearchSegmentation()
    for space in (cv2.COLOR_BGR2HSV, cv2.COLOR_BGR2Lab):
        search.addImage(cv2.cvtColor(bgr, space))
    for k in (50, 100):
        search.addGraphSegmentation(segmentation.createGraphSegmentation(0.8, float(k), k))
    colour, texture, size, fill = (
        getattr(segmentation, f"createSelectiveSearchSegmentationStrategy{name}")
        for name in ("Color", "Texture", "Size", "Fill")
    )
    together = segmentation.createSelectiveSearchSegmentationStrategyMultiple
    search.addStrategy(together(colour(), texture(), size(), fill()))
    search.addStrategy(together(texture(), size(), fill()))
    found = np.asarray(search.process())
    found = found[(found[:, 2:] >= 20).all(axis=1)]
    corners = np.concatenate([found[:, :2], found[:, :2] + found[:, 2:]], axis=1)
    np.testing.assert_array_equal(propose(image, "rcnn"), np.unique(corners, axis=0).astype(np.float32))


def test_a_narrow_image_is_searched_as_its_enlargement_is(picture):
    enlarged = cv2.resize(picture.image, (500, 375), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(propose(picture.image, "rcnn"), propose(enlarged, "rcnn") * 0.4, rtol=1e-5)


def test_a_wide_image_is_searched_small_and_its_boxes_are_its_own(picture):
    large = cv2.resize(picture.image, (1000, 750))
    boxes = propose(large, "rcnn")
    assert boxes[:, 2].max() > 900
    for thing in picture.objects:
        assert geometry.iou(boxes, 5 * thing.box[None]).max() > 0.6


def test_the_cache_is_used_and_a_damaged_file_in_it_is_replaced(tmp_path, picture):
    paths = []
    for name, image in (("a", picture.image), ("b", picture.image[:, ::-1])):
        paths.append(tmp_path / f"{name}.png")
        cv2.imwrite(str(paths[-1]), image[:, :, ::-1])
    cache = tmp_path / "cache"
    first = list(propose_all(paths, "fast", cache, workers=2))
    np.testing.assert_array_equal(first[0], propose(picture.image, "fast"))
    kept = sorted(cache.rglob("*.npy"))
    assert len(kept) == 2

    for path in kept:
        np.save(path, np.ones((1, 4), np.float32))
    assert [len(boxes) for boxes in propose_all(paths, "fast", cache)] == [1, 1]
    for path in kept:
        path.write_bytes(path.read_bytes()[:60])
    again = list(propose_all(paths, "fast", cache))
    for boxes, expected in zip(again, first, strict=True):
        np.testing.assert_array_equal(boxes, expected)


def test_an_image_whose_boxes_are_kept_is_not_decoded(tmp_path):
    path, cache = tmp_path / "x.jpg", tmp_path / "cache"
    path.write_bytes(b"no image")  # which decoding it would find out
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = cache / f"selective-search-rcnn-{VERSION}" / digest[:2] / f"{digest}.npy"
    kept.parent.mkdir(parents=True)
    np.save(kept, np.ones((2, 4), np.float32))
    assert [len(boxes) for boxes in propose_all([path], "rcnn", cache)] == [2]


def test_equal_images_may_be_searched_at_once(tmp_path, picture):
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for path in paths:
        cv2.imwrite(str(path), picture.image[:, :, ::-1])
    boxes = list(propose_all(paths, "fast", tmp_path / "cache", workers=6))
    for each in boxes:
        np.testing.assert_array_equal(each, boxes[0])
    assert len([path for path in (tmp_path / "cache").rglob("*") if path.is_file()]) == 1


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path, picture):
    cv2.imwrite(str(tmp_path / "a.png"), picture.image)
    with pytest.raises(
        StudioError, match=r"Cannot keep boxes in .*; free some space or choose another cache"
    ):
        list(propose_all([tmp_path / "a.png"], "fast", tmp_path / "a.png"))


def test_a_broken_image_is_named(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"no image")
    with pytest.raises(StudioError, match=r"x\.jpg"):
        list(propose_all([tmp_path / "x.jpg"], "rcnn", tmp_path / "cache"))


@pytest.mark.data
def test_photographs(data_dir, tmp_path):
    images = read_split(data_dir / "VOCdevkit", 2007, "test")[:2]
    for image, boxes in zip(images, propose_all([i.path for i in images], "rcnn", tmp_path), strict=True):
        assert 500 < len(boxes) < 5000
        # 20 px of the searched picture, whose height is rounded to whole pixels
        assert (boxes[:, 2:] - boxes[:, :2]).min() >= 19.9 * image.width / 500
        overlaps = [geometry.iou(boxes, thing.box[None]).max() for thing in image.objects]
        assert np.median(overlaps) > 0.5
