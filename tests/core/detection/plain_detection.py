"""Fast R-CNN's `test.py` in plain Python and numpy, one proposal, class and box after another."""

import numpy as np
import torch
from torch.nn import functional


@torch.inference_mode()
def outputs(net, image, proposals, short_side, long_side):
    """Probabilities (P, K + 1) and boxes (P, K + 1, 4) of every proposal, in float64.

    `image` is (H, W, 3) uint8, RGB, no larger than it becomes; `net` on the CPU, in evaluation mode.
    """
    height, width = image.shape[:2]
    scale = min(short_side / min(height, width), long_side / max(height, width))
    pixels = torch.from_numpy(image.astype(np.float32) - np.float32([122.7717, 115.9465, 102.9801]))
    pixels = functional.interpolate(
        pixels.permute(2, 0, 1)[None], size=(round(height * scale), round(width * scale)), mode="bilinear"
    )
    rois = [(0, x1 * scale, y1 * scale, (x2 - 1) * scale, (y2 - 1) * scale) for x1, y1, x2, y2 in proposals]
    scores, deltas = (each.double().numpy() for each in net(pixels, torch.tensor(rois, dtype=torch.float32)))
    probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    boxes = np.empty(deltas.shape)
    for row, (x1, y1, x2, y2) in enumerate(proposals.astype(np.float64)):
        for number, (dx, dy, dw, dh) in enumerate(deltas[row]):
            centre = ((x1 + x2) / 2 + dx * (x2 - x1), (y1 + y2) / 2 + dy * (y2 - y1))
            half = ((x2 - x1) * np.exp(dw) / 2, (y2 - y1) * np.exp(dh) / 2)
            boxes[row, number] = [
                min(max(centre[0] - half[0], 0), width),
                min(max(centre[1] - half[1], 0), height),
                min(max(centre[0] + half[0], 0), width),
                min(max(centre[1] + half[1], 0), height),
            ]
    return probabilities, boxes


def overlap(a, b):
    """Intersection over union of two boxes."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return width * height / area if area > 0 else 0.0


def surest(scores, boxes, cap):
    """The `cap` surest of a class in an image, as pairs of score and box, the surest first."""
    order = sorted(range(len(scores)), key=lambda row: -scores[row])[:cap]
    return [(scores[row], boxes[row]) for row in order]


def suppressed(candidates, limit):
    """Those that no surer, kept one overlaps by `limit` or more."""
    kept = []
    for score, box in candidates:
        if all(overlap(box, other) < limit for _, other in kept):
            kept.append((score, box))
    return kept
