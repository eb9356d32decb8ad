"""Patches cut on the device that trains, out of frames that stay there."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from core.datasets.clip import Clip
from core.datasets.decoding import Decoder
from core.datasets.patches import FRAME_BUDGET, whole_corners

STEP = 64
"""Boxes are cut together with those whose longer side needs as many times so many pixels."""

AT_A_TIME = 1 << 23
"""Pixels of frames that are cut at a time; each takes some fifty bytes meanwhile."""


class DevicePatchReader:
    """Reads patches as `PatchReader` does, to one grey level, but on a device: only where boxes lie is sent.

    Every frame is decoded once by all cores, sent once as uint8, and kept in one block of the device's
    memory, from which the oldest make room. Batches are cut in a stream of their own, so that cutting the
    next one and learning from the last go on at once. For one thread; close it or use it in a `with` block.
    """

    def __init__(
        self, clips: Sequence[Clip], size: int, device: torch.device, budget: int = FRAME_BUDGET
    ) -> None:
        """
        Args:
            clips: what the clip numbers of a batch refer to.
            size: side of a patch as it is returned, in pixels.
            budget: bytes of the device to keep frames in.
        """
        self._clips, self._size, self._device = clips, size, device
        self._decoder = Decoder(clips)
        largest = max((3 * clip.width * clip.height for clip in clips), default=1)
        needed = sum(3 * clip.width * clip.height * clip.frames for clip in clips)
        self._block = torch.empty(max(min(budget, needed), largest), dtype=torch.uint8, device=device)
        self._starts: OrderedDict[tuple[int, int], int] = OrderedDict()  # oldest first, in a ring
        self._next = 0
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def __enter__(self) -> "DevicePatchReader":
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
    ) -> Tensor:
        """The pixels of boxes; arguments and what is raised as of `PatchReader.read`.

        Returns:
            (N, size, size, 3) uint8, RGB, on the device, ready; a stream that uses them keeps them by
            `Tensor.record_stream`.
        """
        order = np.lexsort((frame, clip))
        keys = [(int(clip[place]), int(frame[place])) for place in order]
        with torch.cuda.stream(self._stream):  # nothing where there is none
            shape = (len(clip), self._size, self._size, 3)
            patches = torch.empty(shape, dtype=torch.uint8, device=self._device)
            done = 0  # some frames at a time, as the block may not hold those of a whole batch
            while done < len(keys):
                count = self._fitting(keys[done:])
                starts = self._placed(keys[done : done + count])
                places = order[done : done + count]
                self._cut(places, clip[places], starts, box[places], flip[places], patches)
                done += count
            if colours is not None:
                patches = tinted(patches, torch.from_numpy(colours).to(self._device))
        if self._stream:
            self._stream.synchronize()  # this thread waits, not the one that trains
        return patches

    def close(self) -> None:
        """Close the clips and give the memory back."""
        self._decoder.close()
        self._starts.clear()
        self._block = self._block[:0].clone()

    def _bytes(self, key: tuple[int, int]) -> int:
        return 3 * self._clips[key[0]].width * self._clips[key[0]].height

    def _fitting(self, keys: Sequence[tuple[int, int]]) -> int:
        """How many of these boxes, the first ones, have frames that fit into half of the block at once."""
        taken, seen = 0, set()
        for number, key in enumerate(keys):
            if key not in seen:
                seen.add(key)
                taken += self._bytes(key)
                if taken > len(self._block) // 2 and len(seen) > 1:
                    return number
        return len(keys)

    def _placed(self, keys: Sequence[tuple[int, int]]) -> np.ndarray:
        """(N,) int64, where in the block the frame of each box begins; those missing are decoded and sent."""
        wanted = dict.fromkeys(keys)
        missing = [key for key in wanted if key not in self._starts]
        for key, pixels in zip(missing, self._decoder.decode(missing), strict=True):
            sent = torch.from_numpy(np.ascontiguousarray(pixels)).flatten()
            if self._stream:
                sent = sent.pin_memory()
            start = self._room(len(sent))
            self._block[start : start + len(sent)].copy_(sent, non_blocking=True)
            self._starts[key] = start
        if any(key not in self._starts for key in wanted):  # one made room for another
            return self._placed(keys)
        return np.array([self._starts[key] for key in keys], np.int64)

    def _room(self, count: int) -> int:
        """Where so many bytes may be written; frames that lie there are forgotten."""
        start = self._next if self._next + count <= len(self._block) else 0
        for key, other in list(self._starts.items()):
            if other < start + count and start < other + self._bytes(key):
                del self._starts[key]
        self._next = start + count
        return start

    def _cut(
        self,
        places: np.ndarray,
        clip: np.ndarray,
        starts: np.ndarray,
        box: np.ndarray,
        flip: np.ndarray,
        patches: Tensor,
    ) -> None:
        """Write patches of frames that are in the block at their places of a batch."""
        corners = whole_corners(box)
        shape = np.array([(self._clips[one].width, self._clips[one].height) for one in clip], np.int64)
        boxes = np.column_stack([places, starts, shape, corners, flip]).astype(np.int64)
        longest = np.maximum(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        steps = -(-longest // STEP)
        for step in np.unique(steps).tolist():
            alike = boxes[steps == step]
            most = max(1, AT_A_TIME // (step * STEP) ** 2)
            for first in range(0, len(alike), most):
                sent = torch.from_numpy(alike[first : first + most])
                rows = (sent.pin_memory() if self._stream else sent).to(self._device, non_blocking=True)
                patches[rows[:, 0]] = cut_boxes(self._block, rows[:, 1:], self._size, step * STEP)


def cut_boxes(block: Tensor, boxes: Tensor, size: int, longest: int) -> Tensor:
    """Patches of boxes, resized as `core.datasets.patches.cut` does, to one grey level; no host waits.

    Resizing is a product with a matrix of weights from either side: by area where both sides become
    smaller, else bilinear.

    Args:
        block: (M,) uint8, frames one after the other, each (H, W, 3).
        boxes: (N, 8) int64 on the same device: where in the block the frame begins; its width and height;
            x1, y1, x2, y2; 1 to mirror.
        size: side of a patch.
        longest: at least the longest side of a box, in pixels.

    Returns:
        (N, size, size, 3) uint8 RGB.
    """
    start, width, height, x1, y1, x2, y2, flip = boxes.unbind(1)
    ahead = torch.arange(longest, device=block.device)
    x, y = _reflected(x1[:, None] + ahead, width), _reflected(y1[:, None] + ahead, height)
    pixel = (y * width[:, None])[:, :, None] + x[:, None, :]
    place = (
        start[:, None, None, None] + 3 * pixel[:, None] + torch.arange(3, device=block.device)[:, None, None]
    )
    pixels = block[place].float()  # (N, 3, longest, longest)
    by_area = ((x2 - x1 >= size) & (y2 - y1 >= size))[:, None, None]
    across, down = (_weights(side, size, longest, by_area) for side in (x2 - x1, y2 - y1))
    across = torch.where(flip.bool()[:, None, None], across.flip(1), across)
    with torch.autocast(block.device.type, enabled=False):
        resized = down[:, None] @ (pixels @ across.transpose(1, 2)[:, None])
    return resized.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def tinted(patches: Tensor, maps: Tensor) -> Tensor:
    """As `core.datasets.tinting.tinted`: (N, H, W, 3) uint8, (N, 3, 4) → (N, H, W, 3) uint8."""
    with torch.autocast(patches.device.type, enabled=False):
        flat = patches.flatten(1, 2).float()
        changed = torch.baddbmm(maps[:, None, :, 3], flat, maps[:, :, :3].transpose(1, 2))
    return changed.round_().clamp_(0, 255).to(torch.uint8).view(patches.shape)


def _weights(side: Tensor, size: int, longest: int, by_area: Tensor) -> Tensor:
    """(N,) sides in pixels → (N, size, longest) float32, what each pixel adds to each of the patch."""
    scale = (side.double() / size)[:, None, None]
    out = torch.arange(size, device=side.device)[None, :, None]
    pixel = torch.arange(longest, device=side.device)[None, None, :]
    covered = torch.minimum((out + 1) * scale, pixel + 1) - torch.maximum(out * scale, pixel.double())
    centre = ((out + 0.5) * scale - 0.5).clamp_min(0).minimum(side[:, None, None] - 1.0)
    near = 1 - (centre - pixel).abs()
    return torch.where(by_area, covered / scale, near).clamp_min_(0).float()


def _reflected(place: Tensor, length: Tensor) -> Tensor:
    """(N, L) places folded back into 0..length - 1 of (N,) lengths, the border pixel repeated."""
    folded = place.remainder(2 * length[:, None])
    return torch.minimum(folded, 2 * length[:, None] - 1 - folded)
