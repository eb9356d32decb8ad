"""Which frames of its source a clip takes: every n-th, between two moments."""

import bisect
import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.datasets.folder import some
from core.datasets.found import AnnotatedFrame, FoundClip, FoundClips
from core.errors import StudioError

_CLOCK = re.compile(r"(?:(?:(\d{1,15}):)?(\d{1,15}):)?(\d{1,15}(?:\.\d*)?)(s?)", re.ASCII)

_NEAR = 0.0005  # seconds that are no difference: people write down milliseconds


@dataclass(frozen=True)
class Moment:
    """A frame of a source, from 0, or a time since the first frame of a video, in seconds."""

    value: float
    in_seconds: bool = False


@dataclass(frozen=True, kw_only=True)
class FrameChoice:
    """Every `every`-th frame from `first` to `last`, both included; None is the first or last there is."""

    every: int = 1
    first: Moment | None = None
    last: Moment | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise StudioError(f"Every {self.every}-th frame is no choice; give a number from 1 on.")

    @property
    def is_all(self) -> bool:
        """Whether it takes every frame."""
        return self == FrameChoice()


def moment(text: str) -> Moment | None:
    """What a person typed: `120` is a frame, `12.5s`, `0:12` and `1:02:03.5` are times; None for blanks.

    Raises:
        StudioError: it is neither.
    """
    words = text.strip()
    if not words:
        return None
    read = _CLOCK.fullmatch(words)
    if read is None or (read[2] is None and read[4] == "" and "." in words):
        raise StudioError(
            f"{words[:40]!r} is no frame and no time; give a frame such as 120, or a time such as 12.5s or "
            "0:12."
        )
    if read[2] is None and not read[4]:
        return Moment(int(words))
    return Moment(3600 * int(read[1] or 0) + 60 * int(read[2] or 0) + float(read[3]), in_seconds=True)


def frames_of(found: FoundClip, choice: FrameChoice) -> range:
    """The frames of a found clip that a choice takes, by their numbers in it; it can be none.

    Raises:
        StudioError: the choice names a time and the clip has no times.
    """
    count = found.clip.frames
    first = 0 if choice.first is None else _place(found, choice.first)
    end = count if choice.last is None else min(count, _place(found, choice.last, after=True))
    return range(first, end, choice.every)


def choose(found: FoundClip, choice: FrameChoice) -> FoundClip | None:
    """A found clip of the chosen frames alone, with their label pictures; None where there are no frames.

    Raises:
        StudioError: the choice names a time and the clip has no times.
    """
    taken = frames_of(found, choice)
    if len(taken) == found.clip.frames:
        return found
    if not taken:
        return None
    clip, step = found.clip, taken.step if len(taken) > 1 else 1
    timestamps = clip.timestamps[: clip.start + taken[-1] * clip.step + 1]
    chosen = dataclasses.replace(
        clip,
        start=clip.start + taken[0] * clip.step,
        step=clip.step * step,
        files=clip.files if clip.is_video else clip.files[taken.start : taken.stop : taken.step],
        timestamps=timestamps,
        keyframes=tuple(one for one in clip.keyframes if one < len(timestamps)),
    )
    annotations, left_out = _annotations(found, taken)
    warnings = found.warnings
    if left_out:
        all_labelled = len({one.frame for one in found.annotations})
        warnings += (
            f"{clip.name}: of its {all_labelled} frames with label pictures, {left_out} are not among the "
            "frames that were chosen; their label pictures were left out.",
        )
    return dataclasses.replace(found, clip=chosen, annotations=annotations, warnings=warnings)


def choose_from_all(found: FoundClips, choice: FrameChoice) -> FoundClips:
    """What was found, of the chosen frames alone; clips of which nothing was chosen are left out, and said.

    Raises:
        StudioError: no clip has a frame that was chosen, or the choice names a time and a clip has no times.
    """
    if choice.is_all:
        return found
    taken = [(one, choose(one, choice)) for one in found.clips]
    without = [one.clip for one, chosen in taken if chosen is None]
    if without and len(without) == len(taken):
        raise StudioError(nothing_chosen(found.clips))
    warnings = found.warnings
    if without:
        names = some([clip.name for clip in without])
        warnings += (f"No frame between the moments that were chosen, so left out: {names}.",)
    clips = tuple(chosen for _, chosen in taken if chosen is not None)
    return dataclasses.replace(found, clips=clips, warnings=warnings)


def nothing_chosen(clips: Sequence[FoundClip]) -> str:
    """The sentence where a choice takes no frame of any clip."""
    longest = max((one.clip for one in clips), key=lambda clip: clip.frames)
    return (
        f"No frame lies between the moments that were chosen; {longest.name} has {longest.frames:,} frames, "
        "from 0 on."
    )


def _place(found: FoundClip, at: Moment, *, after: bool = False) -> int:
    """The first frame of the clip that is not before a moment, or, for `after`, the first after it."""
    if not at.in_seconds:
        return int(at.value) + after
    if not found.clip.is_video or not found.unit:
        raise StudioError(
            f"{found.clip.name} has no times, so no moment can be given in seconds; give frames, such as 120."
        )
    clip = found.clip
    times = clip.timestamps[clip.start :: clip.step]
    wanted = clip.timestamps[0] + at.value / found.unit
    near = max(0.5, _NEAR / found.unit)
    return bisect.bisect_right(times, wanted + near) if after else bisect.bisect_left(times, wanted - near)


def _annotations(found: FoundClip, taken: range) -> tuple[tuple[AnnotatedFrame, ...], int]:
    """The label pictures of the frames that are taken, renumbered, and how many frames lost theirs."""
    kept = tuple(
        dataclasses.replace(one, frame=taken.index(one.frame))
        for one in found.annotations
        if one.frame in taken
    )
    return kept, len({one.frame for one in found.annotations if one.frame not in taken})
