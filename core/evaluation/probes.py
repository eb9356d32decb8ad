"""Probes: what features are worth to a simple classifier, with many labels and with few.

Nothing here needs torch: features are arrays, of any trunk (`core.evaluation.probe_features`) or program.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize
from scipy.special import logsumexp

from core.errors import StudioError

PENALTIES = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3)
"""Weight penalties that cross-validation tries, the largest first; comparisons of trunks depend on them."""

ONE_SHOT_PENALTY = 1.0
"""The penalty where a class has one image, so that none can be held out."""

FOLDS = 5
NEIGHBOURS = 5

SMALLEST_DEVIATION = 1e-6
"""Of a feature over the training images; one that varies less says nothing and is left out."""

_LEAST_SHARE = 1e-12  # of the largest variance: directions below are rounding
_ROWS = 1024


@dataclass(frozen=True)
class ProbeScore:
    """Of one split: `accuracy` is the mean over classes, 0..1; `penalty` the weight penalty chosen."""

    accuracy: float
    penalty: float


@dataclass(frozen=True, eq=False)
class LinearClassifier:
    """Scores of features are `features @ weights + biases`; `weights` (D, K), `biases` (K,) float64."""

    weights: np.ndarray
    biases: np.ndarray

    def classify(self, features: np.ndarray) -> np.ndarray:
        """(M, D) → (M,) int64, the class with the highest score."""
        scores = [
            features[row : row + _ROWS].astype(np.float64) @ self.weights
            for row in range(0, len(features), _ROWS)
        ]
        return (np.concatenate(scores) + self.biases).argmax(1)


def probe(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    generator: np.random.Generator,
    penalties: Sequence[float] = PENALTIES,
) -> ProbeScore:
    """The linear probe: `fit_linear` on the training features, its accuracy on the test features.

    Args:
        train, test: (N, D) and (M, D) float32.
        train_labels, test_labels: (N,) and (M,) integers, classes from 0; every class is trained.
        generator: deals the training images out to folds.
    """
    classifier, penalty = fit_linear(train, train_labels, generator, penalties)
    return ProbeScore(accuracy(classifier.classify(test), test_labels), penalty)


def nearest_neighbours(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    neighbours: int = NEIGHBOURS,
) -> float:
    """The k-NN probe: its accuracy, the mean over classes.

    Features are standardised by the training ones; neighbours are those of the highest cosine similarity,
    and vote alike. Of classes with equal votes the one with the nearest neighbour wins.

    Args:
        as of `probe`.
        neighbours: k; more than N are N.
    """
    mean, deviation, moves = _standard(train)
    train, test = ((part[:, moves] - mean) / deviation for part in (train, test))
    train /= np.maximum(np.linalg.norm(train, axis=1, keepdims=True), SMALLEST_DEVIATION)
    neighbours, classes = min(neighbours, len(train)), int(train_labels.max()) + 1
    weights = 1 + 2.0 ** -np.arange(2, neighbours + 2)  # the rests add up to less than half a vote
    found = []
    for row in range(0, len(test), _ROWS):
        similarity = test[row : row + _ROWS] @ train.T  # a patch's own length changes no order
        nearest = train_labels[np.argsort(-similarity, axis=1, kind="stable")[:, :neighbours]]
        votes = (nearest[:, :, None] == np.arange(classes)).astype(float)
        found.append(np.einsum("mnk,n->mk", votes, weights).argmax(1))
    return accuracy(np.concatenate(found), test_labels)


def fit_linear(
    features: np.ndarray,
    labels: np.ndarray,
    generator: np.random.Generator,
    penalties: Sequence[float] = PENALTIES,
) -> tuple[LinearClassifier, float]:
    """Multinomial logistic regression on standardised features, its penalty chosen by cross-validation.

    Minimises mean cross entropy + penalty/2 · the squared norm of the weights without biases, to where its
    gradient vanishes. The penalty is the one whose classifiers, each fitted on four fifths of these images,
    give the held-out fifths the smallest cross entropy; other images never decide. (The share classified
    correctly chooses worse: by two points with 15 images a class of VOC, as there are so few.) With fewer
    than five images of a class there are as many folds as it has; with one, `ONE_SHOT_PENALTY` is taken.

    Args:
        features: (N, D) float32. Features that do not vary get no weight.
        labels: (N,) integers, classes from 0, each present.
        generator: deals the images out to folds.
        penalties: at least one; one alone is taken without cross-validation.

    Returns:
        the classifier, of features as they are given, and its penalty.
    """
    mean, deviation, moves = _standard(features)
    standard = ((features[:, moves] - mean) / deviation).astype(np.float64)
    points, variances, back = _principal(standard)
    penalty = _cross_validated(points, variances, labels, generator, sorted(penalties, reverse=True))
    fitted = _fit(points, labels, variances / len(points), penalty, None, 1e-7)
    weights = np.zeros((features.shape[1], fitted.shape[1]))
    weights[moves] = (back @ fitted[:-1]) / deviation[:, None]
    return LinearClassifier(weights, fitted[-1] - mean.astype(np.float64) @ weights[moves]), penalty


def _standard(features: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and deviation of the features that vary, and which do, (D,) bool."""
    mean, deviation = features.mean(0), features.std(0)
    moves = deviation > SMALLEST_DEVIATION
    return mean[moves], deviation[moves], moves


def _principal(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points along their principal directions: an exact rotation, of at most min(N, D) coordinates.

    Only directions that the points span matter to a classifier with a penalty, and along these the loss has
    known curvature.

    Returns:
        (N, R) points; (R,) their sums of squares; (D, R) the way back: weights = back @ rotated weights.
    """
    wide = points.shape[1] > points.shape[0]
    squares, vectors = eigh(points @ points.T if wide else points.T @ points)
    kept = squares > max(squares[-1], SMALLEST_DEVIATION) * _LEAST_SHARE
    squares, vectors = squares[kept], vectors[:, kept]
    if wide:
        lengths = np.sqrt(squares)
        return vectors * lengths, squares, points.T @ (vectors / lengths)
    return points @ vectors, squares, vectors


def _cross_validated(
    points: np.ndarray,
    squares: np.ndarray,
    labels: np.ndarray,
    generator: np.random.Generator,
    penalties: Sequence[float],
) -> float:
    """The best of penalties, which fall: each fit sets out from the one before."""
    if len(penalties) == 1:
        return penalties[0]
    fold, points = _folds(labels, generator), points.astype(np.float32)
    if not fold.any():
        return ONE_SHOT_PENALTY
    losses = np.zeros(len(penalties))
    for held_out in (fold == number for number in range(fold.max() + 1)):
        kept, weights = ~held_out, None
        for row, penalty in enumerate(penalties):
            curvature = squares / kept.sum()
            weights = _fit(points[kept], labels[kept], curvature, penalty, weights, 1e-4)
            scores = points[held_out] @ weights[:-1] + weights[-1]
            losses[row] += (logsumexp(scores, axis=1) - scores[range(len(scores)), labels[held_out]]).sum()
    return penalties[int(np.argmin(losses))]


def _folds(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(N,) int, the fold of each image; every class is in every fold, alike."""
    count = min(FOLDS, int(np.bincount(labels).min()))
    fold = np.empty(len(labels), int)
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        fold[rows] = np.arange(len(rows)) % count
    return fold


def _fit(
    points: np.ndarray,
    labels: np.ndarray,
    curvature: np.ndarray,
    penalty: float,
    start: np.ndarray | None,
    tolerance: float,
) -> np.ndarray:
    """The (R + 1, K) weights that minimise the loss of `fit_linear`, the last row the biases.

    L-BFGS in coordinates in which no direction curves by more than 1: Böhning's bound, half the
    points' second moment, plus the penalty.

    Args:
        curvature: (R,) the largest second moments of points along each coordinate.
        start: weights to set out from.
        tolerance: largest gradient left in those coordinates.

    Source: Böhning, Annals of the Institute of Statistical Mathematics 44, 1992.
    """
    rows, classes = np.arange(len(labels)), int(labels.max()) + 1
    scale = np.append(1 / np.sqrt(curvature / 2 + penalty), np.sqrt(2.0))[:, None]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(len(scale), classes) * scale
        scores = points @ weights[:-1].astype(points.dtype) + weights[-1].astype(points.dtype)
        scores -= scores.max(1, keepdims=True)
        shares = np.exp(scores)
        sums = shares.sum(1, keepdims=True)
        entropy = (np.log(sums[:, 0]) - scores[rows, labels]).mean(dtype=np.float64)
        shares /= sums
        shares[rows, labels] -= 1
        shares /= len(points)
        gradient = np.vstack([points.T @ shares + penalty * weights[:-1], shares.sum(0)]) * scale
        return entropy + penalty / 2 * np.square(weights[:-1]).sum(), gradient.ravel()

    first = np.zeros((len(scale), classes)) if start is None else start / scale
    options = {"gtol": tolerance, "ftol": 0.0, "maxiter": 10_000, "maxfun": 10_000, "maxcor": 20}
    found = minimize(loss, first.ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x.reshape(len(scale), classes) * scale)


def accuracy(found: np.ndarray, labels: np.ndarray) -> float:
    """The mean over the classes present of the share classified correctly, 0..1."""
    return float(np.mean([(found[labels == label] == label).mean() for label in np.unique(labels)]))


def choose(labels: np.ndarray, per_class: int, generator: np.random.Generator) -> np.ndarray:
    """(N,) bool: so many of each class, chosen at random; classes must have as many."""
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        chosen[generator.permutation(np.flatnonzero(labels == label))[:per_class]] = True
    return chosen


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
