"""Cut patches out of frames."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.datasets.decoding import Decoder
from core.datasets.tinting import tinted

FRAME_BUDGET = 1 << 30
"""Bytes of decoded frames that are kept: about 1,100 of 640 × 480."""

CUT_SHARE = 8
"""For so many bytes of frames one more keeps patches that were cut."""


class PatchReader:
    """Reads patches of clips, keeping the frames used last within a budget of memory. For one thread.

    Close it, or use it in a `with` block, to let go of the clips, the frames and its threads.
    """

    def __init__(self, clips: Sequence[Clip], size: int, budget: int = FRAME_BUDGET) -> None:
        """
        Args:
            clips: what the clip numbers of a batch refer to.
            size: side of a patch as it is returned, in pixels.
            budget: bytes of decoded frames to keep; at least the last frame always is. An eighth as much
                again keeps patches.
        """
        self._size, self._budget = size, budget
        self._decoder = Decoder(clips)
        self._frames: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()
        self._bytes = 0
        self._cut = CutPatches(size, max(1, budget // CUT_SHARE // (3 * size * size)))

    def __enter__(self) -> "PatchReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(
        self,
        clip: np.ndarray,
        frame: np.ndarray,
        box: np.ndarray,
        flip: np.ndarray,
        colours: np.ndarray | None = None,
    ) -> np.ndarray:
        """The pixels of boxes.

        Args:
            clip, frame: (N,) int, which clip and which frame of it.
            box: (N, 4) float32, pixels of the frame; what lies beyond its border is reflected.
            flip: (N,) bool, mirror left to right.
            colours: (N, 3, 4) float32, see `tinted`; none where they stay.

        Returns:
            (N, size, size, 3) uint8, RGB.

        Raises:
            StudioError: a frame cannot be read.
        """
        patches = np.empty((len(clip), self._size, self._size, 3), np.uint8)
        corners = whole_corners(box)
        names = np.column_stack([clip, frame, corners]).astype(np.int64)
        uncut: dict[tuple[int, int], list[int]] = {}
        # Frame by frame, so that a video is read forward and every frame is decoded once a batch.
        for place in np.lexsort((frame, clip)).tolist():
            if not self._cut.copy(names[place].tobytes(), patches[place], bool(flip[place])):
                uncut.setdefault((int(clip[place]), int(frame[place])), []).append(place)
        for pixels, places in zip(self._read_frames(list(uncut)), uncut.values(), strict=True):
            for place in places:
                cut_into(pixels, corners[place].tolist(), patches[place])
                self._cut.keep(names[place].tobytes(), patches[place])
                if flip[place]:
                    patches[place] = cv2.flip(patches[place], 1)
        return patches if colours is None else tinted(patches, colours)

    def close(self) -> None:
        """Close the clips, forget their frames and end the threads that decode."""
        self._decoder.close()
        self._frames.clear()
        self._bytes = 0
        self._cut.clear()

    def _read_frames(self, keys: Sequence[tuple[int, int]]) -> Iterator[np.ndarray]:
        """The frames of clips in this order, kept or decoded."""
        found = {key: self._frames[key] for key in keys if key in self._frames}
        decoded = self._decoder.decode([key for key in keys if key not in found])
        for key in keys:
            pixels = found.pop(key) if key in found else next(decoded)
            self._keep(key, pixels)
            yield pixels

    def _keep(self, key: tuple[int, int], pixels: np.ndarray) -> None:
        if key not in self._frames:
            self._bytes += pixels.nbytes
        self._frames[key] = pixels
        self._frames.move_to_end(key)
        while self._bytes > self._budget and len(self._frames) > 1:
            _, oldest = self._frames.popitem(last=False)
            self._bytes -= oldest.nbytes


class CutPatches:
    """The patches cut last, unmirrored, up to a number of them; the oldest make room.

    Most boxes of a pair are a trajectory's own and come again: to copy one is fifty times as fast as to
    cut it.
    """

    def __init__(self, size: int, most: int) -> None:
        """`size`: side of a patch in pixels; `most`: how many are kept."""
        self._pixels = np.empty((most, size, size, 3), np.uint8)  # memory is taken only as it is written
        self._rows: dict[bytes, int] = {}
        self._names: list[bytes] = []
        self._next = 0

    def copy(self, name: bytes, patch: np.ndarray, mirrored: bool) -> bool:
        """Write the patch of that name, if it is kept, into (size, size, 3) uint8; whether it was."""
        row = self._rows.get(name)
        if row is None:
            return False
        if mirrored:
            cv2.flip(self._pixels[row], 1, dst=patch)
        else:
            patch[...] = self._pixels[row]
        return True

    def keep(self, name: bytes, patch: np.ndarray) -> None:
        """Keep a copy; nothing where that name is kept."""
        if name in self._rows:
            return
        row = self._next
        if len(self._names) < len(self._pixels):
            self._names.append(name)
        else:
            del self._rows[self._names[row]]
            self._names[row] = name
        self._pixels[row] = patch
        self._rows[name] = row
        self._next = (row + 1) % len(self._pixels)

    def clear(self) -> None:
        """Forget them all and give their memory back."""
        self._pixels = self._pixels[:1].copy()
        self._rows.clear()
        self._names.clear()
        self._next = 0


def cut(pixels: np.ndarray, box: np.ndarray, size: int) -> np.ndarray:
    """One patch: the box to the nearest pixel, reflected beyond the frame's border, resized.

    Args:
        pixels: (H, W, 3) uint8.
        box: (4,) float32, pixels; at least one pixel is taken.
        size: side of the patch.

    Returns:
        (size, size, 3) uint8; made smaller by area, larger bilinearly, aspect not kept (as R-CNN warps).
    """
    patch = np.empty((size, size, 3), np.uint8)
    cut_into(pixels, whole_corners(np.asarray(box)[None])[0].tolist(), patch)
    return patch


def cut_into(pixels: np.ndarray, corners: Sequence[int], patch: np.ndarray) -> None:
    """Write a frame's pixels from x1, y1 to below x2, y2 into a patch, (size, size, 3) uint8; see `cut`."""
    x1, y1, x2, y2 = corners
    size = len(patch)
    height, width = pixels.shape[:2]
    if x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height:
        region = pixels[y1:y2, x1:x2]
    else:
        region = pixels[_reflected(y1, y2, height)[:, None], _reflected(x1, x2, width)]
    if x2 - x1 < size or y2 - y1 < size:
        cv2.resize(region, (size, size), dst=patch, interpolation=cv2.INTER_LINEAR)
    elif (x2 - x1) % size == 0 and (y2 - y1) % size == 0:
        cv2.resize(region, (size, size), dst=patch, interpolation=cv2.INTER_AREA)
    else:
        # OpenCV averages parts of pixels of four channels of 16 bits by vector instructions, others one by
        # one: the same values in two thirds of the time, conversions included.
        wide = cv2.cvtColor(region, cv2.COLOR_RGB2RGBA).astype(np.uint16)
        small = cv2.resize(wide, (size, size), interpolation=cv2.INTER_AREA).astype(np.uint8)
        cv2.cvtColor(small, cv2.COLOR_RGBA2RGB, dst=patch)


def whole_corners(box: np.ndarray) -> np.ndarray:
    """(N, 4) boxes → (N, 4) int64, x1, y1, x2, y2 to the nearest pixel, at least a pixel wide and high."""
    corners = np.floor(np.asarray(box) + 0.5).astype(np.int64)
    np.maximum(corners[:, 2:], corners[:, :2] + 1, out=corners[:, 2:])
    return corners


def _reflected(start: int, stop: int, length: int) -> np.ndarray:
    """Indices start..stop - 1 folded back into 0..length - 1, the border pixel repeated."""
    place = np.arange(start, stop) % (2 * length)
    return np.minimum(place, 2 * length - 1 - place)
