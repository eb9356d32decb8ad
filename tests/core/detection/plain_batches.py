"""The batches of fine-tuning, made with nothing kept: every picture decoded and every proposal held against
its objects at each visit, all on the host. What `make_batch` must give to the last bit."""

import numpy as np
import torch
from torch.nn import functional

from core import geometry
from core.datasets.image import read_image

MEAN_RGB = (122.7717, 115.9465, 102.9801)
SCALES = (480, 576, 688, 864, 1200)  # of a single scale of 600


def batch(images, statistics, config, size, step):
    """(images, rois, labels, targets) of a step, as `RoIBatch` holds them."""
    generator = np.random.default_rng([config.seed, 1, step])
    pixels, rois, labels, targets = [], [], [], []
    for number, entry in enumerate(entries(step, 2 * len(images), config.images_per_step, config.seed)):
        image, mirrored = images[entry % len(images)], entry >= len(images)
        boxes = np.concatenate([image.objects, image.proposals]).astype(np.float32)
        overlaps = geometry.iou(boxes[:, None], image.objects[None])
        which, most = overlaps.argmax(axis=1), overlaps.max(axis=1)
        chosen = drawn(most, config.rois_per_image, config.foreground, generator)
        picture = read_image(image.path)
        height, width = picture.shape[:2]
        boxes, nearest, most = boxes[chosen], image.objects[which[chosen]], most[chosen]
        if mirrored:
            picture, boxes, nearest = picture[:, ::-1], flipped(boxes, width), flipped(nearest, width)
        short, long = size.short_side, size.long_side
        if config.scales == "multi":
            short, long = round(SCALES[generator.integers(5)] / 600 * short), 2 * long
        factor = min(short / min(width, height), long / max(width, height))
        pixels.append(enlarged(picture, factor))
        corners = torch.from_numpy(boxes) - torch.tensor([0.0, 0, 1, 1])
        rois.append(torch.cat([torch.full((len(boxes), 1), float(number)), corners * factor], dim=1))
        classes = np.where(most >= 0.5, image.classes[which[chosen]], 0)
        deltas = (moves(boxes, nearest) - statistics.means[classes]) / statistics.deviations[classes]
        labels.append(classes)
        targets.append(np.where(classes[:, None] > 0, deltas, 0))
    shape = [max(64, *(each.shape[axis] for each in pixels)) for axis in (1, 2)]
    whole = torch.zeros(len(pixels), 3, *shape)
    for place, each in zip(whole, pixels, strict=True):
        place[:, : each.shape[1], : each.shape[2]] = each
    return (
        whole,
        torch.cat(rois),
        torch.from_numpy(np.concatenate(labels)),
        torch.from_numpy(np.concatenate(targets).astype(np.float32)),
    )


def entries(step, count, per_step, seed):
    per_step = min(per_step, count)
    steps = count // per_step
    order = np.random.default_rng([seed, 0, step // steps]).permutation(count)
    return order[step % steps * per_step :][:per_step]


def drawn(most, count, share, generator):
    """A share of foreground, from an overlap of .5 on, and the rest of background, from .1 on."""
    foreground = np.flatnonzero(most >= 0.5)
    background = np.flatnonzero((most >= 0.1) & (most < 0.5))
    wanted = min(round(share * count), len(foreground))
    chosen = generator.choice(foreground, wanted, replace=False)
    others = generator.choice(background, min(count - wanted, len(background)), replace=False)
    return np.concatenate([chosen, others]).astype(np.int64)


def flipped(boxes, width):
    return np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1)


def moves(boxes, targets):
    size, target_size = boxes[:, 2:] - boxes[:, :2], targets[:, 2:] - targets[:, :2]
    centre, target_centre = boxes[:, :2] + size / 2, targets[:, :2] + target_size / 2
    shift, ratio = (target_centre - centre) / size, np.log(target_size / size)
    return np.concatenate([shift, ratio], axis=1).astype(np.float32)


def enlarged(picture, factor):
    pixels = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float()
    pixels = pixels - torch.tensor(MEAN_RGB)[:, None, None]
    size = [max(1, round(side * factor)) for side in picture.shape[:2]]
    return functional.interpolate(pixels, size=size, mode="bilinear", antialias=factor < 1)[0]
