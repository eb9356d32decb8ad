"""Pieces of a picture of one colour each, and which of them touch."""

from dataclasses import dataclass

import cv2
import numpy as np

_ROUNDS = 4
_COMPACTNESS = 15.0  # colour against place, in SLIC's own unit


@dataclass(frozen=True, eq=False)
class Superpixels:
    """The superpixels of a picture.

    Attributes:
        labels: (H, W) int32, the number of each pixel's superpixel, 0..N-1.
        areas: (N,) float32, pixels.
        colours: (N, 3) float32, mean of CIELAB as OpenCV scales it to 0..255.
        middles: (N, 2) float32, x and y of their centroids, pixels.
        pairs: (E, 2) int32, those that share an edge, the lower number first.
        borders: (E,) float32, pixels that the two of a pair share.
    """

    labels: np.ndarray
    areas: np.ndarray
    colours: np.ndarray
    middles: np.ndarray
    pairs: np.ndarray
    borders: np.ndarray

    @staticmethod
    def of(image: np.ndarray, count: int) -> "Superpixels":
        """About `count` superpixels of a (H, W, 3) uint8 RGB image.

        Source: SLIC; Achanta et al., TPAMI 2012.
        """
        height, width = image.shape[:2]
        lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
        side = max(3, round(float(np.sqrt(height * width / count))))
        if min(height, width) < 3 * side:  # OpenCV's crashes
            labels = np.arange(height * width, dtype=np.int32).reshape(height, width)
        else:
            slic = cv2.ximgproc.createSuperpixelSLIC(lab, cv2.ximgproc.SLIC, side, _COMPACTNESS)
            slic.iterate(_ROUNDS)
            slic.enforceLabelConnectivity(20)
            labels = slic.getLabels()
        number, flat = int(labels.max()) + 1, labels.ravel()
        areas = np.bincount(flat, minlength=number)
        y, x = np.indices((height, width), np.float32) + 0.5
        means = [np.bincount(flat, one.ravel(), number) / areas for one in (*cv2.split(lab), x, y)]
        colours, middles = np.stack(means[:3], axis=1), np.stack(means[3:], axis=1)
        across = [(labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])]
        keys = [(np.minimum(a, b).astype(np.int64) * number + np.maximum(a, b))[a != b] for a, b in across]
        found, borders = np.unique(np.concatenate(keys), return_counts=True)
        return Superpixels(
            labels,
            areas.astype(np.float32),
            colours.astype(np.float32),
            middles.astype(np.float32),
            np.stack((found // number, found % number), axis=1).astype(np.int32),
            borders.astype(np.float32),
        )

    def share(self, mask: np.ndarray) -> np.ndarray:
        """(N,) float32: which part of each superpixel a (H, W) mask, or map of 0..1, covers."""
        weights = np.bincount(self.labels.ravel(), mask.ravel(), len(self.areas))
        return (weights / self.areas).astype(np.float32)

    def at(self, points: np.ndarray) -> np.ndarray:
        """(M,) the superpixels under (M, 2) places; the nearest pixel's for those outside."""
        height, width = self.labels.shape
        column = np.clip(np.floor(points[:, 0]).astype(int), 0, width - 1)
        row = np.clip(np.floor(points[:, 1]).astype(int), 0, height - 1)
        found: np.ndarray = self.labels[row, column]
        return found
