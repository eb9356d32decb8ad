"""Proposals from a file: our own, or those that others published for VOC.

- `.npz`: what the command `proposals` writes.
- `.mat`: R-CNN's and Fast R-CNN's, such as `voc_2007_trainval.mat`: `images` and `boxes`, a cell for each
  image; (y1, x1, y2, x2), counted from 1, both ends included.
- `.pkl`: Detectron's, such as `selective_search_msra_voc_2007_test.pkl`: `boxes` and `indexes` (or `ids`), an
  item for each image; (x1, y1, x2, y2), counted from 0, both ends included. Detectron2's have
  `objectness_logits`, and ends that are not included, as ours.
"""

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets import mat_reader
from core.datasets.folder import same_name
from core.datasets.image import SUFFIXES
from core.datasets.voc import VocImage
from core.detection.pickled_arrays import PickledArray, in_words, read_pickle
from core.detection.proposal_file import Proposals
from core.errors import StudioError

_MOST_ODD = 0.1  # of the boxes of a file; where more have no inside it is of another kind
_ROUNDED = 1.0  # pixels that a box may reach out of its image


def given_boxes(
    path: Path, images: Sequence[VocImage], on_warning: Callable[[str], None] | None = None
) -> Proposals:
    """The proposals of a file, which may be of other images than those of a set too, or of some of them.

    Args:
        path: of the file; it may name images by their files.
        images: of the set.
        on_warning: is told, in a sentence, how many boxes were left out since they have no inside.

    Raises:
        StudioError: the file is missing, damaged or something else, more than a tenth of the boxes have no
            inside, or it holds boxes of an image of the set that is of another size there.
    """
    proposals = _of_ids(load(path), {image.id for image in images})
    proposals = _with_inside(proposals, path, on_warning)
    for image in images:
        boxes = proposals[image.id] if image.id in proposals else np.zeros((0, 4))
        if not _fit(boxes, image):
            x, y = boxes[:, 2:].max(axis=0)
            raise StudioError(
                f"{path} has boxes of image {image.id} that reach to {x:g} x {y:g} px, while the image has "
                f"{image.width} x {image.height}; {_remedy(proposals, images)}."
            )
    return proposals


def _fit(boxes: np.ndarray, image: VocImage) -> bool:
    limit = np.array([image.width, image.height]) + _ROUNDED
    inside = len(boxes) == 0 or bool((boxes[:, 2:] <= limit).all() and boxes.min() >= -_ROUNDED)
    return inside or not image.width


def _remedy(proposals: Proposals, images: Sequence[VocImage]) -> str:
    listed = [image for image in images if image.id in proposals]
    if all(_fit(proposals[image.id][:, [1, 0, 3, 2]], image) for image in listed):
        return "with x and y exchanged all would fit, so write them in the other order"
    return "make proposals of these very images"


def _of_ids(proposals: Proposals, known: Collection[str]) -> Proposals:
    """With the ids of the set in place of files, such as `000005.jpg` and `JPEGImages/000005.jpg`."""
    names = [str(name) for name in proposals.ids]
    bare = [re.split(r"[\\/]", same_name(name))[-1] for name in names]
    stems = [name[: -len(end)] if (end := Path(name).suffix).lower() in SUFFIXES else name for name in bare]
    ids = [
        name if name in known or stem not in known else stem for name, stem in zip(names, stems, strict=True)
    ]
    return (
        Proposals(np.array(ids, np.str_), proposals.offsets, proposals.boxes) if ids != names else proposals
    )


def _with_inside(proposals: Proposals, path: Path, on_warning: Callable[[str], None] | None) -> Proposals:
    """Without boxes that are flat or upside down."""
    kept = np.asarray((proposals.boxes[:, 2:] > proposals.boxes[:, :2]).all(axis=1))
    odd = np.flatnonzero(~kept)
    if len(odd) == 0:
        return proposals
    image = proposals.ids[np.searchsorted(proposals.offsets, odd[0], side="right") - 1]
    x1, y1, x2, y2 = proposals.boxes[odd[0]].tolist()
    first = f"the first of image {image} ({x1:g} {y1:g} {x2:g} {y2:g} px)"
    if len(odd) > _MOST_ODD * len(kept):
        raise StudioError(
            f"{len(odd):,} of the {len(kept):,} boxes of {path} are flat or upside down, {first}; write the "
            "corners in the order of its format."
        )
    if on_warning is not None:
        on_warning(f"Left out, in {path.name}: {len(odd):,} boxes that are flat or upside down, {first}.")
    counts = np.concatenate([[0], np.cumsum(kept)])
    return Proposals(proposals.ids, counts[proposals.offsets], proposals.boxes[kept])


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
