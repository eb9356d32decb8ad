"""PASCAL VOC detection data, in the layout of 2007 and 2012.

Corners in the files are 1-based and inclusive: `[xmin, ymin, xmax, ymax]` becomes the box
`[xmin - 1, ymin - 1, xmax, ymax]` of `core.geometry`, here and in files of detections
(`core.evaluation.comp4`) alone. Some boxes of 2012 have decimals, children of `bndbox` come in any
order, and `part` elements carry names and boxes of their own, which are left alone.
"""

import contextlib
import functools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from core.datasets import xml_tree
from core.datasets.annotated_picture import annotated_orientation, upright_boxes
from core.datasets.folder import same_name
from core.datasets.image import image_size
from core.datasets.orientation import AS_STORED
from core.datasets.voc_folder import VocFolder
from core.errors import StudioError

CLASSES: tuple[str, ...] = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
"""The twenty classes, in VOC's order."""

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_REACH = 1.0  # pixels that a box may reach out of its picture unsaid
_MOST_ODD = 0.1  # of the objects of a set; the annotations are of another kind where more are no boxes
_FEW = 3  # odd objects that are left out however small a set is


@dataclass(frozen=True, eq=False)
class VocObject:
    """One object of an image.

    Attributes:
        name: of its class, as annotated.
        box: (4,) float32, pixels (see `core.geometry`).
        difficult: neither counted nor held against a detector.
        truncated: the box does not hold all of the object.
    """

    name: str
    box: np.ndarray
    difficult: bool
    truncated: bool


@dataclass(frozen=True)
class Oddity:
    """Something odd in an annotation.

    Attributes:
        kind: of `oddities.SENTENCES`.
        place: the file, and the line where that helps.
        what: was found there.
        name: of the object's class; empty where it is about no object.
    """

    kind: str
    place: str
    what: str
    name: str = ""


@dataclass(frozen=True)
class VocImage:
    """One image and its objects, of whatever classes.

    Attributes:
        id: such as `000012`.
        path: of the picture, which need not be there (see `read_split`).
        width, height: in pixels, upright: the picture's where pictures are read, else the annotation's; 0
            where nothing says them.
        annotated: whether its objects are known; without an annotation there may be any.
        orientation: where pictures are read, by which the objects were turned to lie in the upright picture.
        oddities: what was left out or taken as it is.
    """

    id: str
    path: Path
    width: int
    height: int
    objects: tuple[VocObject, ...]
    annotated: bool = True
    orientation: int = AS_STORED
    oddities: tuple[Oddity, ...] = ()


def read_split(voc: Path, year: int, name: str, *, pictures: bool = True) -> tuple[VocImage, ...]:
    """The images of one list, in its order, each once.

    Args:
        voc: the VOCdevkit folder, the folder above it, `VOC<year>` itself, or another data set in VOC's
            manner (see `core.datasets.voc_folder`).
        year: 2007, 2012, or another that has a folder `VOC<year>`.
        name: of the list, such as `trainval` or `test`; `all` where there are none.
        pictures: whether the pictures are needed; only to measure detections they are not.

    Returns:
        Images with their objects; of those without an annotation (all of the test set of 2012), the size
        alone, from the picture.

    Raises:
        StudioError: a folder or list is missing, a needed image is, an annotation is broken, or more than a
            tenth of the objects have no box; says which.
    """
    folder = VocFolder.find(voc, year)
    images = tuple(_image(folder, id, pictures) for id in folder.ids(name))
    _check_boxes(images, name)
    return images


class KeptSet:
    """Reads sets as `read_split` does, without pictures; the last one is kept until it changes or `forget`.

    An annotation that is replaced is read again, one that is edited in its place is not.
    """

    def __init__(self) -> None:
        self._kept: tuple[Hashable, tuple[VocImage, ...]] = (None, ())

    def read(self, voc: Path, year: int, name: str) -> tuple[VocImage, ...]:
        """The images of a list.

        Raises:
            StudioError: as `read_split`.
        """
        folder = VocFolder.find(voc, year)
        sources = (folder.list_path(name), folder.annotations)
        key = (sources, name, tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in sources))
        kept = self._kept
        if key != kept[0]:
            self._kept = kept = (key, read_split(voc, year, name, pictures=False))
        return kept[1]

    def forget(self) -> None:
        """Let go of what is kept."""
        self._kept = (None, ())


def read_image_annotation(path: Path, id: str, *, pictures: bool = True) -> VocImage:
    """One image of a `VOC<year>` folder by its id.

    An object without a box that can be meant is left out; a box that reaches out of the image is taken as it
    is, as in the devkit; the image's oddities say so.

    Raises:
        StudioError: its annotation is missing or broken, or the image is missing and needed.
    """
    return _annotated(VocFolder.at(path), id, pictures)


def _annotated(folder: VocFolder, id: str, pictures: bool) -> VocImage:
    path = folder.annotation(id) or folder.annotations / f"{id}.xml"
    root = xml_tree.parse(path)
    odd: list[Oddity] = []
    named = xml_tree.text(root, "filename")
    image = _picture(folder, id, pictures, odd, named)
    size = xml_tree.child(root, "size")
    width, height = said = (0, 0) if size is None else (_size(size, "width"), _size(size, "height"))
    orientation = AS_STORED
    if pictures:
        width, height = image_size(image)
        if all(said) and said != (width, height):
            orientation = annotated_orientation(image, *said)
            sizes = f"{said[0]} x {said[1]} px, while the picture has {width} x {height}"
            odd.append(Oddity("size" if orientation == AS_STORED else "turned", str(path), sizes))
    elif not all(said):
        with contextlib.suppress(StudioError):
            width, height = image_size(image)
    objects, file = [], str(path)
    for element in xml_tree.children(root, "object"):
        place = f"{file}, line {element.line}"
        name = class_name(xml_tree.text(element, "name"))
        corners = _corners(element)
        if not name or isinstance(corners, str):
            what = f"a {name} {corners}" if name else "an object without a name"
            odd.append(Oddity("no_box", place, what, name))
            continue
        x1, y1, x2, y2 = corners
        box = np.array([x1 - 1, y1 - 1, x2, y2], np.float32)
        if orientation != AS_STORED:
            (box,) = upright_boxes(box[None], width, height, orientation)
            x1, y1, x2, y2 = np.add(box, (1, 1, 0, 0)).tolist()
        objects.append(VocObject(name, box, _flag(element, "difficult"), _flag(element, "truncated")))
        if sum(child.tag == "bndbox" for child in element) > 1:
            odd.append(Oddity("several", place, f"a {name}", name))
        if min(x1, y1) == 0:
            odd.append(Oddity("zero", place, f"a {name}", name))
        if width and (min(x1, y1) < 1 - _REACH or x2 > width + _REACH or y2 > height + _REACH):
            kind = "outside" if x2 <= 0 or y2 <= 0 or x1 > width or y1 > height else "out"
            at = f"a {name} at {x1:g} {y1:g} {x2:g} {y2:g} in {width} x {height} px"
            odd.append(Oddity(kind, place, at, name))
    return VocImage(id, image, width, height, tuple(objects), True, orientation, tuple(odd))


def within(box: np.ndarray, image: VocImage) -> np.ndarray | None:
    """A box, (4,) float32, cut at the borders of its image; None where less than a pixel of it is left.

    Where the size of the image is not known, the box as it is.
    """
    if not (image.width and image.height):
        return box
    limit = np.array([image.width, image.height, image.width, image.height], np.float32)
    cut = np.clip(box, 0, limit)
    return cut if (cut[2:] - cut[:2] >= 1).all() else None


@functools.lru_cache(maxsize=1000)
def class_name(text: str) -> str:
    """The name of a class as it compares: accents composed, one blank for several."""
    return " ".join(same_name(text).split())


def write_annotation(image: VocImage, folder: Path) -> None:
    """Write the annotation of an image into a `VOC<year>` folder: `Annotations/<id>.xml`."""
    root = ElementTree.Element("annotation")
    _fill(root, {"folder": folder.name, "filename": image.path.name})
    _fill(ElementTree.SubElement(root, "size"), {"width": image.width, "height": image.height, "depth": 3})
    for one in image.objects:
        element = ElementTree.SubElement(root, "object")
        _fill(element, {"name": one.name, "truncated": int(one.truncated), "difficult": int(one.difficult)})
        corners = (one.box[0] + 1, one.box[1] + 1, one.box[2], one.box[3])
        texts = {corner: f"{value:g}" for corner, value in zip(_CORNERS, corners, strict=True)}
        _fill(ElementTree.SubElement(element, "bndbox"), texts)
    ElementTree.indent(root)
    (folder / "Annotations" / f"{image.id}.xml").write_bytes(ElementTree.tostring(root) + b"\n")


def _fill(element: ElementTree.Element, values: Mapping[str, object]) -> None:
    for tag, value in values.items():
        ElementTree.SubElement(element, tag).text = str(value)


def _corners(element: xml_tree.Element) -> tuple[float, ...] | str:
    """The corners of an object as they are in the file; or why there are none, after `a car`."""
    box = xml_tree.child(element, "bndbox")
    texts = [xml_tree.text(box, corner) for corner in _CORNERS]
    if box is None:
        others = [child.tag for child in element if child.tag in ("polygon", "robndbox", "pixel")]
        return f"with a {others[0]} and no bndbox" if others else "without a bndbox"
    try:
        x1, y1, x2, y2 = corners = tuple(float(text) for text in texts)
    except ValueError:
        return f"without the four corners of its box ({' '.join(text or '?' for text in texts)})"[:120]
    if not all(abs(value) < 1e6 for value in corners):  # NaN is not below
        return f"whose box is {' '.join(texts)}"[:120]
    # Corners are included, so a box of one pixel has equal ones.
    return f"whose corners are upside down, {x1:g} {y1:g} {x2:g} {y2:g}" if x2 < x1 or y2 < y1 else corners


def _check_boxes(images: Sequence[VocImage], name: str) -> None:
    """Refuse a set whose boxes are of another kind than VOC's."""
    odd = [one for image in images for one in image.oddities if one.kind == "no_box"]
    boxes = [one.box for image in images for one in image.objects]
    count = len(odd) + len(boxes)
    if len(odd) > max(_FEW, _MOST_ODD * count):
        raise StudioError(
            f"{len(odd):,} of {count:,} objects of {name} have no box that can be meant, the first in "
            f"{odd[0].place} ({odd[0].what}); mend the annotations."
        )
    if boxes:
        corners = np.stack(boxes) + np.array([1, 1, 0, 0])
        if corners.min() >= 0 and corners.max() <= 1 and (corners % 1).any():
            raise StudioError(
                f"The corners of the boxes of {name} lie between 0 and 1, as if they were shares of the "
                "picture; write them in pixels, as VOC does."
            )


def _image(folder: VocFolder, id: str, pictures: bool) -> VocImage:
    if folder.annotation(id) is not None:
        return _annotated(folder, id, pictures)
    odd: list[Oddity] = []
    path = _picture(folder, id, pictures, odd)
    width, height = image_size(path) if pictures else (0, 0)
    return VocImage(id, path, width, height, objects=(), annotated=False, oddities=tuple(odd))


def _picture(folder: VocFolder, id: str, needed: bool, odd: list[Oddity], named: str = "") -> Path:
    """The picture of an id; what is odd about it is added to `odd`."""
    names = folder.picture_names(id, named)
    if not names and needed:
        path = folder.pictures / f"{id}.jpg"
        raise StudioError(f"The image {path} is missing; put it back or take {id} out of the image set.")
    path = folder.pictures / (names[0] if names else f"{id}.jpg")
    if len(names) > 1:
        odd.append(Oddity("doubles", str(path), f"beside {', '.join(names[1:])}"))
    if names and same_name(path.stem).casefold() != id.casefold():
        odd.append(Oddity("renamed", str(path), f"for {id}"))
    return path


def _flag(element: xml_tree.Element, tag: str) -> bool:
    return xml_tree.text(element, tag).lower() in ("1", "1.0", "true", "t", "yes", "y")


def _size(element: xml_tree.Element, tag: str) -> int:
    text = xml_tree.text(element, tag).removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
