"""One label picture as its file stores it: numbers, grays or colours, before anything is decided."""

import enum
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets.image import read_stored

_MOST_NUMBERS = 1000  # objects in one picture of 16 bits, if they are not at least so high on average:
_ROWS = 3
_HUE = 8  # between the channels of a gray that lossy compression stored as a colour
_PHOTO = 1024  # colours in one picture; more of them under an alpha channel are a cut-out photograph
_GRAYS = np.arange(256, dtype=np.uint32) * 0x010101  # a palette that says nothing


class Kind(enum.Enum):
    """What the values of a label picture are."""

    INDEX = "numbers of a palette"
    GRAY = "grays"
    COLOUR = "colours"


@dataclass(frozen=True, eq=False)
class StoredLabels:
    """The values of a label picture.

    Attributes:
        kind: what they are.
        values: (H, W); indices uint8, grays uint8 or uint16, colours uint32 as R·65536 + G·256 + B.
        palette: for indices (256,) uint32 colours, else None.
        is_lossy: whether the file's compression changes values a little.
    """

    kind: Kind
    values: np.ndarray
    palette: np.ndarray | None = None
    is_lossy: bool = False


def read_stored_labels(path: Path) -> StoredLabels:
    """A label picture; an alpha channel is the mask where nothing else is, or what it hides is 0.

    Raises:
        StudioError: the file is missing, cut short or not an image.
    """
    stored = read_stored(path)
    values, alpha = stored.values, stored.alpha
    if stored.palette is not None:
        palette = colour_codes(stored.palette)
        if (palette == _GRAYS).all():
            return StoredLabels(Kind.GRAY, values)
        return StoredLabels(Kind.INDEX, values, palette)
    if values.ndim == 2:
        return StoredLabels(Kind.GRAY, _of_8_bits(values), is_lossy=stored.is_lossy)
    kind = Kind.COLOUR
    middle = np.ascontiguousarray(values[:, :, 1])
    if (values == middle[:, :, None]).all() or (stored.is_lossy and _is_nearly_gray(values)):
        kind, values = Kind.GRAY, _of_8_bits(middle)
    else:
        values = colour_codes(values >> 8 if values.dtype == np.uint16 and values.max() > 255 else values)
    if alpha is not None and alpha.min() < alpha.max():
        half = 128 if alpha.dtype == np.uint8 else 1 << 15
        photo = kind is Kind.COLOUR and len(runs_of(values)[0]) > _PHOTO and _is_photo(values)
        if photo or values.min() == values.max():
            return StoredLabels(Kind.GRAY, _of_8_bits(alpha), is_lossy=stored.is_lossy)
        values = np.where(alpha >= half, values, 0).astype(values.dtype)
    elif alpha is not None and alpha.max() == 0 and values.min() == values.max():
        values = np.zeros_like(values)  # wholly transparent: the empty picture among cut-outs
    return StoredLabels(kind, values, is_lossy=stored.is_lossy)


def colour_codes(colours: np.ndarray) -> np.ndarray:
    """(..., 3) RGB of 0 to 255 → (...,) uint32 R·65536 + G·256 + B."""
    red, green, blue = (colours[..., channel].astype(np.uint32) for channel in range(3))
    codes: np.ndarray = (red << 16) | (green << 8) | blue
    return codes


def as_colours(labels: StoredLabels) -> np.ndarray:
    """(H, W) uint32: the colour codes that are seen where `values` are grays, indices or colours."""
    if labels.palette is not None:
        seen: np.ndarray = labels.palette[labels.values]
        return seen
    return labels.values if labels.kind is Kind.COLOUR else labels.values.astype(np.uint32) * 0x010101


def channels(codes: np.ndarray) -> np.ndarray:
    """(...,) codes → (..., 3) uint8 RGB."""
    return np.stack([(codes >> shift) & 255 for shift in (16, 8, 0)], axis=-1).astype(np.uint8)


def runs_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and lengths (uint32) of the runs of equal values, row after row."""
    flat = values.ravel()
    starts = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = np.concatenate(([0], starts)) if flat.size else starts
    return flat[starts], np.diff(starts, append=flat.size).astype(np.uint32)


def _is_nearly_gray(values: np.ndarray) -> bool:
    return bool(int((values.max(axis=2) - values.min(axis=2)).max()) <= _HUE)


def _of_8_bits(values: np.ndarray) -> np.ndarray:
    """Grays of 16 bits that reach white, or are too many to be numbers, as grays of 8 bits."""
    if values.dtype != np.uint16 or values.max() <= 255:
        return values.astype(np.uint8)
    runs = runs_of(values)[0]
    numbers = len(np.unique(runs))
    if values.max() == 65535 or (numbers > _MOST_NUMBERS and len(runs) < _ROWS * numbers):
        return (values >> 8).astype(np.uint8)
    return values


def _is_photo(codes: np.ndarray) -> bool:
    return len(np.unique(codes)) > _PHOTO
