"""A trained detector on disk: safetensors that say by themselves what they need to be used."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from core.detection.targets import BoxStatistics
from core.errors import StudioError
from core.evaluation import origin
from core.networks.config import DETECTOR_IN_RUN
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import NETWORKS, ImageSize
from core.networks.tensor_file import TensorFile
from core.networks.trunk import Trunk
from core.record_file import parsed
from core.typed_values import typed

FILE = TensorFile("associationnet-detector", "1", "detector", "choose another fine-tuning run or train again")

IN_RUN = DETECTOR_IN_RUN


@dataclass(frozen=True)
class Detector:
    """A net with what it was trained on.

    Attributes:
        net: on the CPU; its deltas are not normalised.
        classes: names, of classes 1, 2, …
        size: of the images.
        notes: where it comes from, as `save_detector` was given them.
    """

    net: FastRCNN
    classes: tuple[str, ...]
    size: ImageSize
    notes: Mapping[str, str]


def save_detector(
    path: Path,
    net: FastRCNN,
    statistics: BoxStatistics,
    classes: tuple[str, ...],
    size: ImageSize,
    notes: Mapping[str, str],
) -> None:
    """Write a detector; the normalisation of the deltas is folded into `bbox_pred`.

    The file is the old one or the new one, never a part.

    Args:
        net: as it was trained; not changed.
        notes: where it comes from, such as the start and the steps, each as JSON.

    Raises:
        StudioError: the file cannot be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in net.state_dict().items()}
    means = torch.from_numpy(statistics.means).flatten()
    deviations = torch.from_numpy(statistics.deviations).flatten()
    tensors["bbox_pred.weight"] = tensors["bbox_pred.weight"] * deviations[:, None]
    tensors["bbox_pred.bias"] = tensors["bbox_pred.bias"] * deviations + means
    FILE.write(
        path,
        net.trunk.network.name,
        tensors,
        {
            "classes": json.dumps(classes),
            "short_side": str(size.short_side),
            "long_side": str(size.long_side),
            "notes": json.dumps(dict(notes)),
        },
    )


def load_detector(source: Path) -> Detector:
    """A detector from its file, or from the run that trained it.

    Raises:
        StudioError: there is none, or the file is damaged, foreign or of another shape.
    """
    path = source / IN_RUN if source.is_dir() else source
    if not path.is_file():
        raise StudioError(f"{source} holds no trained detector; let a fine-tuning run finish first.")
    header, tensors = FILE.read(path)
    try:
        classes = typed("classes", parsed(header["classes"]), tuple[str, ...])
        size = ImageSize(short_side=int(header["short_side"]), long_side=int(header["long_side"]))
        notes = typed("notes", parsed(header["notes"]), dict[str, str])
        origin.facts_of(notes, header["network"], "")  # which are asked for after hours of detecting
    except (ValueError, KeyError) as error:
        raise StudioError(f"{path} is damaged ({error}); {FILE.remedy}.") from error
    scores = tensors.get("cls_score.weight")
    if scores is None or len(scores) != len(classes) + 1:
        raise StudioError(f"{path} is damaged (it scores other classes than it names); {FILE.remedy}.")
    net = FastRCNN(Trunk(NETWORKS[header["network"]]), len(classes), torch.Generator())
    FILE.load_into(net, tensors, path, header["network"])
    return Detector(net, classes, size, notes)
