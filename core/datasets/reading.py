"""The frames of a clip, whatever they are stored as."""

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from core.datasets.clip import Clip
from core.datasets.image import read_image
from core.datasets.video import VideoFrames
from core.errors import StudioError


class Frames(Protocol):
    """An open clip: `frames[i]` is frame i, (H, W, 3) uint8, RGB; use it from one thread."""

    def __len__(self) -> int: ...

    def __getitem__(self, frame: int) -> np.ndarray:
        """Frame number `frame`, from 0.

        Raises:
            StudioError: it is missing, damaged or not of the clip's size; says which file.
            IndexError: there is no such frame.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ImageFrames:
    """The frames of a clip of images."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip

    def __len__(self) -> int:
        return self._clip.frames

    def __getitem__(self, frame: int) -> np.ndarray:
        if not 0 <= frame < len(self):
            raise IndexError(f"frame {frame} of {len(self)}")
        path = self._clip.root / self._clip.files[frame]
        image = read_image(path, upright=self._clip.upright)
        height, width = image.shape[:2]
        if (width, height) != (self._clip.width, self._clip.height):
            raise StudioError(
                f"{path} is {width} x {height} pixels while its clip is {self._clip.width} x "
                f"{self._clip.height}; put back the frame that was imported."
            )
        return image

    def close(self) -> None:
        """Nothing stays open between images."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


RUN = 8
"""Frames that `Backwards` reads at once, at most."""


class Backwards:
    """Frames that are asked for backwards, each once: read forwards in runs, since videos decode forwards.

    The first is read alone, and each run is twice as long as the one before, up to `RUN`.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames, self._run = frames, 1
        self._kept: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, frame: int, /) -> np.ndarray:
        if frame not in self._kept:
            first = max(frame - self._run + 1, 0)
            self._kept = {number: self._frames[number] for number in range(first, frame + 1)}
            self._run = min(2 * self._run, RUN)
        return self._kept.pop(frame)


def open_frames(clip: Clip) -> Frames:
    """Open a clip for reading; close it or use it in a `with`.

    Raises:
        StudioError: its video is missing or no video (an image is looked for only when it is read).
    """
    return VideoFrames(clip) if clip.is_video else ImageFrames(clip)


def check_frames(clip: Clip) -> list[str]:
    """Decode every frame of a clip; a sentence for each that is missing, damaged or of another size."""
    try:
        with open_frames(clip) as frames:
            return list(_problems(frames))
    except StudioError as error:
        return [str(error)]


def _problems(frames: Frames) -> Iterator[str]:
    for frame in range(len(frames)):
        try:
            frames[frame]
        except StudioError as error:
            yield str(error)
            if isinstance(frames, VideoFrames):  # what comes after would only say the same again
                return
