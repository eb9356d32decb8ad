"""RoI max pooling as Caffe's `ROIPooling` layer does it, for many RoIs at once.

A RoI is cut into `size` × `size` bins and each bin gives the maximum of its cells, channel by channel.
Maxima over windows of 1, 2, 4 … by 1, 2, 4 … cells are made once for the whole map (a sparse table); a bin
is then the maximum of four windows that overlap, so the cost of a RoI does not depend on how much of the
map it covers. No loop depends on the values of tensors: nothing waits for a GPU, and torch.export takes it.

Source: Girshick, ICCV 2015, Section 2.1; `roi_pooling_layer.cu` of caffe-fast-rcnn.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from core.networks.sizes import STRIDE

LARGEST_OVERHANG = 4
"""By how many cells a RoI may be longer than the map. Convolutions without padding leave fewer cells than
the image has strides, so a box that is as long as the image is up to three cells longer than its map."""

LARGEST_EXPORTED_MAP = 86
"""Cells a side, 1,376 px: the largest map of a net that is exported for images of any size."""

_LOW = 2**32 - 1  # the low half of an int64


def roi_max_pool(features: Tensor, rois: Tensor, size: int, scale: float = 1 / STRIDE) -> Tensor:
    """The strongest responses in a grid of bins laid over each RoI.

    Args:
        features: (N, C, H, W) float32, on any device; gradients flow to it.
        rois: (R, 5) float32 on the same device: image in the batch, then x1, y1, x2, y2 as Caffe means
            them: centres of the first and last pixel of the RoI in the image, both inside (of our
            boxes, x2 - 1 and y2 - 1). They may lie beyond the map, but must not be longer than it by more
            than `LARGEST_OVERHANG`: those of boxes inside the image are not.
        size: bins a side.
        scale: cells of the map per pixel of the image.

    Returns:
        (R, C, size, size). Corners are rounded to cells, halves away from zero; both ends belong to
        the RoI, which is at least one cell wide; neighbouring bins share a cell where the division
        leaves a rest; bins are cut at the border of the map, and a bin that lies outside is 0. Of
        equal maxima in a bin the first, row by row, receives the gradient. Forward and backward give
        the same bits every time, on a GPU too.
    """
    if torch.is_grad_enabled() and features.requires_grad:
        pooled: Tensor = _RoIMaxPool.apply(features, rois, size, scale)
        return pooled
    bins = _bins(rois, size, scale, *features.shape[2:])
    maps = features.permute(0, 2, 3, 1)
    return _largest(maps, bins, maps.new_zeros(())).permute(0, 3, 1, 2)


def corner_cells(rois: Tensor, scale: float = 1 / STRIDE) -> Tensor:
    """The cells of the corners of RoIs, (R, 4), whole numbers; RoIs that agree in them are pooled alike.

    Rounded like C's `round`, halves away from zero; `torch.round` takes halves to the even neighbour.
    """
    corners = rois[:, 1:] * scale
    whole = corners.trunc()
    return whole + ((corners - whole).abs() >= 0.5) * corners.sign()


class _Bins(NamedTuple):
    """The cells of every bin, ends excluded.

    Attributes:
        image: (R,).
        y1, y2, x1, x2: (R, size).
        levels: of windows a side, down and across: a bin is at most 2^levels cells long.
    """

    image: Tensor
    y1: Tensor
    y2: Tensor
    x1: Tensor
    x2: Tensor
    levels: tuple[int, int]

    @property
    def empty(self) -> Tensor:
        """Bins beyond the map, (R, size, size, 1)."""
        return ((self.y1 >= self.y2)[:, :, None] | (self.x1 >= self.x2)[:, None, :])[..., None]


class _RoIMaxPool(torch.autograd.Function):
    """Pools numbers that order by value, then by cell: the first of equal maxima has the largest.

    Bins beyond the map are given 0 in a cell of their own, which has no gradient.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, rois: Tensor, size: int, scale: float) -> Tensor:
        bins = _bins(rois, size, scale, *features.shape[2:])
        maps, beyond = _ordered(features.permute(0, 2, 3, 1))
        values, cells = _unordered(_largest(maps, bins, beyond))
        ctx.shape = features.shape
        ctx.save_for_backward(cells)
        return values.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        count, channels, height, width = ctx.shape
        (cells,) = ctx.saved_tensors
        flowing = gradient.permute(0, 2, 3, 1).reshape(-1, channels)
        total = gradient.new_zeros(count * height * width + 1, channels)  # one for bins beyond the map
        _add_by_cell(total, cells.reshape(-1, channels), flowing)
        return total[:-1].reshape(count, height, width, channels).permute(0, 3, 1, 2), None, None, None


def _add_by_cell(total: Tensor, cells: Tensor, values: Tensor) -> None:
    """Add values, (K, C), to the cells of a map, (L, C), named by (K, C) int64, in the same order every time.

    On a GPU `scatter_add_` adds in any order, `index_put_` sorts first; on a CPU it is the other way round.
    """
    if total.device.type == "cpu":
        total.scatter_add_(0, cells, values)
    else:
        channel = torch.arange(total.shape[1], device=total.device).expand_as(cells)
        total.index_put_((cells, channel), values, accumulate=True)


def _bins(rois: Tensor, size: int, scale: float, height: int, width: int) -> _Bins:
    corners = corner_cells(rois, scale)
    y1, y2 = _edges(corners[:, 1], corners[:, 3], size, height)
    x1, x2 = _edges(corners[:, 0], corners[:, 2], size, width)
    return _Bins(rois[:, 0].long(), y1, y2, x1, x2, (_levels(size, height), _levels(size, width)))


def _levels(size: int, limit: int) -> int:
    """How many levels it takes to cover the longest bin, its share of the RoI rounded up and one cell."""
    limit = limit if isinstance(limit, int) else LARGEST_EXPORTED_MAP
    longest = min(math.ceil((limit + LARGEST_OVERHANG) / size) + 1, limit)
    return max((longest - 1).bit_length(), 1)


def _edges(first: Tensor, last: Tensor, size: int, limit: int) -> tuple[Tensor, Tensor]:
    """(R,) first and last cells of RoIs → (R, size) first cells of their bins, and ends (excluded)."""
    length = (last - first + 1).clamp_min(1)
    # float32, as in Caffe; by a number, a GPU would multiply with its rounded reciprocal
    bin_length = (length / torch.full_like(length, size))[:, None]
    numbers = torch.arange(size, device=first.device, dtype=first.dtype)
    starts = first[:, None] + (numbers * bin_length).floor()
    ends = first[:, None] + ((numbers + 1) * bin_length).ceil()
    return starts.clamp(0, limit).long(), ends.clamp(0, limit).long()


def _largest(maps: Tensor, bins: _Bins, beyond: Tensor) -> Tensor:
    """The largest numbers of an (N, H, W, C) map in every bin, (R, size, size, C); `beyond` in empty bins."""
    count, height, width, channels = maps.shape
    windows = _windows(maps, bins.levels, beyond)
    tall, rows = _cover(bins.y1, bins.y2, bins.levels[0], height)
    wide, columns = _cover(bins.x1, bins.x2, bins.levels[1], width)
    table = tall[:, :, None] * bins.levels[1] + wide[:, None, :]
    map_start = (table * count + bins.image[:, None, None]) * height
    corners = [(map_start + y[:, :, None]) * width + x[:, None, :] for y in rows for x in columns]
    places = torch.stack(corners, dim=-1).masked_fill(bins.empty, windows.shape[0] - 1).reshape(-1, 4)
    if torch.compiler.is_exporting():  # without `out`, which does not go with gradients
        found = [windows.index_select(0, place) for place in places.unbind(1)]
        most = torch.maximum(torch.maximum(found[0], found[1]), torch.maximum(found[2], found[3]))
        return most.reshape(*table.shape, channels)
    best = maps.new_empty(places.shape[0], channels)
    if maps.device.type == "cpu":  # so many at once as stay in its cache
        for part, four in zip(best.split(64), places.split(64), strict=True):
            torch.amax(windows.index_select(0, four.flatten()).unflatten(0, (-1, 4)), 1, out=part)
    else:
        torch.index_select(windows, 0, places[:, 0], out=best)
        for k in (1, 2, 3):
            torch.maximum(best, windows.index_select(0, places[:, k]), out=best)
    return best.reshape(*table.shape, channels)


def _cover(first: Tensor, end: Tensor, levels: int, limit: int) -> tuple[Tensor, Sequence[Tensor]]:
    """The level k of the two windows of 2^k cells that cover a bin together, and where they begin."""
    level = torch.zeros_like(first)
    for k in range(1, levels):
        level += end - first >= 2**k
    return level, (first.clamp_max(limit - 1), (end - (1 << level)).clamp_min(0))


def _windows(x: Tensor, levels: tuple[int, int], beyond: Tensor) -> Tensor:
    """The largest numbers of windows of 2^k × 2^l cells of an (N, H, W, C) map, and `beyond` as the last row.

    Returns:
        (levels down · levels across · N · H · W + 1, C). Each stands where its window begins; where a
        window would leave the map there is anything.
    """
    if torch.compiler.is_exporting():
        rows = _windows_of_any_map(x, levels).reshape(-1, x.shape[-1])
        return torch.cat([rows, beyond.expand(1, x.shape[-1])])
    rows = x.new_empty(levels[0] * levels[1] * x[..., 0].numel() + 1, x.shape[-1])
    rows[-1] = beyond
    made = rows[:-1].view(*levels, *x.shape)
    for high in range(levels[0]):
        for wide in range(levels[1]):
            if high == wide == 0:
                made[0, 0] = x
                continue
            axis, half = (2, 2 ** (wide - 1)) if wide else (1, 2 ** (high - 1))
            of_half = made[high, wide - 1] if wide else made[high - 1, 0]
            length = max(x.shape[axis] - half, 0)
            torch.maximum(
                of_half.narrow(axis, 0, length),
                of_half.narrow(axis, x.shape[axis] - length, length),
                out=made[high, wide].narrow(axis, 0, length),
            )
    return rows


def _windows_of_any_map(x: Tensor, levels: tuple[int, int]) -> Tensor:
    """(levels down, levels across, *x.shape): `_windows` of a map of unknown sides, as in torch.export."""
    made: list[Tensor] = []
    for high in range(levels[0]):
        for wide in range(levels[1]):
            if high == wide == 0:
                made.append(x)
                continue
            axis, half = (2, 2 ** (wide - 1)) if wide else (1, 2 ** (high - 1))
            of_half = made[-1] if wide else made[-levels[1]]
            made.append(torch.maximum(of_half, of_half.roll(-half, axis)))
    return torch.stack(made)


def _ordered(x: Tensor) -> tuple[Tensor, Tensor]:
    """(N, H, W, C) float32 → int64 that order by value, and of equal values the earlier cell first.

    And the same of 0 in a cell after all others.

    The bits of a float, less its sign, order as the float does; the bits of a negative one the other way.
    """
    bits = (x.float() + 0.0).view(torch.int32)  # -0 becomes 0
    bits = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    cells = torch.arange(x[..., 0].numel() + 1, device=x.device)
    return (bits.long() << 32) + (_LOW - cells[:-1].reshape(*x.shape[:3], 1)), _LOW - cells[-1]


def _unordered(ordered: Tensor) -> tuple[Tensor, Tensor]:
    """The values, float32, and the cells, int64, of what `_ordered` gave."""
    bits = (ordered >> 32).int()
    return (bits ^ ((bits >> 31) & 0x7FFFFFFF)).view(torch.float32), _LOW - (ordered & _LOW)
