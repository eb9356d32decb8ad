"""What a CVAT file says of its tasks: which frames of a video they show, of what size, and their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import same_name
from core.errors import StudioError
from core.trajectories.exchange.frame_numbers import PASSED_OVER, FrameNumbers, count_frames

_FIELDS = ("id", "name", "source", "size", "start_frame", "frame_filter", "width", "height")
_BULK = 0.9  # of the shapes, which a reading must fit
_SHOWN = 5  # tasks of a sentence


@dataclass(frozen=True)
class Task:
    """A task, or a job of one.

    Attributes:
        id: that tracks of a project name.
        names: its own and that of its video or picture.
        size: how many frames it shows; 0 where that is not said.
        start, step: its n-th frame from 0 is frame `start + n * step` of its video.
        width, height: of its frames; empty where that is not said.
    """

    id: str
    names: tuple[str, ...]
    size: int
    start: int
    step: int
    width: str
    height: str


class TaskReader:
    """Collects tasks while a parser reads the `meta` element."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self._fields: dict[str, str] = {}

    def end(self, path: Sequence[str], text: str) -> None:
        """An element ends: its name and those above it, outermost first, and its text."""
        if path[-1] in ("task", "job"):
            self.tasks.append(_task(self._fields))
            self._fields = {}
        elif len(path) > 1 and path[-2] in ("task", "job", "original_size") and path[-1] in _FIELDS:
            self._fields[path[-1]] = text.strip()[:1000]


def choose_task(tasks: Sequence[Task], path: Path, clip: Clip) -> Task | None:
    """The task of a clip: the only one, or that of its name; None where the file speaks of none.

    Raises:
        StudioError: none of several has the clip's name, or its frames are of another size.
    """
    own = list(tasks)
    if len(own) > 1:
        name = same_name(clip.name)
        own = [task for task in own if name in task.names]
        if len(own) != 1:
            listed = ", ".join(task.names[0] for task in tasks[:_SHOWN])
            more = f" and {len(tasks) - _SHOWN} more" if len(tasks) > _SHOWN else ""
            raise StudioError(
                f"{path} holds the tasks {listed}{more}, and {len(own) or 'none'} of the name {clip.name}; "
                "export the one that is meant from CVAT."
            )
    if not own:
        return None
    sides = (("width", own[0].width, clip.width), ("height", own[0].height, clip.height))
    for side, value, expected in sides:
        if value and value != str(expected):
            raise StudioError(
                f"{path} is of frames with a {side} of {value[:20]!r} pixels while {clip.name} has "
                f"{expected}; choose the clip it belongs to, or one of frames that were not resized."
            )
    return own[0]


def frames_of_task(numbers: np.ndarray, task: Task | None, path: Path, clip: Clip) -> FrameNumbers:
    """The frames of the clip that (M,) frames of a file are.

    CVAT numbers the frames of the video. A clip of as many frames as the task shows is what it shows;
    any other is the video, or has the frames of it that the project says.
    """
    source = count_frames(numbers, clip, 0)
    ends = clip.source_frames(np.array([0, clip.frames - 1])).tolist()
    if task is None or (task.start, task.step) == (clip.start, clip.step):
        return _said(numbers, source, f"{ends[0]} to {ends[1]}", path, clip)
    starts = dict.fromkeys((task.start, task.start % task.step))
    shown: dict[int | None, np.ndarray]
    shown = {start: _shown(numbers, clip, start, task.step) for start in starts}
    # The clip of a job may have all frames that its task shows.
    # The clip of a job may have all frames that its task shows.
    readings: list[int | None] = [None, *reversed(starts)]
    if task.size == clip.frames:
        readings = [task.start, *readings]
    fits = {start: int((frames >= 0).sum()) for start, frames in shown.items()}
    fits[None] = int((source != -1).sum())  # what the clip leaves out of its source is meant too
    good = [start for start in readings if fits[start] >= max(_BULK * len(numbers), 1)]
    start = next(iter(good), readings[0])
    if start is None:
        return _said(numbers, source, f"{ends[0]} to {ends[1]}", path, clip)
    first, second, third = (start + n * task.step for n in range(3))
    said = f"Taken as frames {first}, {second}, {third} … of a video, in {path.name}: its task shows these."
    span = f"{start} to {start + (clip.frames - 1) * task.step}"
    return FrameNumbers(numbers, shown[start], span, [said])


def _said(numbers: np.ndarray, frames: np.ndarray, span: str, path: Path, clip: Clip) -> FrameNumbers:
    passed = int((frames == PASSED_OVER).sum())
    shapes = f"{passed:,} shape{'s' if passed > 1 else ''}"
    warnings = [f"Passed over, in {path.name}: {shapes} of frames that {clip.name} leaves out."]
    return FrameNumbers(numbers, frames, span, warnings if passed else [])


def _shown(numbers: np.ndarray, clip: Clip, start: int, step: int) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        whole = (numbers % 1 == 0) & (np.abs(numbers) < 2**53)
    places, over = np.divmod(np.where(whole, numbers, -1).astype(np.int64) - start, step)
    return np.where(whole & (over == 0) & (places >= 0) & (places < clip.frames), places, -1)


def _task(fields: dict[str, str]) -> Task:
    source = PurePosixPath(fields.get("source", "").replace("\\", "/"))
    names = (fields.get("name", ""), source.stem, source.name)
    step = fields.get("frame_filter", "").replace(" ", "").removeprefix("step=")
    return Task(
        id=fields.get("id", ""),
        names=tuple(same_name(name) for name in names if name) or ("without a name",),
        size=_whole(fields.get("size", "")),
        start=_whole(fields.get("start_frame", "")),
        step=max(_whole(step), 1),
        width=fields.get("width", ""),
        height=fields.get("height", ""),
    )


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
