"""Proposals of a set of images in one file."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core.array_file import Form, read_arrays, write_arrays
from core.atomic_file import check_writable
from core.errors import StudioError


@dataclass(frozen=True)
class Proposals:
    """Boxes by image.

    Attributes:
        ids: (N,) str, the images.
        offsets: (N + 1,) int64; image n has the boxes offsets[n] … offsets[n + 1] - 1.
        boxes: (M, 4) float32 pixels.
    """

    ids: np.ndarray
    offsets: np.ndarray
    boxes: np.ndarray

    @classmethod
    def of(cls, boxes: Mapping[str, np.ndarray]) -> "Proposals":
        """From (M, 4) arrays by image."""
        counts = [len(each) for each in boxes.values()]
        return cls(
            np.array(list(boxes), dtype=np.str_),
            np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]),
            np.concatenate([np.zeros((0, 4)), *boxes.values()]).astype(np.float32),
        )

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(name): row for row, name in enumerate(self.ids)}

    def __contains__(self, image: str) -> bool:
        return image in self._rows

    def __getitem__(self, image: str) -> np.ndarray:
        """The boxes of an image, (M, 4) float32.

        Raises:
            StudioError: there are none for it.
        """
        row = self._rows.get(image)
        if row is None:
            raise StudioError(
                f"The proposals hold nothing for image {image}; make them for the set that it is in."
            )
        return self.boxes[self.offsets[row] : self.offsets[row + 1]]

    def save(self, path: Path) -> None:
        """Write as `.npz` without pickles; the file is the old one or the new one, never a part.

        Raises:
            StudioError: the file cannot be written.
        """
        with _failing_in_a_sentence(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_arrays(path, {"ids": self.ids, "offsets": self.offsets, "boxes": self.boxes})

    @staticmethod
    def check_place(path: Path) -> None:
        """See that `save` will be able to write there, before a long search.

        Raises:
            StudioError: it will not.
        """
        with _failing_in_a_sentence(path):
            check_writable(path)

    @classmethod
    def load(cls, path: Path) -> "Proposals":
        """Read what `save` wrote.

        Raises:
            StudioError: the file is missing, damaged, or holds something else.
        """
        return cls(**read_arrays(path, _FORMS, "make the proposals again"))


_FORMS = {
    "ids": Form("U", ("N",)),
    "offsets": Form("i8", ("N+1",), cuts="M"),
    "boxes": Form("f4", ("M", 4)),
}


@contextlib.contextmanager
def _failing_in_a_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StudioError(
            f"Cannot write the proposals {path} ({error.strerror}); free some space or choose another file."
        ) from error
