"""Proposals from a file: our own, or those that others published for VOC.

- `.npz`: what the command `proposals` writes.
- `.mat`: R-CNN's and Fast R-CNN's, such as `voc_2007_trainval.mat`: `images` and `boxes`, a cell for each
  image; (y1, x1, y2, x2), counted from 1, both ends included.
- `.pkl`: Detectron's, such as `selective_search_msra_voc_2007_test.pkl`: `boxes` and `indexes` (or `ids`), an
  item for each image; (x1, y1, x2, y2), counted from 0, both ends included. Detectron2's have
  `objectness_logits`, and ends that are not included, as ours.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets import mat_reader
from core.datasets.voc import VocImage
from core.detection.pickled_arrays import PickledArray, in_words, read_pickle
from core.detection.proposal_file import Proposals
from core.errors import StudioError

_ROUNDED = 1.0  # pixels that a box may reach out of its image


def given_boxes(path: Path, images: Sequence[VocImage]) -> Proposals:
    """The proposals of a file, which may be of other images than those of a set too, or of some of them.

    Raises:
        StudioError: the file is missing, damaged or something else, or holds boxes of an image of the set
            that is of another size there.
    """
    proposals = load(path)
    for image in images:
        boxes = proposals[image.id] if image.id in proposals else np.zeros((0, 4))
        limit = np.array([image.width, image.height]) + _ROUNDED
        if len(boxes) and image.width and ((boxes[:, 2:] > limit).any() or boxes.min() < -_ROUNDED):
            x, y = boxes[:, 2:].max(axis=0)
            raise StudioError(
                f"{path} has boxes of image {image.id} that reach to {x:g} x {y:g} px, while the image has "
                f"{image.width} x {image.height}; make proposals of these very images."
            )
    return proposals


def load(path: Path) -> Proposals:
    """The proposals of a file, of any of its formats.

    Raises:
        StudioError: it is missing, damaged or something else.
    """
    readers = {".mat": _of_mat, ".pkl": _of_pickle, ".pickle": _of_pickle}
    reader = readers.get(path.suffix.lower(), Proposals.load)
    return reader(path)


def _of_mat(path: Path) -> Proposals:
    boxes = {}
    for name, corners in mat_reader.boxes(path).items():
        y1, x1, y2, x2 = corners.T
        boxes[name] = np.stack([x1 - 1, y1 - 1, x2, y2], axis=1)
    return Proposals.of(boxes)


def _of_pickle(path: Path) -> Proposals:
    content = read_pickle(path)
    cells = content.get("boxes") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(cells, list):
        raise StudioError(f"{path} is no file of Detectron's proposals (a dict with boxes); choose another.")
    names = [_name(item, path) for item in _items(content.get("indexes", content.get("ids")))]
    if len(names) != len(cells):
        raise StudioError(f"{path} names {len(names)} images, but has boxes of {len(cells)}; choose another.")
    ends = 0.0 if "objectness_logits" in content else 1.0
    boxes = {}
    for name, cell in zip(names, cells, strict=True):
        corners = cell.array if isinstance(cell, PickledArray) else np.zeros(0)
        if corners.ndim != 2 or corners.shape[1] != 4 or not np.isfinite(corners).all():
            raise StudioError(f"{path} has no (N, 4) array of boxes for image {name}; choose another.")
        boxes[name] = np.add(corners, [0.0, 0.0, ends, ends])
    return Proposals.of(boxes)


def _items(listed: object) -> list[Any]:
    if isinstance(listed, PickledArray):
        return np.atleast_1d(listed.array).tolist()
    return listed if isinstance(listed, list) else []


def _name(item: object, path: Path) -> str:
    """The id of an image as VOC writes it: 5 is `000005`, 2008000001 is `2008_000001`."""
    value = item.array.item() if isinstance(item, PickledArray) and item.array.size == 1 else item
    if isinstance(value, str):
        return value
    if not isinstance(value, int) or value.bit_length() > 63:
        raise StudioError(f"{path} names an image {in_words(value)}; choose another.")
    year, number = divmod(value, 1_000_000)
    return f"{year}_{number:06d}" if year else f"{number:06d}"
