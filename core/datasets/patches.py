"""Cut patches out of frames."""

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.datasets.reading import Frames, open_frames

FRAME_BUDGET = 1 << 30
"""Bytes of decoded frames that are kept: about 1,100 of 640 × 480."""

THREADS = min(8, os.cpu_count() or 1)
"""That decode images at once."""

AHEAD = 4 * THREADS
"""Frames that are decoded, beside those kept, before their patches are cut."""


class PatchReader:
    """Reads patches of clips, keeping the frames used last within a budget of memory. For one thread.

    Close it, or use it in a `with` block, to let go of the clips, the frames and its threads.
    """

    def __init__(self, clips: Sequence[Clip], size: int, budget: int = FRAME_BUDGET) -> None:
        """
        Args:
            clips: what the clip numbers of a batch refer to.
            size: side of a patch as it is returned, in pixels.
            budget: bytes of decoded frames to keep; at least the last frame always is.
        """
        self._clips, self._size, self._budget = clips, size, budget
        self._open: dict[int, Frames] = {}
        self._frames: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()
        self._bytes = 0
        self._decoders = ThreadPoolExecutor(THREADS)

    def __enter__(self) -> "PatchReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, clip: np.ndarray, frame: np.ndarray, box: np.ndarray, flip: np.ndarray) -> np.ndarray:
        """The pixels of boxes.

        Args:
            clip, frame: (N,) int, which clip and which frame of it.
            box: (N, 4) float32, pixels of the frame; what lies beyond its border is reflected.
            flip: (N,) bool, mirror left to right.

        Returns:
            (N, size, size, 3) uint8, RGB.

        Raises:
            StudioError: a frame cannot be read.
        """
        patches = np.empty((len(clip), self._size, self._size, 3), np.uint8)
        # Frame by frame, so that a video is read forward and every frame is decoded once a batch.
        groups: dict[tuple[int, int], list[int]] = {}
        for place in np.lexsort((frame, clip)).tolist():
            groups.setdefault((int(clip[place]), int(frame[place])), []).append(place)
        for pixels, places in zip(self._read_frames(list(groups)), groups.values(), strict=True):
            for place in places:
                patch = cut(pixels, box[place], self._size)
                patches[place] = patch[:, ::-1] if flip[place] else patch
        return patches

    def close(self) -> None:
        """Close the clips, forget their frames and end the threads that decode."""
        self._decoders.shutdown(cancel_futures=True)
        for frames in self._open.values():
            frames.close()
        self._open.clear()
        self._frames.clear()
        self._bytes = 0

    def _read_frames(self, keys: Sequence[tuple[int, int]]) -> Iterator[np.ndarray]:
        """The frames of clips in this order; images that are not kept are decoded by several threads."""
        for start in range(0, len(keys), AHEAD):
            near = keys[start : start + AHEAD]
            found = {key: self._frames[key] for key in near if key in self._frames}
            coming = {
                key: self._decoders.submit(self._opened(key[0]).__getitem__, key[1])
                for key in near
                if key not in found and not self._clips[key[0]].is_video
            }
            for key in near:
                if key in coming:
                    pixels = coming.pop(key).result()
                else:
                    pixels = found[key] if key in found else self._opened(key[0])[key[1]]
                self._keep(key, pixels)
                yield pixels

    def _opened(self, clip: int) -> Frames:
        if clip not in self._open:
            self._open[clip] = open_frames(self._clips[clip])
        return self._open[clip]

    def _keep(self, key: tuple[int, int], pixels: np.ndarray) -> None:
        if key not in self._frames:
            self._bytes += pixels.nbytes
        self._frames[key] = pixels
        self._frames.move_to_end(key)
        while self._bytes > self._budget and len(self._frames) > 1:
            _, oldest = self._frames.popitem(last=False)
            self._bytes -= oldest.nbytes


def cut(pixels: np.ndarray, box: np.ndarray, size: int) -> np.ndarray:
    """One patch: the box to the nearest pixel, reflected beyond the frame's border, resized.

    Args:
        pixels: (H, W, 3) uint8.
        box: (4,) float32, pixels; at least one pixel is taken.
        size: side of the patch.

    Returns:
        (size, size, 3) uint8; made smaller by area, larger bilinearly, aspect not kept (as R-CNN warps).
    """
    x1, y1 = (int(np.floor(value + 0.5)) for value in box[:2])
    x2, y2 = (int(np.floor(value + 0.5)) for value in box[2:])
    x2, y2 = max(x2, x1 + 1), max(y2, y1 + 1)
    height, width = pixels.shape[:2]
    if x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height:
        region = pixels[y1:y2, x1:x2]
    else:
        region = pixels[_reflected(y1, y2, height)[:, None], _reflected(x1, x2, width)]
    smaller = x2 - x1 >= size and y2 - y1 >= size
    return cv2.resize(region, (size, size), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def _reflected(start: int, stop: int, length: int) -> np.ndarray:
    """Indices start..stop - 1 folded back into 0..length - 1, the border pixel repeated."""
    place = np.arange(start, stop) % (2 * length)
    return np.minimum(place, 2 * length - 1 - place)
