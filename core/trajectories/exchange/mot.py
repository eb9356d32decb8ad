"""MOTChallenge text, for evaluators and for programs that annotate.

Ground truth is a folder: `gt/gt.txt` with lines `frame,id,left,top,width,height,1,class,visibility`, a line
an observation (1: it counts; visibility 0 where it is occluded, as datumaro has it, else 1), `gt/labels.txt`
with the name of class n in line n, as CVAT and datumaro have it, and `seqinfo.ini`. Results are a file of
lines `frame,id,left,top,width,height,confidence,-1,-1,-1`.

Everything counts from 1 there: frames (of the source), ids, and pixels, so 1 is added to the frame and to
the left and top of our boxes on writing and taken off on reading. Numbers are written with five decimals.
A confidence of 0 means "not to be considered", so ours is written as at least 0.001.
Source: Milan et al., MOT16, 2016; what evaluators count, by TrackEval's `mot_challenge_2d_box.py`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import some
from core.trajectories.exchange.assembling import counted
from core.trajectories.exchange.mot_folder import INFO, LABELS, TRUTH
from core.trajectories.exchange.mot_reading import CLASSES, NAMELESS
from core.trajectories.exchange.replacing import replacing, replacing_folder
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from core.trajectories.sight import occluded

_LEAST = 0.001
_NUMBERED = re.compile(r"object \d+")  # as label pictures are imported: a number, no class


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write boxes as ground truth into the folder `path`, numbered from 1 in the order given.

    Points have no place in this format.

    Raises:
        StudioError: `path` holds other files, or cannot be written.
    """
    names = _classes(objects)
    number = {name: place for place, name in enumerate(names, start=1)}
    classes = np.repeat([number[_class(one)] for one in objects], [len(one.frames) for one in objects])
    ones = np.ones(len(classes), np.int64)
    seen = ones - np.concatenate([np.zeros(0, np.int64), *(occluded(one) for one in objects)]).astype(
        np.int64
    )
    with replacing_folder(path, TRUTH, LABELS, INFO) as partial:
        (partial / TRUTH).parent.mkdir()
        _write_lines(partial / TRUTH, clip, objects, (ones, classes, seen))
        (partial / LABELS).write_text("\n".join(names) + "\n", encoding="utf-8", newline="\n")
        (partial / INFO).write_text(_info(clip), encoding="utf-8", newline="\n")


def write_results(
    clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path
) -> None:
    """Write boxes as the results of a tracker, numbered as `write` does; points have no place there.

    Raises:
        StudioError: the file cannot be written.
    """
    sure = np.concatenate([np.zeros(0), *(one.confidence for one in objects)])
    none = np.full(len(sure), -1)
    with replacing(path) as partial:
        _write_lines(partial, clip, objects, (np.maximum(sure, _LEAST).round(5), none, none, none))


def losses(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> list[str]:
    """What evaluators and annotation programs make of the ground truth."""
    boxes = Counter[str]()
    for one in objects:
        boxes[_class(one)] += len(one.frames)
    names = _classes(objects)
    others = [name for name in boxes if name != names[0]]
    lost = sum(boxes[name] for name in others)
    found = []
    if others:
        found.append(
            f"TrackEval counts class 1 alone ({names[0]}): {counted(lost, 'box')} of {some(others)} do "
            "not count; give all objects one label, or none, for a score over all of them."
        )
    if len(names) > len(CLASSES):
        found.append(
            f"TrackEval refuses more than {len(CLASSES)} classes, and there are {len(names)}; give the "
            "objects fewer labels."
        )
    others = sorted(
        {one.label for one in objects if one.label not in ("", _class(one)) or one.label == NAMELESS}
    )
    if others:
        found.append(
            f"MOTChallenge names classes in lines, so labels such as {others[0].strip()} are not kept."
        )
    if objects:
        found.append(
            "CVAT and datumaro count pixels from 0, so boxes lie a pixel further right and down there."
        )
    return found


def _class(one: ObjectTrajectory) -> str:
    label = " ".join(one.label.replace("\ufeff", " ").split())  # a mark would vanish from the first line
    return NAMELESS if not label or _NUMBERED.fullmatch(label) else label


def _classes(objects: Sequence[ObjectTrajectory]) -> list[str]:
    """The names of classes from 1 on: MOT16's where these are enough, else the most frequent one first.

    Evaluators count class 1 alone, so MOT16's are no use where there are no pedestrians.
    """
    boxes = Counter[str]()
    for one in objects:
        boxes[_class(one)] += len(one.frames)
    if CLASSES[0] in boxes and boxes.keys() <= set(CLASSES):
        return list(CLASSES)
    return sorted(boxes, key=lambda name: (-boxes[name], name)) or [NAMELESS]


def _write_lines(
    path: Path, clip: Clip, objects: Sequence[ObjectTrajectory], more: Sequence[np.ndarray]
) -> None:
    """A line an observation, by frame, then id; `more` are columns that follow the box."""
    ids = np.repeat(np.arange(1, len(objects) + 1), [len(one.frames) for one in objects])
    frames = clip.source_frames(np.concatenate([np.zeros(0, np.int64), *(one.frames for one in objects)])) + 1
    boxes = np.concatenate([np.zeros((0, 4)), *(one.boxes for one in objects)])
    places = np.column_stack([boxes[:, :2] + 1, boxes[:, 2:] - boxes[:, :2]]).round(5)
    order = np.lexsort((ids, frames))
    columns = [column[order].tolist() for column in (frames, ids, *places.T, *more)]
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.writelines(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def _info(clip: Clip) -> str:
    """`seqinfo.ini`: TrackEval reads its length, datumaro wants all of these and no other keys."""
    name = " ".join(clip.name.split())
    last = int(clip.source_frames(np.array([clip.frames - 1]))[0])
    suffix = ".jpg" if clip.is_video else Path(clip.files[0]).suffix
    return (
        f"[Sequence]\n; how many frames a second is not known\nname={name}\nimDir=img1\nframeRate=30\n"
        f"seqLength={last + 1}\nimWidth={clip.width}\nimHeight={clip.height}\nimExt={suffix}\n"
    )
