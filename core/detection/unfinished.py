"""Detections of a set that is not finished, kept so that a job that was stopped or killed goes on."""

import shutil
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from core.array_file import Form, read_arrays, write_arrays
from core.detection.predict import Detected
from core.errors import StudioError

IMAGES_A_PART = 25

_FORMS = {
    "key": Form("U", ()),
    **{name: Form("i8", ("N", "C"), low=0, high=1 << 32) for name in ("rows", "candidate_rows")},
    "scores": Form("f4", ("D",)),
    "boxes": Form("f4", ("D", 4)),
    "candidates": Form("f4", ("E",)),
}


class Unfinished:
    """A folder of parts, each of some images of the set in their order.

    A part holds the arrays of `Detected` one after the other, how many rows of them each class of each
    image has, (images, classes) int64, and the key of what it was computed from.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Args: key: says from what the detections are computed; parts of another are left out of account."""
        self._folder, self._key = folder, key
        self._kept = 0

    def read(self) -> list[list[Detected]]:
        """The detections of the first images of the set, each class by class, as far as they are kept."""
        found: list[list[Detected]] = []
        while (path := self._path(len(found))).is_file():
            try:
                arrays = read_arrays(path, _FORMS)
                if str(arrays["key"]) != self._key:
                    break
                found += list(_of_images(arrays))
            except (StudioError, ValueError):  # damaged: detected again
                break
        self._kept = len(found)
        return found

    def keep(self, found: Sequence[Sequence[Detected]]) -> None:
        """Write those of the images found so far that are not kept yet.

        Raises:
            OSError: they cannot be written.
        """
        new = found[self._kept :]
        if not new:
            return
        each = [detected for image in new for detected in image]
        arrays = {
            "key": np.array(self._key),
            "rows": np.array([[len(one.scores) for one in image] for image in new], np.int64),
            "candidate_rows": np.array([[len(one.candidates) for one in image] for image in new], np.int64),
            "scores": np.concatenate([one.scores for one in each]),
            "boxes": np.concatenate([one.boxes for one in each]),
            "candidates": np.concatenate([one.candidates for one in each]),
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        write_arrays(self._path(self._kept), arrays)
        self._kept = len(found)

    def remove(self) -> None:
        """Take the folder away once the set is finished; what cannot be removed only costs space."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, first: int) -> Path:
        return self._folder / f"from-{first:06d}.npz"


def _of_images(arrays: dict[str, np.ndarray]) -> Iterator[list[Detected]]:
    rows, candidate_rows = arrays["rows"], arrays["candidate_rows"]
    if not (rows.size and candidate_rows.size):
        raise ValueError("it holds no images")
    ends, candidate_ends = (list(accumulate(counts.ravel().tolist())) for counts in (rows, candidate_rows))
    if (ends[-1], candidate_ends[-1]) != (len(arrays["boxes"]), len(arrays["candidates"])):
        raise ValueError("the rows do not add up")
    scores = np.split(arrays["scores"], ends[:-1])
    boxes = np.split(arrays["boxes"], ends[:-1])
    candidates = np.split(arrays["candidates"], candidate_ends[:-1])
    every = [Detected(*of_class) for of_class in zip(scores, boxes, candidates, strict=True)]
    classes = rows.shape[1]
    for first in range(0, len(every), classes):
        yield every[first : first + classes]
