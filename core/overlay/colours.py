"""Colours of trajectories, the same in canvas, table and timeline; the colour-blind can distinguish them."""

from dataclasses import dataclass

import numpy as np

from core.overlay.track_losses import TrackLosses, class_of, names_of
from core.trajectories.model import Origin, Review

TRACK_COLOURS = np.array(
    [
        (0x56, 0xB4, 0xE9),
        (0xE6, 0x9F, 0x00),
        (0x00, 0xB0, 0x85),
        (0xF0, 0xE4, 0x42),
        (0xFF, 0x7A, 0x45),
        (0xE0, 0x8B, 0xBE),
        (0x3D, 0x8F, 0xE0),
        (0xBB, 0xCC, 0x33),
        (0xFF, 0xAA, 0xBB),
        (0xB3, 0x9D, 0xF2),
    ],
    np.uint8,
)
"""(n, 3) RGB. Source: Okabe and Ito 2008 and Tol's "light" scheme, the dark ones lightened for video."""

REJECTED = np.array((0x96, 0x96, 0x96), np.uint8)
"""RGB of what was rejected, whatever else it is coloured by."""

_ERROR_BOUNDS = np.array([0.25, 0.5, 1.0, 2.0], np.float32)  # pixels
_ERROR_NAMES = ("≤ 0.25 px", "≤ 0.5 px", "≤ 1 px", "≤ 2 px", "> 2 px", "unknown")
_ERROR_COLOURS = np.array(
    [
        (0x3B, 0x8F, 0xD6),
        (0xAB, 0xD9, 0xE9),
        (0xFF, 0xFF, 0xBF),
        (0xFD, 0xAE, 0x61),
        (0xE8, 0x3A, 0x30),
        tuple(REJECTED),
    ],
    np.uint8,
)  # ColorBrewer RdYlBu, blue for small errors
_ORIGIN_COLOURS = np.array(
    [(0x33, 0xCC, 0xEE), (0xFF, 0x5F, 0xA2), (0xF0, 0xE4, 0x42), (0x7F, 0x9C, 0xFF)], np.uint8
)
_REVIEW_COLOURS = np.array(
    [(0x56, 0xB4, 0xE9), (0x2F, 0xC2, 0x7E), tuple(REJECTED), (0xE6, 0x9F, 0x00)], np.uint8
)


@dataclass(frozen=True, eq=False)
class Colouring:
    """A colour for each of N things.

    Attributes:
        index: (N,) int, rows of `table`.
        table: (n, 3) uint8 RGB.
    """

    index: np.ndarray
    table: np.ndarray


def colouring(
    colour_by: str,
    ids: np.ndarray,
    errors: np.ndarray,
    origins: np.ndarray,
    reviews: np.ndarray,
    losses: TrackLosses | None = None,
    labelled: Colouring | None = None,
) -> Colouring:
    """Colours of N observations.

    Args:
        colour_by: one of `COLOUR_BY`.
        ids: (N,) int, the trajectories.
        errors: (N,) float, forward-backward errors in pixels, NaN where unknown.
        origins: (N,) int, `Origin`.
        reviews: (N,) int, `Review` of the trajectories; rejected ones are grey, whatever is asked for.
        losses: of the run that is looked at; None where there is none.
        labelled: their colours by label, which `label` asks for.
    """
    if colour_by == "error":
        index, table = np.searchsorted(_ERROR_BOUNDS, errors), _ERROR_COLOURS
        index = np.where(np.isnan(errors), len(_ERROR_COLOURS) - 1, index)
    elif colour_by == "origin":
        index, table = np.asarray(origins), _ORIGIN_COLOURS
    elif colour_by == "review":
        index, table = np.asarray(reviews), _REVIEW_COLOURS
    elif colour_by == "loss":
        index, table = class_of(losses, ids), _ERROR_COLOURS
    elif colour_by == "label" and labelled is not None:
        index, table = labelled.index, labelled.table
    else:
        index, table = ids % len(TRACK_COLOURS), TRACK_COLOURS
    index = np.where(np.asarray(reviews) == Review.REJECTED, len(table), index)
    return Colouring(index, np.vstack((table, REJECTED[None])))


def legend(colour_by: str, losses: TrackLosses | None = None) -> list[tuple[str, np.ndarray]]:
    """What the colours mean, (3,) uint8 RGB each, for all but the colours by track."""
    if colour_by == "error":
        names: tuple[str, ...] = _ERROR_NAMES
        table = _ERROR_COLOURS
    elif colour_by == "origin":
        names, table = tuple(origin.name.lower() for origin in Origin), _ORIGIN_COLOURS
    elif colour_by == "review":
        names, table = tuple(review.name.lower() for review in Review), _REVIEW_COLOURS
    elif colour_by == "loss":
        names = tuple(names_of(losses))
        table = _ERROR_COLOURS[-len(names) :]
    else:
        return []
    return list(zip(names, table, strict=True))


def premultiplied(rgb: np.ndarray, alpha: int) -> np.ndarray:
    """(n, 3) uint8 RGB → (n,) uint32 pixels, alpha in the highest byte, multiplied by it; `alpha` 0..255."""
    r, g, b = (np.asarray(rgb, np.uint32)[:, channel] * alpha // 255 for channel in range(3))
    return (np.uint32(alpha) << 24) | (r << 16) | (g << 8) | b
