"""CVAT's XML for video, version 1.1: a `track` an object or point, a shape an observation.

`<polygon points="x,y;x,y;…">` for objects with masks, else `<box xtl ytl xbr ybr>`, and `<points
points="x,y">`. Places are continuous pixels from the corner of the top left one, as here, written so that
reading gives the very same float32. `frame` is that of the source from 0; `start_frame`, `stop_frame` and
`frame_filter` say which of them a task shows. Where a track goes out of sight, a shape with `outside="1"`
says so; where nobody said that it does but nothing is known of it, its `origin` is `propagated`.

CVAT keeps only shapes with `keyframe="1"` and draws straight lines between them, so every shape is written
as such. Where it comes from is its attribute `origin`, left out where it is `annotated` in tracks of
`source="manual"`, `propagated` (objects) or `linked` (points) in tracks of `source="auto"`. CVAT has no
tracks of masks, and one kind of shape and one ring a track: the parts and holes of a mask are sewn together
(see `seams`), which fills the same pixels. A nameless track has the label `unnamed`.
Source: CVAT's documentation, "XML annotation format", version 1.1; `dataset_manager/formats/cvat.py`.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from core.datasets.clip import Clip
from core.geometry import decode_mask
from core.polygons import outline
from core.trajectories.exchange.assembling import counted
from core.trajectories.exchange.replacing import replacing
from core.trajectories.exchange.seams import joined
from core.trajectories.model import KEYFRAMES, ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.sight import occluded, outside

NAMELESS = "unnamed"
ORIGINS = {origin.name.lower(): origin for origin in Origin}
_WORDS = {int(origin): word for word, origin in ORIGINS.items()}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FLAGS = '" keyframe="1" outside="{}" occluded="{}"'
_ATTRIBUTE = (
    "<attributes><attribute><name>origin</name><mutable>True</mutable><input_type>select</input_type>"
    f"<default_value>annotated</default_value><values>{chr(10).join(ORIGINS)}</values></attribute></attributes>"
)


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write objects, then points.

    An object without any mask is written as boxes. In all others an observation without one becomes the
    pixels that its box touches.

    Raises:
        StudioError: the file cannot be written.
    """
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as file:
        file.write(_head(clip, points, objects))
        for number, one in enumerate(objects):
            file.writelines(_object_track(clip, number, one))
        file.writelines(_point_tracks(clip, len(objects), points))
        file.write("</annotations>\n")


def losses(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> list[str]:
    """What CVAT makes of the file."""
    mixed = [one for one in objects if any(one.masks) and not all(one.masks)]
    boxes = sum(runs is None for one in mixed for runs in one.masks)
    found = []
    if boxes:
        found.append(
            f"CVAT keeps one kind of shape a track, so {counted(boxes, 'box')} of objects with masks become "
            "polygons."
        )
    if any(any(one.masks) for one in objects):
        found.append(
            "CVAT's polygons have one ring, so parts and holes of masks are joined by lines; the pixels "
            "within stay the same."
        )
    labels = sorted({*points.labels, *(one.label for one in objects)})
    others = [label for label in labels if label == NAMELESS or label != _clean(label)]
    if others:
        found.append(f"CVAT cannot hold every label: {_clean(others[0])} becomes another one, or none.")
    return found


def _head(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> str:
    names = {one.label or NAMELESS for one in objects} | {label or NAMELESS for label in points.labels}
    labels = "".join(
        f"<label><name>{escape(_clean(name))}</name>{_ATTRIBUTE}</label>" for name in sorted(names)
    )
    first, last = clip.source_frames(np.array([0, clip.frames - 1])).tolist()
    step = f"step={clip.step}" if clip.step > 1 else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n<meta><task>'
        f"<name>{escape(_clean(clip.name))}</name><size>{clip.frames}</size><mode>interpolation</mode>"
        f"<start_frame>{first}</start_frame><stop_frame>{last}</stop_frame><frame_filter>{step}</frame_filter>"
        f"<labels>{labels}</labels><original_size><width>{clip.width}</width><height>{clip.height}</height>"
        "</original_size></task></meta>\n"
    )


def _track(number: int, label: str, auto: bool) -> str:
    source = "auto" if auto else "manual"
    return f'<track id="{number}" label={quoteattr(_clean(label))} source="{source}">\n'


def _object_track(clip: Clip, number: int, one: ObjectTrajectory) -> Iterator[str]:
    auto = not np.isin(one.origin, KEYFRAMES).any()
    usual = Origin.PROPAGATED if auto else Origin.ANNOTATED
    yield _track(number, one.label or NAMELESS, auto)
    corners, frames = one.boxes.astype(str).tolist(), one.frames.tolist()
    source, hidden = clip.source_frames(one.frames).tolist(), occluded(one).tolist()
    gone = set(outside(one)[:, 0].tolist())
    columns = zip(source, corners, one.origin.tolist(), hidden, strict=True)
    for place, (frame, box, origin, is_hidden) in enumerate(columns):
        tag, shape = _polygon(one, place, clip) if any(one.masks) else _box(box)
        yield _shape(tag, frame, shape, origin, usual, is_hidden)
        after = frames[place] + 1
        goes_on = place + 1 < len(frames) and frames[place + 1] == after
        if not goes_on and after < clip.frames:
            said = Origin.ANNOTATED if after in gone else Origin.PROPAGATED
            yield _shape(tag, frame + clip.step, shape, said, usual, is_outside=True)
    yield "</track>\n"


def _shape(
    tag: str,
    frame: int,
    place: str,
    origin: int,
    usual: int,
    is_occluded: bool = False,
    is_outside: bool = False,
) -> str:
    head = f'<{tag} frame="{frame}{_FLAGS.format(int(is_outside), int(is_occluded))}{place}'
    if origin == usual:
        return f"{head}/>\n"
    return f'{head}><attribute name="origin">{_WORDS[origin]}</attribute></{tag}>\n'


def _box(corners: Sequence[str]) -> tuple[str, str]:
    names = ("xtl", "ytl", "xbr", "ybr")
    return "box", "".join(f' {name}="{value}"' for name, value in zip(names, corners, strict=True))


def _polygon(one: ObjectTrajectory, place: int, clip: Clip) -> tuple[str, str]:
    runs = one.masks[place]
    if runs is None:
        left, top = np.floor(one.boxes[place, :2]).tolist()
        right, bottom = np.ceil(one.boxes[place, 2:]).tolist()
        ring = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    else:
        ring = joined(outline(decode_mask(runs, clip.height, clip.width)))
    return "polygon", ' points="' + ";".join(f"{x:.0f},{y:.0f}" for x, y in ring.tolist()) + '"'


def _point_tracks(clip: Clip, start: int, points: PointTrajectories) -> Iterator[str]:
    """The text of each track of points, numbered from `start`."""
    given = np.isin(points.origin, KEYFRAMES)
    auto = ~np.isin(np.arange(len(points)), points.owner[given])
    usual = np.where(auto, Origin.LINKED, Origin.ANNOTATED)
    xy = points.xy.astype(str).tolist()
    columns = (clip.source_frames(points.frame), points.origin, usual[points.owner])
    shapes = [
        _shape("points", frame, f' points="{x},{y}"', origin, normal)
        for (x, y), frame, origin, normal in zip(xy, *(column.tolist() for column in columns), strict=True)
    ]
    ends = points.offsets.tolist()
    for place, last in enumerate(points.last.tolist()):
        yield _track(start + place, points.labels[place] or NAMELESS, bool(auto[place]))
        yield from shapes[ends[place] : ends[place + 1]]
        if last + 1 < clip.frames:
            x, y = xy[ends[place + 1] - 1]
            after = int(clip.source_frames(np.array([last + 1]))[0])
            yield _shape("points", after, f' points="{x},{y}"', 0, 0, is_outside=True)
        yield "</track>\n"


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold at all."""
    return _NO_XML.sub("�", text)
