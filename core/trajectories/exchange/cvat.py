"""CVAT's XML for video, version 1.1: a `track` an object or point, a shape an observation.

`<box xtl ytl xbr ybr>`, `<mask rle left top width height>` (counts row by row within the box of its
pixels, background first) and `<points points="x,y">`, all with `frame` from 0 and `keyframe`. Places are
continuous pixels from the corner of the top left one, as here, written so that reading gives the very
same float32. Where a track goes out of sight, a shape with `outside="1"` says so.

CVAT keeps only shapes with `keyframe="1"` and draws straight lines between them. In a track of
`source="auto"` every shape is written as such, so that CVAT has the whole path, and none is a keyframe
here; in all other tracks they are what a person or ground truth gave. A nameless object has the label
`object`, a nameless point `point`, and reading takes these off again.
Source: CVAT's documentation, "XML annotation format", version 1.1; masks as its exports have them.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from core.datasets.clip import Clip
from core.geometry import decode_mask, mask_box
from core.trajectories.exchange import rle
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import KEYFRAMES, ObjectTrajectory, PointTrajectories

NAMELESS = {"object": "object", "point": "point"}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FLAGS = '" outside="{}" occluded="0" keyframe="{}"'


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write objects, then points; an object's observation is its mask, or its box where it has none.

    Raises:
        StudioError: the file cannot be written.
    """
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as file:
        file.write(_head(clip, points, objects))
        for number, one in enumerate(objects):
            file.writelines(_object_track(clip, number, one))
        file.writelines(_point_tracks(clip, len(objects), points))
        file.write("</annotations>\n")


def _head(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> str:
    names = {one.label or NAMELESS["object"] for one in objects}
    names |= {label or NAMELESS["point"] for label in points.labels}
    labels = "".join(f"<label><name>{escape(_clean(name))}</name></label>" for name in sorted(names))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n<meta><task>'
        f"<name>{escape(_clean(clip.name))}</name><size>{clip.frames}</size><mode>interpolation</mode>"
        f"<labels>{labels}</labels><original_size><width>{clip.width}</width><height>{clip.height}</height>"
        "</original_size></task></meta>\n"
    )


def _track(number: int, label: str, auto: bool) -> str:
    source = "auto" if auto else "manual"
    return f'<track id="{number}" label={quoteattr(_clean(label))} source="{source}">\n'


def _object_track(clip: Clip, number: int, one: ObjectTrajectory) -> Iterator[str]:
    given = np.isin(one.origin, KEYFRAMES)
    auto = not given.any()
    yield _track(number, one.label or NAMELESS["object"], auto)
    corners = one.boxes.astype(str).tolist()
    frames = one.frames.tolist()
    for place, (frame, box, keyframe) in enumerate(zip(frames, corners, given.tolist(), strict=True)):
        runs = one.masks[place]
        tag, shape = _box(box) if runs is None else _mask(runs, clip)
        yield f'<{tag} frame="{frame}{_FLAGS.format(0, int(keyframe or auto))}{shape}/>\n'
        goes_on = place + 1 < len(frames) and frames[place + 1] == frame + 1
        if not goes_on and frame + 1 < clip.frames:
            yield f'<{tag} frame="{frame + 1}{_FLAGS.format(1, 1)}{shape}/>\n'
    yield "</track>\n"


def _box(corners: Sequence[str]) -> tuple[str, str]:
    names = ("xtl", "ytl", "xbr", "ybr")
    return "box", "".join(f' {name}="{value}"' for name, value in zip(names, corners, strict=True))


def _mask(runs: bytes, clip: Clip) -> tuple[str, str]:
    mask = decode_mask(runs, clip.height, clip.width)
    box = mask_box(mask)
    left, top, right, bottom = (0, 0, 1, 1) if box is None else (int(side) for side in box)
    counts = ", ".join(map(str, rle.counts_by_row(mask[top:bottom, left:right]).tolist()))
    size = f'width="{right - left}" height="{bottom - top}"'
    return "mask", f' rle="{counts}" left="{left}" top="{top}" {size}'


def _point_tracks(clip: Clip, start: int, points: PointTrajectories) -> Iterator[str]:
    """The text of each track of points, numbered from `start`."""
    given = np.isin(points.origin, KEYFRAMES)
    auto = ~np.isin(np.arange(len(points)), points.owner[given])
    flags = [_FLAGS.format(0, keyframe) for keyframe in (0, 1)]
    xy = points.xy.astype(str).tolist()
    keys = (given | auto[points.owner]).astype(int).tolist()
    shapes = [
        f'<points frame="{frame}{flags[key]} points="{x},{y}"/>\n'
        for frame, (x, y), key in zip(points.frame.tolist(), xy, keys, strict=True)
    ]
    ends = points.offsets.tolist()
    for place, last in enumerate(points.last.tolist()):
        yield _track(start + place, points.labels[place] or NAMELESS["point"], bool(auto[place]))
        yield from shapes[ends[place] : ends[place + 1]]
        if last + 1 < clip.frames:
            x, y = xy[ends[place + 1] - 1]
            yield f'<points frame="{last + 1}{_FLAGS.format(1, 1)} points="{x},{y}"/>\n'
        yield "</track>\n"


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold at all."""
    return _NO_XML.sub("�", text)
