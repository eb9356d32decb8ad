"""Linear probes: what a frozen trunk's features are worth to a linear classifier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.datasets.image import read_image
from core.datasets.patches import cut
from core.datasets.voc import CLASSES, VocImage
from core.errors import StudioError
from core.networks.trunk import Trunk, normalise

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
"""Weight penalties tried on a part of the training images; comparisons of trunks depend on it."""

SMALLEST_DEVIATION = 1e-6
"""Of a feature over the training images; one that varies less says nothing and is left out."""

BATCH = 64


@dataclass(frozen=True, eq=False)
class LabelledBox:
    """A part of an image and its class; `box` (4,) float32 pixels, or None for the whole image."""

    path: Path
    label: int
    box: np.ndarray | None = None


def objects_of(images: Sequence[VocImage]) -> list[LabelledBox]:
    """Every object of VOC images that is not difficult, each to be classified."""
    return [
        LabelledBox(image.path, CLASSES.index(one.name), one.box)
        for image in images
        for one in image.objects
        if not one.difficult
    ]


@torch.no_grad()
def features(
    trunk: Trunk, boxes: Sequence[LabelledBox], layer: str, device: torch.device
) -> Iterator[Tensor]:
    """The features of boxes, `BATCH` of them at a time.

    Args:
        trunk: on `device`.
        boxes: squeezed to the trunk's input size, aspect not kept.
        layer: `pool5` (flattened), `fc6` or `fc7`.

    Yields:
        (n, D) float32 on the CPU, in order.

    Raises:
        StudioError: an image cannot be read.
    """
    trunk.eval()
    for start in range(0, len(boxes), BATCH):
        patches = np.stack([_patch(one, trunk.network.input_size) for one in boxes[start : start + BATCH]])
        images = normalise(torch.from_numpy(patches).to(device).permute(0, 3, 1, 2))
        pool5 = trunk.pool5(trunk.features(images))
        fc6, fc7 = trunk.fully_connected(pool5)
        yield {"pool5": pool5.flatten(1), "fc6": fc6, "fc7": fc7}[layer].float().cpu()


def _patch(one: LabelledBox, size: int) -> np.ndarray:
    pixels = read_image(one.path)
    height, width = pixels.shape[:2]
    return cut(pixels, np.array([0, 0, width, height], np.float32) if one.box is None else one.box, size)


def choose(labels: np.ndarray, per_class: int, generator: np.random.Generator) -> np.ndarray:
    """(N,) bool: so many of each class, chosen at random; classes must have as many."""
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        chosen[generator.permutation(np.flatnonzero(labels == label))[:per_class]] = True
    return chosen


@dataclass(frozen=True)
class ProbeScore:
    """Of one split: `accuracy` is the mean over classes, 0..1; `penalty` the weight penalty chosen."""

    accuracy: float
    penalty: float


def probe(
    train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor, generator: np.random.Generator
) -> ProbeScore:
    """Fit on the training features, score on the test features.

    Features are standardised by the training ones; those that do not vary there are left out. The
    penalty is the one of `PENALTIES` that does best on a third of the training images when fitted on the
    rest; the test images never decide.

    Args:
        train, test: (N, D) and (M, D) float32.
        train_labels, test_labels: (N,) and (M,) int64, classes from 0; every class is trained.
    """
    classes = int(train_labels.max()) + 1
    mean, deviation = train.mean(0), train.std(0)
    moves = deviation > SMALLEST_DEVIATION
    train, test = ((part - mean)[:, moves] / deviation[moves] for part in (train, test))
    if train.shape[1] > len(train):
        # Of more features than images only those directions matter that the images span: an exact rotation.
        basis = torch.linalg.svd(train, full_matrices=False).Vh
        train, test = train @ basis.T, test @ basis.T
    per_class = max(1, int(np.bincount(train_labels.numpy()).min()) * 2 // 3)
    fitting = torch.from_numpy(choose(train_labels.numpy(), per_class, generator))

    def accuracy_of(penalty: float) -> float:
        weights = _fit(train[fitting], train_labels[fitting], classes, penalty)
        return _accuracy(weights, train[~fitting], train_labels[~fitting])

    penalty = max(PENALTIES, key=accuracy_of)
    weights = _fit(train, train_labels, classes, penalty)
    return ProbeScore(_accuracy(weights, test, test_labels), penalty)


def _fit(features: Tensor, labels: Tensor, classes: int, penalty: float) -> Tensor:
    """Multinomial logistic regression: (D + 1, classes) weights, the last row the biases.

    Minimises mean cross entropy + penalty/2 · the squared norm of the weights without biases.
    """
    weights = torch.zeros(features.shape[1] + 1, classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=100, tolerance_grad=1e-5, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(features @ weights[:-1] + weights[-1], labels)
        loss = loss + penalty / 2 * weights[:-1].square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weights.detach()


def _accuracy(weights: Tensor, features: Tensor, labels: Tensor) -> float:
    """The mean over the classes present of the share classified correctly."""
    correct = ((features @ weights[:-1] + weights[-1]).argmax(1) == labels).double()
    shares = [correct[labels == label].mean() for label in labels.unique()]
    return float(torch.stack(shares).mean())


def usable_classes(train: np.ndarray, test: np.ndarray, per_class: int) -> np.ndarray:
    """Labels with at least `per_class` training and one test image.

    Raises:
        StudioError: fewer than two classes have.
    """
    labels = [
        label for label in np.unique(train) if np.count_nonzero(train == label) >= per_class and label in test
    ]
    if len(labels) < 2:
        raise StudioError(
            f"Fewer than two classes have {per_class} training images and one to test; lower per_class."
        )
    return np.array(labels)
