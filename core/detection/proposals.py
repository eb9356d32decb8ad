"""Selective search: boxes that may hold an object, by merging regions that look alike.

Source: Uijlings et al., IJCV 2013, by OpenCV's implementation. It ranks the boxes with random numbers of
its own, so we sort them; which boxes are found does not depend on those.
"""

import hashlib
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from core.atomic_file import writing_atomically
from core.datasets.image import read_image
from core.errors import StudioError

VERSION = 2
"""Of what `propose` computes; a new one leaves what is cached behind."""

SEARCHED_WIDTH = 500
"""Pixels. Mode `rcnn` searches every image at this width, as R-CNN does, the others those that are wider;
the boxes are of the image as it is."""

SMALLEST_SIDE = 20
"""R-CNN's filter, in pixels of the image as it is searched."""


def propose(image: np.ndarray, mode: str) -> np.ndarray:
    """Boxes of an image that may hold an object.

    Args:
        image: (H, W, 3) uint8, RGB.
        mode: `rcnn`: the parameters of R-CNN's and Fast R-CNN's boxes (HSV and Lab; colour + texture +
            size + fill and texture + size + fill; k and smallest region 50 and 100 px; σ 0.8), the image
            scaled to a width of 500 px, boxes with a side under 20 px there dropped. `fast` and `quality`:
            OpenCV's presets, which differ from the "fast" and "quality" of the authors' code.

    Returns:
        (M, 4) float32 pixels, each box once, sorted by x1, y1, x2, y2.
    """
    height, width = image.shape[:2]
    factor = SEARCHED_WIDTH / width if mode == "rcnn" else min(1.0, SEARCHED_WIDTH / width)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if factor != 1:
        size = (SEARCHED_WIDTH, max(1, round(height * factor)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    if mode == "rcnn":
        _use_parameters_of_rcnn(search, bgr)
    else:
        search.setBaseImage(bgr)
        if mode == "fast":
            search.switchToSelectiveSearchFast()
        elif mode == "quality":
            search.switchToSelectiveSearchQuality()
        else:
            raise ValueError(f"no mode {mode!r}")
    found = np.asarray(search.process(), np.int64).reshape(-1, 4)
    if mode == "rcnn":
        found = found[(found[:, 2:] >= SMALLEST_SIDE).all(axis=1)]
    corners = np.unique(np.concatenate([found[:, :2], found[:, :2] + found[:, 2:]], axis=1), axis=0)
    scale = np.array([width / bgr.shape[1], height / bgr.shape[0]] * 2)
    return (corners * scale).astype(np.float32)


def propose_all(
    paths: Sequence[Path], mode: str, cache: Path, workers: int | None = None
) -> Generator[np.ndarray, None, None]:
    """The boxes of many images, one after another in their order.

    What was computed for the same image file and mode is taken from the cache. OpenCV lets other threads
    run meanwhile, so the images are shared among threads.

    Args:
        paths: the image files.
        mode: one of `core.detection.config.MODES`.
        cache: a folder for the results; made if it is not there, and may be deleted at any time.
        workers: threads; one for each processor if not given.

    Raises:
        StudioError: an image is missing or damaged, or the cache cannot be written.
    """
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as executor:
        futures = [executor.submit(_cached, path, mode, cache) for path in paths]
        try:
            for future in futures:
                yield future.result()
        finally:
            executor.shutdown(cancel_futures=True)


def cached_boxes(path: Path, mode: str, cache: Path) -> np.ndarray | None:
    """What the cache holds for an image file, (M, 4) float32; None where it holds nothing whole."""
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        boxes: np.ndarray = np.load(_kept(digest, mode, cache), allow_pickle=False)
    except (ValueError, EOFError, OSError):
        return None
    return boxes


def _kept(digest: str, mode: str, cache: Path) -> Path:
    return cache / f"selective-search-{mode}-{VERSION}" / digest[:2] / f"{digest}.npy"


def _cached(path: Path, mode: str, cache: Path) -> np.ndarray:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return propose(read_image(path), mode)  # the reader says what is wrong
    kept = _kept(digest, mode, cache)
    try:
        boxes: np.ndarray = np.load(kept, allow_pickle=False)
        return boxes
    except (ValueError, EOFError, OSError):  # not there, or cut short by a crash
        boxes = propose(read_image(path), mode)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with writing_atomically(kept) as partial, open(partial, "wb") as file:
            np.save(file, boxes, allow_pickle=False)
    except OSError as error:
        raise StudioError(
            f"Cannot keep boxes in {cache} ({error.strerror}); free some space or choose another cache."
        ) from error
    return boxes


def _use_parameters_of_rcnn(
    search: cv2.ximgproc.segmentation.SelectiveSearchSegmentation, bgr: np.ndarray
) -> None:
    segmentation = cv2.ximgproc.segmentation
    colour = segmentation.createSelectiveSearchSegmentationStrategyColor
    texture = segmentation.createSelectiveSearchSegmentationStrategyTexture
    size = segmentation.createSelectiveSearchSegmentationStrategySize
    fill = segmentation.createSelectiveSearchSegmentationStrategyFill
    together = segmentation.createSelectiveSearchSegmentationStrategyMultiple
    for space in (cv2.COLOR_BGR2HSV, cv2.COLOR_BGR2Lab):
        search.addImage(cv2.cvtColor(bgr, space))
    for k in (50, 100):
        search.addGraphSegmentation(segmentation.createGraphSegmentation(0.8, float(k), k))
    search.addStrategy(together(colour(), texture(), size(), fill()))
    search.addStrategy(together(texture(), size(), fill()))
