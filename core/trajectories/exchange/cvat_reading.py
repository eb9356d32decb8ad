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
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, counted, number_owners
from core.trajectories.exchange.cvat import NAMELESS, ORIGINS
from core.trajectories.exchange.cvat_shapes import read_shape
from core.trajectories.exchange.cvat_tasks import Task, TaskReader, choose_task, frames_of_task
from core.trajectories.exchange.reading import read_bytes
from core.trajectories.model import KEYFRAMES, Flag, ObjectTrajectory, Origin

_DEEPEST = 32  # elements within elements; CVAT's files have 6
_PART = 1 << 20  # bytes fed to the parser at a time
_LONGEST = 1000  # characters of a text that are kept
_FILE = "annotations.xml"


@dataclass
class _Shapes:
    """The shapes of one kind, in the order of the file: the track, frame, place and so on of each.

    `origin` is -1 where the file does not say, `faults` what is wrong with a shape. `out` has the shapes
    after which their track is said not to be seen, and the origin of what says so.
    """

    track: list[int] = field(default_factory=list)
    frame: list[float] = field(default_factory=list)
    keyframe: list[bool] = field(default_factory=list)
    place: list[str] = field(default_factory=list)
    mask: list[bytes | None] = field(default_factory=list)
    origin: list[int] = field(default_factory=list)
    occluded: list[bool] = field(default_factory=list)
    out: dict[int, int] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Track:
    id: str
    label: str
    automatic: bool


def read(path: Path, clip: Clip) -> Tracks:
    """The objects and points of a file, or of the `annotations.xml` in a folder.

    Shapes with `keyframe="1"` are annotated, unless their attribute `origin` or the `source="auto"` of
    their track says otherwise; all others are propagated, those of points in automatic tracks linked. A
    track without a shape in some frame has a gap there, whatever CVAT would draw. A shape with `outside="1"`
    makes the one before it a keyframe that says so, but for what is automatic.

    Raises:
        StudioError: the file is missing, no such XML, of another clip or task, or holds nothing that is read.
    """
    path = path / _FILE if path.is_dir() else path
    data = read_bytes(path)
    if data.startswith(b"PK\x03\x04"):
        raise StudioError(f"{path} is a zip archive; unpack it and choose {_FILE} in it.")
    shapes = _Target(path, clip)
    parser = ElementTree.XMLParser(target=shapes)
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
    return shapes.tracks()


class _Target:
    """Collects shapes while the parser reads; each method but `tracks` is one that the parser calls."""

    def __init__(self, path: Path, clip: Clip) -> None:
        self.is_cvat = False
        self._path, self._clip = path, clip
        self._points, self._objects = _Shapes(), _Shapes()
        self._said: Counter[tuple[str, str]] = Counter()
        self._reader = TaskReader()
        self._task: Task | None = None
        self._tracks: list[_Track] = []
        self._track = -1  # among them; -1 for one of another task
        self._skeleton: dict[str, str] = {}
        self._parts: dict[tuple[int, str], int] = {}  # of skeletons: track and label → its own track
        self._seen: dict[
            int, tuple[float, bool]
        ] = {}  # track → its last frame, and whether a keyframe is in it
        self._unfilled: set[int] = set()
        self._last: tuple[list[int] | dict[int, int], int] | None = None  # where the origin that follows goes
        self._before: dict[int, int] = {}  # track → its last shape, of an object
        self._attribute = ""
        self._open: list[str] = []
        self._text = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._open.append(tag)
        self._text = ""
        match self._open:
            case ["annotations"]:
                self.is_cvat = True
            case [_, "track"]:
                self._begin_track(attributes)
            case [_, "image"]:
                raise StudioError(
                    f"{self._path} is of single images; export the task in CVAT as CVAT for video 1.1."
                )
            case [_, "track", "skeleton"]:
                self._skeleton = attributes
                self._said["Taken as points", "skeleton"] += self._track >= 0
            case [_, "track", "skeleton", "points"]:
                part = self._part(attributes.get("label", ""))
                self._shape(tag, {**self._skeleton, **attributes}, part)
            case [_, "track", _]:
                self._shape(tag, attributes, self._track)
            case [_, "track", *_, "attribute"]:
                self._attribute = attributes.get("name", "")
        if len(self._open) > _DEEPEST:
            raise StudioError(
                f"{self._path} nests its elements too deeply; choose a file that CVAT exported."
            )

    def end(self, tag: str) -> None:
        if self._open[1:2] == ["meta"]:
            self._reader.end(self._open, self._text)
            if len(self._open) == 2:
                self._task = choose_task(self._reader.tasks, self._path, self._clip)
        elif tag == "attribute" and self._attribute == "origin" and self._last is not None:
            into, row = self._last
            into[row] = ORIGINS.get(self._text.strip(), -1)
        self._open.pop()
        self._text = ""

    def data(self, text: str) -> None:
        if len(self._text) < _LONGEST:
            self._text += text

    def doctype(self, *_: object) -> None:
        raise StudioError(
            f"{self._path} declares a document type (DOCTYPE), which can carry hostile entities; "
            "take that out."
        )

    def close(self) -> None:
        """Called at the end of a whole document."""

    def tracks(self) -> Tracks:
        """The trajectories, once the document is read.

        Raises:
            StudioError: there is nothing that can be taken, or too many shapes are odd.
        """
        points, objects, odd = NO_POINTS, list[ObjectTrajectory](), list[str]()
        name = self._path.name
        if self._points.track:
            rows, xy, frames = self._rows(self._points, "point")
            points, said = rows.points(xy)
            odd += frames + said
        if self._objects.track:
            rows, boxes, frames = self._rows(self._objects, "object")
            objects, said = rows.objects(boxes, masks=self._objects.mask)
            odd += frames + said
        counts = {which: count for which, count in self._said.items() if count}
        said = [f"{how}, in {name}: {counted(count, what)}." for (how, what), count in counts.items()]
        if said and not len(points) and not objects:
            listed = ", ".join(counted(count, what) for (_, what), count in counts.items())
            raise StudioError(
                f"{self._path} holds nothing but {listed}; draw boxes, polygons, masks or points."
            )
        if self._unfilled:
            tracks = counted(len(self._unfilled), "track")
            said.append(
                f"Not filled, in {name}: frames between keyframes of {tracks}; densify the clip for them."
            )
        return points, objects, list(dict.fromkeys(said + odd))

    def _begin_track(self, attributes: dict[str, str]) -> None:
        task = attributes.get("task_id", "")
        if task and self._task is not None and len(self._reader.tasks) > 1 and task != self._task.id:
            self._track = -1
            self._said["Left out", "track of other tasks"] += 1
            return
        self._track = len(self._tracks)
        label, auto = attributes.get("label", ""), attributes.get("source") == "auto"
        self._tracks.append(_Track(attributes.get("id", "?")[:40], label, auto))

    def _part(self, label: str) -> int:
        """The track of a point of the open skeleton."""
        if self._track < 0:
            return -1
        part = self._parts.get((self._track, label))
        if part is None:
            part = self._parts[self._track, label] = len(self._tracks)
            whole = self._tracks[self._track]
            self._tracks.append(_Track(f"{whole.id} {label[:40]}", f"{whole.label} {label}", whole.automatic))
        return part

    def _shape(self, tag: str, attributes: dict[str, str], track: int) -> None:
        self._last = None
        if track < 0:
            return
        frame, outside = _number(attributes.get("frame")), attributes.get("outside") == "1"
        keyframe = attributes.get("keyframe", "1") == "1"
        self._look_for_gap(track, frame, keyframe, outside)
        if outside:
            self._go_out(track, frame)
            return
        into, fault = self._points if tag == "points" else self._objects, ""
        try:
            shape = read_shape(tag, attributes, self._clip)
        except ValueError:
            shape, fault = None, f"a <{tag[:20]}> that does not say a place in the frame"
        if shape is None and not fault:
            several = tag == "points"
            self._said["Left out", "shape with several points" if several else f"<{tag[:20]}>"] += 1
            return
        self._last = into.origin, len(into.track)
        if into is self._objects:
            self._before[track] = len(into.track)
        if fault:
            into.faults[len(into.track)] = fault
        elif shape is not None and shape.taken:
            self._said[shape.taken, tag] += 1
        into.track.append(track)
        into.frame.append(frame)
        into.keyframe.append(keyframe)
        into.place.append("" if shape is None else shape.place)
        into.mask.append(None if shape is None else shape.mask)
        into.origin.append(-1)
        into.occluded.append(attributes.get("occluded") == "1")

    def _go_out(self, track: int, frame: float) -> None:
        """Note the last shape of a track before a frame in which it is said not to be seen."""
        row, shapes = self._before.get(track), self._objects
        if row is not None and shapes.frame[row] < frame and row not in shapes.out:
            shapes.out[row] = -1
            self._last = shapes.out, row

    def _look_for_gap(self, track: int, frame: float, keyframe: bool, outside: bool) -> None:
        """Note tracks that skip frames between two keyframes, which CVAT itself never does on writing."""
        before, was_keyframe = self._seen.get(track, (frame, False))
        step = 1 if self._task is None else self._task.step
        if was_keyframe and keyframe and frame - before > step:
            self._unfilled.add(track)
        self._seen[track] = frame, keyframe and not outside

    def _rows(self, shapes: _Shapes, kind: str) -> tuple[Listing, np.ndarray, list[str]]:
        """The rows of one kind, (M, 2) or (M, 4) places, and what is said of their frames."""
        tracks, owner = number_owners(np.array(shapes.track, np.int64))
        known = [self._tracks[track] for track in tracks.tolist()]
        automatic = np.array([track.automatic for track in known], bool)[owner]
        usual = Origin.LINKED if kind == "point" else Origin.PROPAGATED
        origin = np.where(automatic, usual, Origin.ANNOTATED)
        origin = np.where(shapes.keyframe, origin, np.where(automatic, usual, Origin.PROPAGATED))
        origin = np.where(np.array(shapes.origin) >= 0, shapes.origin, origin)
        flags = np.where(shapes.occluded, int(Flag.OCCLUDED), 0).astype(np.uint8)
        for row, says in shapes.out.items():
            if (
                says if says >= 0 else Origin.PROPAGATED if automatic[row] else Origin.ANNOTATED
            ) in KEYFRAMES:
                flags[row] |= Flag.OUTSIDE
                origin[row] = origin[row] if origin[row] in KEYFRAMES else Origin.ANNOTATED
        places = _places(shapes, 2 if kind == "point" else 4)
        frames = frames_of_task(np.array(shapes.frame, np.float64), self._task, self._path, self._clip)
        rows = Listing(
            self._path,
            self._clip,
            owner,
            frames.frame,
            [track.id for track in known],
            origin,
            ["" if track.label == NAMELESS else track.label for track in known],
            own_faults=shapes.faults,
            numbers=frames.numbers,
            span=frames.span,
            flags=flags,
        )
        return rows, places, frames.warnings


def _number(text: str | None) -> float:
    """NaN for what is none."""
    try:
        return float("nan" if text is None else text)
    except ValueError:
        return float("nan")


def _places(shapes: _Shapes, size: int) -> np.ndarray:
    """(M, size) float64; what is no number becomes a fault."""
    missing = ",".join(["nan"] * size)
    texts = [place or missing for place in shapes.place]
    try:
        values = np.fromiter(map(float, ",".join(texts).split(",")), np.float64)
        return values.reshape(-1, size)
    except ValueError:
        rows = [[_number(part) for part in text.split(",")] for text in texts]
        return np.array(rows, np.float64).reshape(-1, size)
