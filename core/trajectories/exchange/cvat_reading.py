"""Read what `cvat` describes, as CVAT itself exports it or as `cvat.write` does.

The document is never held whole: shapes are collected as they are read. Document types are refused,
since entities come with them.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.geometry import encode_mask, mask_box
from core.trajectories.exchange import rle
from core.trajectories.exchange.assembling import (
    NO_POINTS,
    Listing,
    Tracks,
    counted,
    number_owners,
)
from core.trajectories.exchange.cvat import NAMELESS
from core.trajectories.exchange.reading import numbers, read_bytes
from core.trajectories.model import Origin

_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_DEEPEST = 32  # elements within elements; CVAT's files have 6
_PART = 1 << 20  # bytes fed to the parser at a time


@dataclass
class _Shapes:
    """The shapes of one kind, in the order of the file: the track, frame, keyframe and place of each."""

    track: list[int] = field(default_factory=list)
    frame: list[str] = field(default_factory=list)
    keyframe: list[bool] = field(default_factory=list)
    place: list[str] = field(default_factory=list)
    mask: list[bytes | None] = field(default_factory=list)


def read(path: Path, clip: Clip) -> Tracks:
    """The objects and points of a file.

    Shapes with `keyframe="1"` are annotated, unless their track says `source="auto"`; all others are
    propagated, those of points in automatic tracks linked. A track without a shape in some frame has a
    gap there, whatever CVAT would draw.

    Raises:
        StudioError: the file is missing, no such XML, or of another clip.
    """
    shapes = _Target(path, clip)
    parser = ElementTree.XMLParser(target=shapes)
    data = read_bytes(path)
    try:
        for start in range(0, len(data), _PART):
            parser.feed(data[start : start + _PART])
        parser.close()
    except ElementTree.ParseError as error:
        raise StudioError(f"{path} is not whole XML ({error}); export it again.") from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise StudioError(f"{path} has an unknown encoding; save it as UTF-8.") from error
    if not shapes.is_cvat:
        raise StudioError(f"{path} has no <annotations>; choose a file that CVAT exported for video.")
    rows, texts = shapes.rows(shapes.points, "point")
    points, split = NO_POINTS, list[str]()
    if texts:
        pairs = numbers(",".join(texts).split(","), path, "points").reshape(-1, 2)
        points, split = rows.points(pairs)
    rows, texts = shapes.rows(shapes.objects, "object")
    boxes = numbers(",".join(texts).split(",") if texts else [], path, "boxes").reshape(-1, 4)
    warnings = [
        f"{how}, in {path.name}: {counted(count, what)}." for (how, what), count in shapes.odd.items()
    ]
    objects, odd = rows.objects(boxes, masks=shapes.objects.mask)
    return points, objects, warnings + split + odd


class _Target:
    """Collects shapes while the parser reads; each method is one that the parser calls."""

    def __init__(self, path: Path, clip: Clip) -> None:
        self.points, self.objects = _Shapes(), _Shapes()
        self.odd: Counter[tuple[str, str]] = Counter()
        self.is_cvat = False
        self._path, self._clip = path, clip
        self._tracks: list[tuple[str, str, bool]] = []  # id, label, automatic
        self._open: list[str] = []
        self._text = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._open.append(tag)
        self._text = ""
        if len(self._open) == 3 and self._open[1] == "track":
            if attributes.get("outside") != "1":
                self._shape(tag, attributes)
        elif len(self._open) == 2 and tag == "track":
            auto = attributes.get("source") == "auto"
            self._tracks.append((attributes.get("id", "?")[:40], attributes.get("label", ""), auto))
        elif len(self._open) == 2 and tag == "image":
            raise StudioError(
                f"{self._path} is of single images; export the task in CVAT as CVAT for video 1.1."
            )
        elif len(self._open) == 1:
            self.is_cvat = tag == "annotations"
        elif len(self._open) > _DEEPEST:
            raise StudioError(
                f"{self._path} nests its elements too deeply; choose a file that CVAT exported."
            )

    def end(self, tag: str) -> None:
        self._open.pop()
        if self._open[-1:] == ["original_size"]:
            own = {"width": self._clip.width, "height": self._clip.height}.get(tag)
            if own is not None and self._text.strip() != str(own):
                raise StudioError(
                    f"{self._path} is of frames with a {tag} of {self._text.strip()[:20]!r} pixels while "
                    f"{self._clip.name} has {own}; choose the clip it belongs to."
                )

    def data(self, text: str) -> None:
        if self._open[-1] in ("width", "height"):
            self._text += text

    def doctype(self, *_: object) -> None:
        raise StudioError(
            f"{self._path} declares a document type (DOCTYPE), which can carry hostile entities; "
            "take that out."
        )

    def close(self) -> None:
        """Called at the end of a whole document."""

    def rows(self, shapes: _Shapes, kind: str) -> tuple[Listing, list[str]]:
        """The rows of one kind, and the text of the place of each."""
        tracks, owner = number_owners(np.array(shapes.track, np.int64))
        known = [self._tracks[track] for track in tracks.tolist()]
        automatic = np.array([auto for *_, auto in known], bool)[owner]
        lines = Origin.LINKED if kind == "point" else Origin.PROPAGATED
        origin = np.where(
            automatic, lines, np.where(np.array(shapes.keyframe, bool), Origin.ANNOTATED, Origin.PROPAGATED)
        )
        labels = ["" if label == NAMELESS[kind] else label for _, label, _ in known]
        frame = numbers(shapes.frame, self._path, "frames")
        return Listing(
            self._path, self._clip, owner, frame, [id for id, *_ in known], origin, labels
        ), shapes.place

    def _shape(self, tag: str, attributes: dict[str, str]) -> None:
        into, mask = self.objects, None
        try:
            if tag == "points":
                into, place = self.points, attributes["points"]
                if ";" in place:
                    self.odd["Left out", "shape with several points"] += 1
                    return
                good = place.count(",") == 1
            elif tag == "box":
                place = ",".join([attributes[name] for name in _CORNERS])
                good = place.count(",") == 3
                if float(attributes.get("rotation", 0)):
                    self.odd["Taken without their rotation", "box"] += 1
            elif tag == "mask":
                mask, place = self._mask(attributes)
                good = True
            elif tag == "polygon":
                place, good = _around(attributes["points"]), True
                self.odd["Taken as boxes", "polygon"] += 1
            else:
                self.odd["Left out", f"<{tag[:20]}>"] += 1
                return
            frame = attributes["frame"]
        except (KeyError, ValueError, OverflowError) as error:
            raise self._damaged(tag) from error
        if not good:
            raise self._damaged(tag)
        into.track.append(len(self._tracks) - 1)
        into.frame.append(frame)
        into.keyframe.append(attributes.get("keyframe", "1") == "1")
        into.place.append(place)
        into.mask.append(mask)

    def _mask(self, attributes: dict[str, str]) -> tuple[bytes, str]:
        """Run lengths of the whole frame, and the corners of the box of its pixels."""
        sides = [int(float(attributes[name])) for name in ("left", "top", "width", "height")]
        left, top, width, height = sides
        inside = left + width <= self._clip.width and top + height <= self._clip.height
        if not inside or min(left, top) < 0 or min(width, height) < 1:
            raise ValueError("the mask reaches beyond the frame")
        counts = np.array(attributes["rle"].split(","), np.float64)
        mask = np.zeros((self._clip.height, self._clip.width), bool)
        mask[top : top + height, left : left + width] = rle.mask_by_row(counts, height, width)
        box = mask_box(mask)
        if box is None:
            raise ValueError("the mask is empty")
        return encode_mask(mask), ",".join(map(str, box.tolist()))

    def _damaged(self, tag: str) -> StudioError:
        return StudioError(
            f"{self._path} has a <{tag}> in track {self._tracks[-1][0]} that does not say a place in the "
            f"{self._clip.width} x {self._clip.height} pixels of {self._clip.name}; correct it."
        )


def _around(outline: str) -> str:
    """The corners of the box around an outline `x,y;x,y;…`.

    Raises:
        ValueError: it is no such text.
    """
    xy = np.array([pair.split(",") for pair in outline.split(";")], np.float64).reshape(-1, 2)
    return ",".join(map(str, [*xy.min(axis=0).tolist(), *xy.max(axis=0).tolist()]))
