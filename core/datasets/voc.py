"""PASCAL VOC detection data, in the layout of 2007 and 2012.

Corners in the files are 1-based and inclusive: `[xmin, ymin, xmax, ymax]` becomes the box
`[xmin - 1, ymin - 1, xmax, ymax]` of `core.geometry`, here and in files of detections
(`core.evaluation.comp4`) alone. Some boxes of 2012 have decimals, children of `bndbox` come in any
order, and `part` elements carry names and boxes of their own, which are left alone.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from core.datasets.image import image_size
from core.errors import StudioError

CLASSES = (
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
_PLAIN_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_LARGEST = 10_000_000  # bytes of an XML file
_DEEPEST = 32  # elements within elements; VOC's files have 5


@dataclass(frozen=True, eq=False)
class VocObject:
    """One object of an image.

    Attributes:
        name: one of `CLASSES`.
        box: (4,) float32, pixels (see `core.geometry`).
        difficult: neither counted nor held against a detector.
        truncated: the box does not hold all of the object.
    """

    name: str
    box: np.ndarray
    difficult: bool
    truncated: bool


@dataclass(frozen=True)
class VocImage:
    """One image and its objects; `width` and `height` in pixels, `id` such as `000012`."""

    id: str
    path: Path
    width: int
    height: int
    objects: tuple[VocObject, ...]


def read_split(voc: Path, year: int, name: str) -> tuple[VocImage, ...]:
    """The images of one list of `ImageSets/Main`, in its order.

    Args:
        voc: the VOCdevkit folder, the folder above it, or `VOC<year>` itself.
        year: 2007, 2012, or another that has a folder `VOC<year>`.
        name: of the list, such as `trainval` or `test`.

    Returns:
        Images with their objects; without objects, and sizes from the images, where the set has no
        annotations at all (the test set of 2012).

    Raises:
        StudioError: a folder, list, image or annotation is missing or broken; says which.
    """
    folder = _year_folder(voc, year)
    ids = _ids(folder, name)
    annotations = folder / "Annotations"
    has_annotations = any((annotations / f"{id}.xml").is_file() for id in ids)
    return tuple(
        read_image_annotation(folder, id) if has_annotations else _without_annotation(folder, id)
        for id in ids
    )


def read_image_annotation(folder: Path, id: str) -> VocImage:
    """One image of a `VOC<year>` folder by its id.

    Raises:
        StudioError: the image or its annotation is missing or broken.
    """
    path = folder / "Annotations" / f"{id}.xml"
    root = _parse(path)
    image = _image_path(folder, id)
    size = _child(root, "size")
    width, height = (0, 0) if size is None else (_size(size, "width"), _size(size, "height"))
    if not width or not height:
        width, height = image_size(image)
    objects = tuple(_object(element, path) for element in root if element.tag == "object")
    return VocImage(id, image, width, height, objects)


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


def _object(element: ElementTree.Element, path: Path) -> VocObject:
    name, box = _text(element, "name"), _child(element, "bndbox")
    if name not in CLASSES:
        raise StudioError(
            f"{path} has an object of the class {name[:40]!r}; use the names of VOC's twenty classes."
        )
    try:
        x1, y1, x2, y2 = (float(_text(box, corner)) for corner in _CORNERS)
    except ValueError as error:
        raise StudioError(f"{path} has a {name} without the four corners of its box; add them.") from error
    if not all(abs(value) < 1e6 for value in (x1, y1, x2, y2)) or x2 < x1 or y2 < y1:  # NaN is not below
        raise StudioError(f"{path} has a {name} whose box {x1:g} {y1:g} {x2:g} {y2:g} is no box; correct it.")
    box_of_ours = np.array([x1 - 1, y1 - 1, x2, y2], np.float32)
    return VocObject(name, box_of_ours, _flag(element, "difficult"), _flag(element, "truncated"))


def _without_annotation(folder: Path, id: str) -> VocImage:
    path = _image_path(folder, id)
    return VocImage(id, path, *image_size(path), objects=())


def _year_folder(voc: Path, year: int) -> Path:
    for folder in (voc / f"VOC{year}", voc / "VOCdevkit" / f"VOC{year}", voc):
        other_year = re.fullmatch(r"VOC\d{4}", folder.name) and folder.name != f"VOC{year}"
        if (folder / "ImageSets" / "Main").is_dir() and not other_year:
            return folder
    raise StudioError(
        f"{voc} holds no VOC{year}; choose the VOCdevkit folder with VOC{year}/ImageSets/Main in it."
    )


def _ids(folder: Path, name: str) -> list[str]:
    path = folder / "ImageSets" / "Main" / f"{name}.txt"
    if not _PLAIN_NAME.fullmatch(name) or not path.is_file():
        present = ", ".join(sorted(item.stem for item in path.parent.glob("*.txt") if "_" not in item.stem))
        raise StudioError(f"{folder.name} has no image set {name!r}; it has {present or 'none'}.")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StudioError(f"{path} cannot be read as a list of images; restore it.") from error
    ids = [line.split()[0] for line in lines if line.strip()]
    wrong = next((id for id in ids if not _PLAIN_NAME.fullmatch(id)), None)
    if wrong is not None:
        raise StudioError(f"{path} lists {wrong[:40]!r}, which is no image id; correct it.")
    if not ids:
        raise StudioError(f"{path} lists no images; restore it.")
    return ids


def _image_path(folder: Path, id: str) -> Path:
    path = folder / "JPEGImages" / f"{id}.jpg"
    if not path.is_file():
        raise StudioError(f"The image {path} is missing; put it back or take {id} out of the image set.")
    return path


class _LimitedTree(ElementTree.TreeBuilder):
    """Builds a tree; refuses document types (entities come with them) and deep nesting."""

    depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> ElementTree.Element:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise StudioError("nests its elements too deeply")
        return super().start(tag, attributes)

    def end(self, tag: str) -> ElementTree.Element:
        self.depth -= 1
        return super().end(tag)

    def doctype(self, *_: object) -> None:
        raise StudioError("declares a document type (DOCTYPE), which can carry hostile entities")


def _parse(path: Path) -> ElementTree.Element:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError as error:
        raise StudioError(f"The annotation {path} is missing; put it back.") from error
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    if len(data) > _LARGEST:
        raise StudioError(f"{path} is larger than 10 MB, so it is no VOC annotation; restore it.")
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=_LimitedTree()))
    except ElementTree.ParseError as error:
        raise StudioError(f"{path} is not whole XML ({error}); restore it.") from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise StudioError(f"{path} has an unknown encoding ({error}); save it as UTF-8.") from error
    except StudioError as error:
        raise StudioError(f"{path} {error}; take that out.") from error


def _children(element: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    return (child for child in element if isinstance(child.tag, str) and child.tag.lower() == tag)


def _child(element: ElementTree.Element, tag: str) -> ElementTree.Element | None:
    return next(_children(element, tag), None)


def _text(element: ElementTree.Element | None, tag: str) -> str:
    child = None if element is None else _child(element, tag)
    return "" if child is None or child.text is None else child.text.strip()


def _flag(element: ElementTree.Element, tag: str) -> bool:
    return _text(element, tag).lower() in ("1", "true", "yes")


def _size(element: ElementTree.Element, tag: str) -> int:
    text = _text(element, tag)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
