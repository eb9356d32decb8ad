"""What a trunk is worth: probes of crops, and detection from few labelled pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.transfer.pretraining import pixels_of
from core.datasets.image import read_image
from core.datasets.patches import cut
from core.datasets.voc import CLASSES, VocImage, read_split, write_annotation
from core.detection.batches import TrainingImage, make_batch, training_images
from core.detection.config import FinetuneConfig
from core.detection.loop import rate_at
from core.detection.losses import detection_losses
from core.detection.pictures import Pictures
from core.detection.predict import detect, surest
from core.detection.proposal_file import Proposals
from core.detection.proposals import propose_all
from core.detection.targets import BoxStatistics, box_statistics
from core.evaluation.probes import choose, nearest_neighbours, probe
from core.evaluation.voc_ap import Detections, evaluate_class, metric_of, truth_of
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import TINY
from core.networks.trunk import Trunk
from core.training.optimisation import set_learning_rate, sgd

DRAWS = 3
"""Random choices of the labelled crops; a seed's accuracy is their mean."""

PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01)
"""Of the linear probe, by cross-validation among the crops that train."""


@dataclass(frozen=True, eq=False)
class Crops:
    """Labelled crops to train a probe on and to test it: patches (N, S, S, 3) uint8, labels from 0.

    `per_class` crops of each class train, drawn `DRAWS` times by the same generator for every trunk.
    """

    name: str
    patches: np.ndarray
    labels: np.ndarray
    test_patches: np.ndarray
    test_labels: np.ndarray
    per_class: int

    def scores(self, trunk: Trunk, seed: int) -> dict[str, float]:
        """Mean accuracy over the classes, in percent, of fc6 by a linear probe and by five neighbours."""
        train, test = features(trunk, self.patches), features(trunk, self.test_patches)
        generator = np.random.default_rng([seed, 5])
        found: dict[str, list[float]] = {"fc6_linear": [], "fc6_5nn": []}
        for _ in range(DRAWS):
            chosen = choose(self.labels, self.per_class, generator)
            of_chosen = train[chosen], self.labels[chosen], test, self.test_labels
            found["fc6_linear"].append(probe(*of_chosen, generator, PENALTIES).accuracy)
            found["fc6_5nn"].append(nearest_neighbours(*of_chosen))
        return {f"{self.name}_{name}": 100 * float(np.mean(values)) for name, values in found.items()}


@torch.no_grad()
def features(trunk: Trunk, patches: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) uint8 → (N, fc) float32, fc6."""
    trunk.eval()
    found = [trunk(pixels_of(patches[row : row + 128]))[0] for row in range(0, len(patches), 128)]
    trunk.train()
    return torch.cat(found).float().numpy()


def crops_of(name: str, voc: Path, classes: Sequence[str], per_class: int) -> Crops:
    """The objects of a VOCdevkit that are not difficult, of some classes."""
    parts = []
    for part in ("trainval", "test"):
        patches, labels = [], []
        for image in read_split(voc, 2007, part):
            chosen = [one for one in image.objects if one.name in classes and not one.difficult]
            if chosen:
                pixels = read_image(image.path)
                patches += [cut(pixels, one.box.astype(np.float32), TINY.input_size) for one in chosen]
                labels += [classes.index(one.name) for one in chosen]
        parts += [np.stack(patches), np.array(labels)]
    return Crops(name, *parts, per_class=per_class)


@dataclass(frozen=True, eq=False)
class Detection:
    """Pictures to fine-tune a detector on, and to test it: the mean AP over some classes."""

    name: str
    training: tuple[TrainingImage, ...]
    statistics: BoxStatistics
    test: tuple[VocImage, ...]
    test_pixels: tuple[np.ndarray, ...]
    proposals: Proposals
    classes: tuple[str, ...]
    config: FinetuneConfig

    def at_rate(self, rate: float) -> "Detection":
        """The same at another highest learning rate."""
        return replace(self, config=replace(self.config, learning_rate=rate))

    def score(self, trunk: Trunk, seed: int, factors: dict[str, float] | None = None) -> float:
        """Mean AP in percent after fine-tuning a copy of a trunk.

        Args:
            seed: of the heads and of the order of pictures.
            factors: of the gradient of weights, by layer of the trunk; 1 where none is given.
        """
        config = self.config
        generator = torch.Generator().manual_seed(seed)
        own = Trunk(trunk.network, dropout=0.0)
        own.load_state_dict(trunk.state_dict())
        net = FastRCNN(own, len(CLASSES), generator)
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = sgd(net, config.momentum, config.weight_decay)
        config = replace(config, seed=seed)
        net.train()
        pictures = Pictures.within(torch.device("cpu"), config.picture_bytes)
        for step in range(config.total_steps):
            batch = make_batch(self.training, self.statistics, config, config.image_size, step, pictures)
            set_learning_rate(optimizer, rate_at(config, step))
            with torch.autocast("cpu", torch.bfloat16):
                scores, deltas = net(batch.images, batch.rois)
            class_loss, box_loss = detection_losses(
                scores, deltas, batch.labels, batch.targets, batch.foreground
            )
            optimizer.zero_grad(set_to_none=True)
            (class_loss + box_loss).backward()
            for name, factor in (factors or {}).items():
                getattr(net.trunk, name).weight.grad.mul_(factor)
            torch.nn.utils.clip_grad_norm_(net.parameters(), config.largest_gradient)
            optimizer.step()
        return 100 * self._mean_ap(net)

    def _mean_ap(self, net: FastRCNN) -> float:
        means, deviations = (
            torch.from_numpy(self.statistics.means),
            torch.from_numpy(self.statistics.deviations),
        )
        with torch.no_grad():
            net.bbox_pred.weight.mul_(deviations.flatten()[:, None])
            net.bbox_pred.bias.mul_(deviations.flatten()).add_(means.flatten())
        size, found = self.config.image_size, []
        for image, pixels in zip(self.test, self.test_pixels, strict=True):
            with torch.autocast("cpu", torch.bfloat16):
                found.append(detect(net, pixels, self.proposals[image.id], size, torch.device("cpu")))
        truth, metric, aps = truth_of(self.test), metric_of("auto", 2007).name, []
        for name in self.classes:
            of_class = [each[CLASSES.index(name)] for each in found]
            limit = surest(of_class, 40 * len(self.test))
            ids = np.concatenate(
                [np.full(len(one.scores), image.id) for image, one in zip(self.test, of_class, strict=True)]
            )
            scores, boxes = (
                np.concatenate([getattr(one, key) for one in of_class]) for key in ("scores", "boxes")
            )
            kept = scores >= limit
            aps.append(
                evaluate_class(Detections(ids[kept], scores[kept], boxes[kept]), truth[name], metric).ap
            )
        return float(np.mean(aps))


SHORT_SIDE = 225
"""Pixels to which pictures are brought, so that a detector is trained and tested in a quarter of a minute."""


def write_reduced(voc: Path, folder: Path, classes: tuple[str, ...], counts: dict[str, int]) -> None:
    """A smaller VOCdevkit: of each set the first pictures that show one of some classes, at `SHORT_SIDE`."""
    for part in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (folder / "VOC2007" / part).mkdir(parents=True)
    for name, count in counts.items():
        chosen = [one for one in read_split(voc, 2007, name) if _shows(one, classes)][:count]
        for image in chosen:
            factor = SHORT_SIDE / min(image.width, image.height)
            size = round(image.width * factor), round(image.height * factor)
            pixels = cv2.resize(read_image(image.path), size, interpolation=cv2.INTER_AREA)
            path = folder / "VOC2007" / "JPEGImages" / f"{image.id}.jpg"
            cv2.imwrite(str(path), pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
            objects = tuple(replace(one, box=(one.box * factor).round()) for one in image.objects)
            write_annotation(VocImage(image.id, path, *size, objects), folder / "VOC2007")
        ids = "\n".join([*(image.id for image in chosen), ""])
        (folder / "VOC2007" / "ImageSets" / "Main" / f"{name}.txt").write_text(ids, encoding="ascii")


def _shows(image: VocImage, classes: Sequence[str]) -> bool:
    return any(one.name in classes and not one.difficult for one in image.objects)


def detection_of(
    name: str, voc: Path, classes: tuple[str, ...], counts: tuple[int, int], steps: int, cache: Path
) -> Detection:
    """The first pictures to train and to test on that show one of some classes; OpenCV's fast proposals."""
    chosen = []
    for part, count in zip(("trainval", "test"), counts, strict=True):
        images = [
            replace(image, objects=tuple(one for one in image.objects if one.name in classes))
            for image in read_split(voc, 2007, part)
            if _shows(image, classes)
        ]
        chosen.append(images[:count])
    boxes = {}
    for images in chosen:
        searched = propose_all([image.path for image in images], "fast", cache, workers=1)
        boxes |= {image.id: found for image, found in zip(images, searched, strict=True)}
    proposals = Proposals.of(boxes)
    training = training_images(chosen[0], proposals, True)
    statistics = box_statistics((image.labelled for image in training), len(CLASSES))
    config = FinetuneConfig(
        voc=voc, network="tiny", schedule="quick", steps=steps, short_side=SHORT_SIDE, device="cpu"
    )
    test = tuple(chosen[1])
    pixels = tuple(read_image(image.path) for image in test)
    return Detection(name, training, statistics, test, pixels, proposals, classes, config)
