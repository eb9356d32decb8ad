"""Find objects in pictures with a trained detector, by the rules of Fast R-CNN's `test.py`.

Pictures are seen at one scale. Several scales augment the training alone: the paper's rows *SA say no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.detection.images import resized, scale_of, stacked
from core.detection.nms import nms
from core.networks.fast_rcnn import FastRCNN, rois_of
from core.networks.roi_pool import corner_cells
from core.networks.sizes import ImageSize
from core.training.device import mixed_precision

LARGEST_RATIO = 10.0  # e^10: a delta beyond it is no box


@dataclass(frozen=True)
class Detected:
    """Detections of one class in one image.

    Attributes:
        scores: (K,) float32, 0..1, the surest first.
        boxes: (K, 4) float32 pixels of the image.
        candidates: (C,) float32, the scores before non-maximum suppression.
    """

    scores: np.ndarray
    boxes: np.ndarray
    candidates: np.ndarray


@dataclass(frozen=True)
class Prepared:
    """A picture and its proposals, ready to be sent to a device.

    Proposals that fall on the same cells of the map are pooled once; each then moves its own corners
    (in Fast R-CNN all take those of one of them).

    Attributes:
        pixels: (H, W, 3) uint8, RGB.
        scale: what the picture is resized by.
        boxes: (P, 4) float32 pixels.
        rois: (U, 5) float32 from `rois_of`, those that differ.
        group: (P,) int64, the RoI of each proposal.
    """

    pixels: Tensor
    scale: float
    boxes: Tensor
    rois: Tensor
    group: Tensor

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.pixels, self.boxes, self.rois, self.group

    def pinned(self) -> "Prepared":
        """The same in memory from which a GPU takes it without the host."""
        pixels, boxes, rois, group = (each.pin_memory() for each in self.tensors)
        return Prepared(pixels, self.scale, boxes, rois, group)


@dataclass(frozen=True)
class Rules:
    """How boxes that were judged become detections, and in what they are computed.

    Attributes:
        overlap: IoU from which a surer detection suppresses another.
        cap: candidates of a class, at most; the surest.
        amp, amp_on_cpu: compute in bfloat16 where it is safe, on a GPU and on a CPU.
    """

    overlap: float = 0.3
    cap: int = 100
    amp: bool = False
    amp_on_cpu: bool = False


def prepared(image: np.ndarray, proposals: np.ndarray, size: ImageSize) -> Prepared:
    """What can be made ready of a picture while others are judged.

    Args:
        image: (H, W, 3) uint8, RGB.
        proposals: (P, 4) float32 pixels of the image.
        size: what the image is brought to.
    """
    height, width = image.shape[:2]
    scale = scale_of(width, height, size.short_side, size.long_side)
    boxes = torch.from_numpy(proposals)
    rois = rois_of([boxes], [scale])
    _, group = torch.unique(corner_cells(rois), dim=0, return_inverse=True)
    first = torch.full((int(group.max()) + 1 if len(group) else 0,), len(group))
    first.scatter_reduce_(0, group, torch.arange(len(group)), "amin")
    return Prepared(torch.from_numpy(np.ascontiguousarray(image)), scale, boxes, rois[first], group)


@torch.inference_mode()
def detect(
    net: FastRCNN,
    image: np.ndarray,
    proposals: np.ndarray,
    size: ImageSize,
    device: torch.device,
    rules: Rules = Rules(),
) -> list[Detected]:
    """Detections of every class in one picture; arguments as of `prepared` and `Asked`.

    Returns:
        One for each class, without the background.
    """
    return Asked(net, [prepared(image, proposals, size)], device, rules).answer()[0]


class Asked:
    """Pictures that a device was asked to judge.

    The host goes on before the answer is there, so that it can ask the next ones meanwhile.
    """

    @torch.inference_mode()
    def __init__(
        self, net: FastRCNN, pictures: Sequence[Prepared], device: torch.device, rules: Rules
    ) -> None:
        """
        Args:
            net: on the device, its deltas no longer normalised; put into evaluation mode.
            pictures: become equally large when they are resized, so that none is padded.
        """
        self._rules, self._found = rules, []
        for scores, boxes in judge(net, pictures, device, rules):
            best = scores[:, 1:].argsort(dim=0, descending=True, stable=True)[: rules.cap]
            candidates = scores[:, 1:].gather(0, best).T
            corners = boxes[:, 1:].gather(0, best[..., None].expand(-1, -1, 4)).transpose(0, 1)
            self._found.append([each.to("cpu", non_blocking=True) for each in (candidates, corners)])
        self._there = torch.cuda.Event() if device.type == "cuda" else None
        if self._there:
            self._there.record(torch.cuda.current_stream(device))

    def answer(self) -> list[list[Detected]]:
        """Of each picture, the detections of each class without the background; waits for the device."""
        if self._there:
            self._there.synchronize()
        return [self._of_picture(*each) for each in self._found]

    def _of_picture(self, candidates: Tensor, corners: Tensor) -> list[Detected]:
        kept = nms(corners, self._rules.overlap)
        return [
            Detected(surest_first[each].numpy(), places[each].numpy(), surest_first.numpy())
            for surest_first, places, each in zip(candidates, corners, kept, strict=True)
        ]


def judge(
    net: FastRCNN, pictures: Sequence[Prepared], device: torch.device, rules: Rules
) -> list[tuple[Tensor, Tensor]]:
    """Every proposal as every class.

    Returns:
        For each picture (P, classes + 1) probabilities and (P, classes + 1, 4) boxes, cut at its border.
    """
    net.eval()
    counts = [len(each.rois) for each in pictures]
    if not sum(counts):
        none = torch.zeros(0, net.classes + 1, device=device)
        return [(none, none[..., None].expand(-1, -1, 4))] * len(pictures)
    sent = [[part.to(device, non_blocking=True) for part in each.tensors] for each in pictures]
    rois = torch.cat([_of_number(number, rois) for number, (_, _, rois, _) in enumerate(sent)])
    pixels = [resized(each[0], picture.scale) for each, picture in zip(sent, pictures, strict=True)]
    with mixed_precision(device, rules.amp, rules.amp_on_cpu):
        scores, deltas = net(stacked(pixels), rois)
    judged = []
    for (image, boxes, _, group), of_rois, moves in zip(
        sent, scores.softmax(dim=1).split(counts), deltas.split(counts), strict=True
    ):
        height, width = image.shape[:2]
        judged.append((of_rois[group], decode(boxes, moves[group], width, height)))
    return judged


def _of_number(number: int, rois: Tensor) -> Tensor:
    """RoIs of the first picture of a batch as those of another."""
    return rois if number == 0 else rois + rois.new_tensor([number, 0, 0, 0, 0])


def decode(boxes: Tensor, deltas: Tensor, width: int, height: int) -> Tensor:
    """Boxes moved by deltas (the inverse of `encode` in `targets.py`) and cut at the border of the image.

    Args:
        boxes: (P, 4) float32 pixels.
        deltas: (P, K, 4).

    Returns:
        (P, K, 4) float32 pixels.
    """
    limit = boxes.new_tensor([width, height]).repeat(2)
    return moved(boxes, deltas).clamp_min(0).minimum(limit)


def moved(boxes: Tensor, deltas: Tensor) -> Tensor:
    """Boxes moved by deltas, as `decode`, but not cut."""
    size = (boxes[:, 2:] - boxes[:, :2])[:, None]
    centre = boxes[:, None, :2] + size / 2 + deltas[..., :2] * size
    half = size * deltas[..., 2:].clamp_max(LARGEST_RATIO).exp() / 2
    return torch.cat([centre - half, centre + half], dim=2)


def surest(found: list[Detected], count: int) -> float:
    """The score that the `count` surest candidates of a class, over all images, do not fall below.

    Non-maximum suppression of boxes above a score does not depend on those below, so cutting at this
    score afterwards is what Fast R-CNN does before.
    """
    scores = np.concatenate([each.candidates for each in found]) if found else np.zeros(0)
    return float(np.partition(scores, -count)[-count]) if len(scores) > count else -np.inf
