"""PASCAL VOC detection data, in the layout of 2007 and 2012.

Corners in the files are 1-based and inclusive: `[xmin, ymin, xmax, ymax]` becomes the box
`[xmin - 1, ymin - 1, xmax, ymax]` of `core.geometry`, here and in files of detections
(`core.evaluation.comp4`) alone. Some boxes of 2012 have decimals, children of `bndbox` come in any
order, and `part` elements carry names and boxes of their own, which are left alone.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from core.datasets import xml_tree
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
_NO_BOX = "is no box, so the object is left out; correct it."
_PLAIN_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_NAMED = 3  # of many images, or of many faults, those that a sentence names


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
    """One image and its objects.

    Attributes:
        id: such as `000012`.
        path: of the JPEG, which need not be there (see `read_split`).
        width, height: in pixels; 0 where neither annotation nor JPEG says them, or no JPEG is to be opened.
        annotated: whether its objects are known; without an annotation there may be any.
        remarks: what is odd in the annotation and was left out or taken as it is, a sentence each.
    """

    id: str
    path: Path
    width: int
    height: int
    objects: tuple[VocObject, ...]
    annotated: bool = True
    remarks: tuple[str, ...] = ()


def read_split(voc: Path, year: int, name: str, *, pictures: bool = True) -> tuple[VocImage, ...]:
    """The images of one list of `ImageSets/Main`, in its order, each once.

    Args:
        voc: the VOCdevkit folder, the folder above it, or `VOC<year>` itself.
        year: 2007, 2012, or another that has a folder `VOC<year>`.
        name: of the list, such as `trainval` or `test`.
        pictures: whether the JPEGs are needed; only to measure detections they are not.

    Returns:
        Images with their objects; of those without an annotation (all of the test set of 2012), the size
        alone, from the JPEG.

    Raises:
        StudioError: a folder or list is missing, a needed image is, or an annotation is broken; says which.
    """
    folder = _year_folder(voc, year)
    return tuple(_image(folder, id, pictures) for id in _ids(folder, name))


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
        folder = _year_folder(voc, year)
        sources = (folder / "ImageSets" / "Main" / f"{name}.txt", folder / "Annotations")
        key = (sources, tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in sources))
        kept = self._kept
        if key != kept[0]:
            self._kept = kept = (key, read_split(voc, year, name, pictures=False))
        return kept[1]

    def forget(self) -> None:
        """Let go of what is kept."""
        self._kept = (None, ())


def read_image_annotation(folder: Path, id: str, *, pictures: bool = True) -> VocImage:
    """One image of a `VOC<year>` folder by its id.

    An object of another class than VOC's is left out, and one whose box is inverted or not finite; a box that
    reaches out of the image is taken as it is, as in the devkit; the image's remarks say so.

    Raises:
        StudioError: its annotation is missing or broken, or the image is missing and needed.
    """
    path = folder / "Annotations" / f"{id}.xml"
    root = xml_tree.parse(path)
    image = _image_path(folder, id, pictures)
    size = xml_tree.child(root, "size")
    width, height = (0, 0) if size is None else (_size(size, "width"), _size(size, "height"))
    if not (width and height):
        try:
            width, height = image_size(image)
        except StudioError:
            if pictures:
                raise
            width, height = 0, 0
    objects, remarks = [], []
    for element in xml_tree.children(root, "object"):
        place = f"{path}, line {element.line},"
        name = xml_tree.text(element, "name")
        if name not in CLASSES:
            remarks.append(f"{place} has an object of the class {name[:40]!r}, which is left out.")
            continue
        x1, y1, x2, y2 = corners = _corners(element, name, place)
        if not all(abs(value) < 1e6 for value in corners) or x2 < x1 or y2 < y1:  # NaN is not below
            remarks.append(f"{place} has a {name} whose box {x1:g} {y1:g} {x2:g} {y2:g} {_NO_BOX}")
            continue
        box = np.array([x1 - 1, y1 - 1, x2, y2], np.float32)
        one = VocObject(name, box, _flag(element, "difficult"), _flag(element, "truncated"))
        objects.append(one)
        if width and ((one.box[:2] < -1).any() or (one.box[2:] > (width + 1, height + 1)).any()):
            remarks.append(f"{place} has a {name} that reaches out of its image ({width} x {height} px).")
    return VocImage(id, image, width, height, tuple(objects), remarks=tuple(remarks))


def remarks_on(images: Sequence[VocImage], set_name: str) -> list[str]:
    """What is odd in the annotations of a set, in a few sentences: warnings for whoever works on it."""
    without = [image.id for image in images if not image.annotated]
    said = []
    if without:
        names = ", ".join(without[:_NAMED]) + (" …" if len(without) > _NAMED else "")
        said.append(
            f"Left out of {set_name}: {len(without):,} of {len(images):,} images, "
            f"without annotation ({names})."
        )
    remarks = [remark for image in images for remark in image.remarks]
    remarks.sort(key=lambda remark: not remark.endswith(_NO_BOX))  # they change what is measured
    said += remarks[:_NAMED]
    if len(remarks) > _NAMED:
        said.append(f"There are {len(remarks) - _NAMED:,} more remarks of this kind on {set_name}.")
    return said


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


def _corners(element: xml_tree.Element, name: str, place: str) -> tuple[float, ...]:
    box = xml_tree.child(element, "bndbox")
    try:
        return tuple(float(xml_tree.text(box, corner)) for corner in _CORNERS)
    except ValueError as error:
        raise StudioError(f"{place} has a {name} without the four corners of its box; add them.") from error


def _image(folder: Path, id: str, pictures: bool) -> VocImage:
    if (folder / "Annotations" / f"{id}.xml").is_file():
        return read_image_annotation(folder, id, pictures=pictures)
    path = _image_path(folder, id, pictures)
    width, height = image_size(path) if pictures else (0, 0)
    return VocImage(id, path, width, height, objects=(), annotated=False)


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
    ids = list(dict.fromkeys(line.split()[0] for line in lines if line.strip()))
    wrong = next((id for id in ids if not _PLAIN_NAME.fullmatch(id)), None)
    if wrong is not None:
        raise StudioError(f"{path} lists {wrong[:40]!r}, which is no image id; correct it.")
    if not ids:
        raise StudioError(f"{path} lists no images; restore it.")
    return ids


def _image_path(folder: Path, id: str, needed: bool) -> Path:
    path = folder / "JPEGImages" / f"{id}.jpg"
    if needed and not path.is_file():
        raise StudioError(f"The image {path} is missing; put it back or take {id} out of the image set.")
    return path


def _flag(element: xml_tree.Element, tag: str) -> bool:
    return xml_tree.text(element, tag).lower() in ("1", "true", "yes")


def _size(element: xml_tree.Element, tag: str) -> int:
    text = xml_tree.text(element, tag)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
