"""Selective search: boxes that may hold an object, by merging regions that look alike.

Source: Uijlings et al., IJCV 2013, by OpenCV's implementation. It ranks the boxes with random numbers of
its own, so we sort them; which boxes are found does not depend on those.
"""

import hashlib
import os
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from core.array_file import Form, read_array
from core.atomic_file import writing_atomically
from core.datasets.image import read_image
from core.errors import StudioError
from core.whole_file import open_file

VERSION = 2
"""Of what `propose` computes; a new one leaves what is cached behind."""

SEARCHED_WIDTH = 500
"""Pixels. Modes `rcnn` and `lean` search every image at this width, as R-CNN does, the presets those that are
wider; the boxes are of the image as it is."""

SMALLEST_SIDE = 20
"""R-CNN's filter, in pixels of the image as it is searched."""

_BOXES = Form("f4", ("M", 4))


SEARCHES: Mapping[str, tuple[tuple[int, int, tuple[str, ...]], ...]] = {
    "rcnn": tuple(
        (space, k, ("CTSF", "TSF")) for space in (cv2.COLOR_BGR2HSV, cv2.COLOR_BGR2Lab) for k in (50, 100)
    ),
    "lean": (
        (cv2.COLOR_BGR2HSV, 100, ("CTSF", "TSF", "SF")),
        (cv2.COLOR_BGR2Lab, 50, ("TSF", "TS", "SF", "S")),
    ),
}
"""Of a mode: colour space, k of the first regions, and what they are merged by in turn: likeness of colour
(C) and texture (T), small size (S), how well they fill their box (F). Histograms of colour are by far the
dearest part; `lean` makes them once, and of few regions."""


def propose(image: np.ndarray, mode: str) -> np.ndarray:
    """Boxes of an image that may hold an object.

    Args:
        image: (H, W, 3) uint8, RGB.
        mode: `rcnn`: the parameters of R-CNN's and Fast R-CNN's boxes (HSV and Lab; colour + texture +
            size + fill and texture + size + fill; k and smallest region 50 and 100 px; σ 0.8), the image
            scaled to a width of 500 px, boxes with a side under 20 px there dropped. `lean`: ours, which
            finds as many objects in less than half of the time. `fast` and `quality`: OpenCV's presets,
            which differ from the "fast" and "quality" of the authors' code.

    Returns:
        (M, 4) float32 pixels, each box once, sorted by x1, y1, x2, y2.
    """
    height, width = image.shape[:2]
    factor = SEARCHED_WIDTH / width if mode in SEARCHES else min(1.0, SEARCHED_WIDTH / width)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if factor != 1:
        size = (SEARCHED_WIDTH, max(1, round(height * factor)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    if mode in SEARCHES:
        found = np.concatenate([_searched(bgr, *search) for search in SEARCHES[mode]])
        found = found[(found[:, 2:] >= SMALLEST_SIDE).all(axis=1)]
    else:
        found = _preset(bgr, mode)
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
        return read_array(_kept(_digest(path), mode, cache), _BOXES)
    except (StudioError, OSError):
        return None


def _digest(path: Path) -> str:
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept(digest: str, mode: str, cache: Path) -> Path:
    return cache / f"selective-search-{mode}-{VERSION}" / digest[:2] / f"{digest}.npy"


def _cached(path: Path, mode: str, cache: Path) -> np.ndarray:
    try:
        kept = _kept(_digest(path), mode, cache)
    except (StudioError, OSError):
        return propose(read_image(path), mode)  # the reader says what is wrong
    try:
        return read_array(kept, _BOXES)
    except StudioError:  # not there, or cut short by a crash
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


def _preset(bgr: np.ndarray, mode: str) -> np.ndarray:
    search = _ximgproc.createSelectiveSearchSegmentation()
    search.setBaseImage(bgr)
    if mode == "fast":
        search.switchToSelectiveSearchFast()
    elif mode == "quality":
        search.switchToSelectiveSearchQuality()
    else:
        raise ValueError(f"no mode {mode!r}")
    return np.asarray(search.process(), np.int64).reshape(-1, 4)


def _searched(bgr: np.ndarray, space: int, k: int, ways: Sequence[str]) -> np.ndarray:
    """(M, 4) int64: x, y, width and height, from one first segmentation merged in several ways."""
    search = _ximgproc.createSelectiveSearchSegmentation()
    search.addImage(cv2.cvtColor(bgr, space))
    search.addGraphSegmentation(_ximgproc.createGraphSegmentation(0.8, float(k), k))
    for way in ways:
        parts = [_LIKENESSES[letter]() for letter in way]
        together = _ximgproc.createSelectiveSearchSegmentationStrategyMultiple
        search.addStrategy(together(*parts) if len(parts) > 1 else parts[0])
    return np.asarray(search.process(), np.int64).reshape(-1, 4)


_ximgproc = cv2.ximgproc.segmentation
_LIKENESSES = {
    "C": _ximgproc.createSelectiveSearchSegmentationStrategyColor,
    "T": _ximgproc.createSelectiveSearchSegmentationStrategyTexture,
    "S": _ximgproc.createSelectiveSearchSegmentationStrategySize,
    "F": _ximgproc.createSelectiveSearchSegmentationStrategyFill,
}
