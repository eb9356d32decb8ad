"""A clip: a sequence of frames and where they lie."""

import enum
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MOST_PIXELS = 1 << 27
"""Of a picture: 400 MB as RGB. A header, or a row of a database, can claim more than there is."""


class Use(enum.StrEnum):
    """What a clip is for when a trunk is pretrained, as pinned in the project."""

    TRAIN = "train"
    HELD_OUT = "held out"  # only measures
    LEFT_OUT = "left out"  # neither trains nor measures


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A sequence of frames, one size, numbered from 0: every `step`-th frame of its source from `start` on.

    The source is a video file or the images that lie together; its frames are numbered from 0 too.

    Attributes:
        id: its row in the project's database; 0 before it is stored.
        name: unique in a project, such as `cars1`.
        dataset: the name of the reader that found it, such as `davis`.
        width, height: of every frame, in pixels.
        root: the folder that `files` are relative to; a project can relocate it.
        files: for images one name a frame, in order; for a video one name. POSIX separators.
        timestamps: for a video the presentation time of every frame of its source, up to the last that it
            takes, in units of its stream's time base, in order of presentation; empty for images.
        keyframes: for a video the frames of its source where decoding can start; empty for images.
        start, step: frame n of the clip is frame `start + n * step` of its source.
        upright: whether its frames are turned as their files ask (EXIF orientation, display matrix); those
            of clips that older versions imported are as stored.
        annotator: which annotator's objects are shown and used, from 0.
        use: whether it trains, is held out or is left out.
    """

    name: str
    dataset: str
    width: int
    height: int
    root: Path
    files: tuple[str, ...]
    timestamps: tuple[int, ...] = ()
    keyframes: tuple[int, ...] = ()
    start: int = 0
    step: int = 1
    upright: bool = True
    annotator: int = 0
    use: Use = Use.TRAIN
    id: int = 0

    @property
    def is_video(self) -> bool:
        return bool(self.timestamps)

    @property
    def frames(self) -> int:
        """How many frames it has."""
        if self.is_video:
            return len(range(self.start, len(self.timestamps), self.step))
        return len(self.files)

    def source_frames(self, frames: np.ndarray) -> np.ndarray:
        """The frames of its source that frames of the clip are, both (N,) integers."""
        return self.start + np.asarray(frames, np.int64) * self.step

    def frames_of_source(self, numbers: np.ndarray) -> np.ndarray:
        """The frames of the clip that frames of its source are, (N,) int64; -1 where the clip lacks one."""
        places, over = np.divmod(np.asarray(numbers, np.int64) - self.start, self.step)
        return np.where((over == 0) & (places >= 0) & (places < self.frames), places, -1)
