"""A clip: a sequence of frames and where they lie."""

import enum
from dataclasses import dataclass
from pathlib import Path


class Use(enum.StrEnum):
    """What a clip is for when a trunk is pretrained, as pinned in the project."""

    TRAIN = "train"
    HELD_OUT = "held out"  # only measures
    LEFT_OUT = "left out"  # neither trains nor measures


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A sequence of frames, one size, numbered from 0.

    Attributes:
        id: its row in the project's database; 0 before it is stored.
        name: unique in a project, such as `cars1`.
        dataset: the name of the reader that found it, such as `davis`.
        width, height: of every frame, in pixels.
        root: the folder that `files` are relative to; a project can relocate it.
        files: for images one name a frame, in order; for a video one name. POSIX separators.
        timestamps: for a video the presentation time of every frame in units of its stream's time
            base, in order of presentation; empty for images.
        keyframes: for a video the frame numbers where decoding can start; empty for images.
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
    annotator: int = 0
    use: Use = Use.TRAIN
    id: int = 0

    @property
    def is_video(self) -> bool:
        return bool(self.timestamps)

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return len(self.timestamps) if self.is_video else len(self.files)
