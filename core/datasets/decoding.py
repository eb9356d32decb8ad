"""Frames of many clips, decoded by several threads."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from core.datasets.clip import Clip
from core.datasets.reading import Frames, open_frames

THREADS = min(16, os.cpu_count() or 1)
"""That decode images at once."""

AHEAD = 4 * THREADS
"""Frames that are decoded before they are asked for."""


class Decoder:
    """Decodes frames of clips. For one thread; close it to let go of the clips and of its own threads."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        """`clips`: what the clip numbers refer to."""
        self._clips = clips
        self._open: dict[int, Frames] = {}
        self._threads = ThreadPoolExecutor(THREADS)

    def decode(self, keys: Sequence[tuple[int, int]]) -> Iterator[np.ndarray]:
        """The frames (clip, frame) in this order, each (H, W, 3) uint8, RGB.

        Those of images are decoded by several threads, those of videos one after the other.

        Raises:
            StudioError: a frame cannot be read.
        """
        for start in range(0, len(keys), AHEAD):
            near = keys[start : start + AHEAD]
            coming = {
                key: self._threads.submit(self._opened(key[0]).__getitem__, key[1])
                for key in near
                if not self._clips[key[0]].is_video
            }
            for key in near:
                yield coming.pop(key).result() if key in coming else self._opened(key[0])[key[1]]

    def close(self) -> None:
        """Close the clips and end the threads."""
        self._threads.shutdown(cancel_futures=True)
        for frames in self._open.values():
            frames.close()
        self._open.clear()

    def _opened(self, clip: int) -> Frames:
        if clip not in self._open:
            self._open[clip] = open_frames(self._clips[clip])
        return self._open[clip]
