"""RoI max pooling as Caffe's `ROIPooling` layer does it, for many RoIs at once.

A RoI is cut into `size` × `size` bins and each bin gives the maximum of its cells, channel by channel.
Maxima over windows of 1, 2, 4 … cells are made once for the whole map (a sparse table); a bin of any
length is then the maximum of two overlapping windows a side, so the cost of a RoI does not depend on
how much of the map it covers, and there is no loop over RoIs.

Source: Girshick, ICCV 2015, Section 2.1; `roi_pooling_layer.cu` of caffe-fast-rcnn.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from core.networks.trunk import STRIDE


def roi_max_pool(features: Tensor, rois: Tensor, size: int, scale: float = 1 / STRIDE) -> Tensor:
    """The strongest responses in a grid of bins laid over each RoI.

    Args:
        features: (N, C, H, W) float, on any device; gradients flow to it.
        rois: (R, 5) float32 on the same device: image in the batch, then x1, y1, x2, y2 as Caffe means
            them: centres of the first and last pixel of the RoI in the image, both inside (of our
            boxes, x2 - 1 and y2 - 1).
        size: bins a side.
        scale: cells of the map per pixel of the image.

    Returns:
        (R, C, size, size). Corners are rounded to cells, halves away from zero; both ends belong to
        the RoI, which is at least one cell wide; neighbouring bins share a cell where the division
        leaves a rest; bins are cut at the border of the map, and a bin that lies outside is 0. Of
        equal maxima in a bin the first, row by row, receives the gradient. Forward and backward give
        the same bits every time, on a GPU too.
    """
    pooled: Tensor = _RoIMaxPool.apply(features, rois, size, scale)
    return pooled


def corner_cells(rois: Tensor, scale: float = 1 / STRIDE) -> Tensor:
    """The cells of the corners of RoIs, (R, 4), whole numbers; RoIs that agree in them are pooled alike.

    Rounded like C's `round`, halves away from zero; `torch.round` takes halves to the even neighbour.
    """
    corners = rois[:, 1:] * scale
    whole = corners.trunc()
    return whole + ((corners - whole).abs() >= 0.5) * corners.sign()


class _Bins(NamedTuple):
    """Cells of every bin, ends excluded: `y1`, `y2` (R, size) and `x1`, `x2` (R, size), and image (R,)."""

    image: Tensor
    y1: Tensor
    y2: Tensor
    x1: Tensor
    x2: Tensor


class _Maxima(NamedTuple):
    """A map of maxima over windows, (N, H, W, C), and the cell of each in the whole batch, if asked for."""

    values: Tensor
    cells: Tensor | None


class _RoIMaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, rois: Tensor, size: int, scale: float) -> Tensor:
        channels, height, width = features.shape[1:]
        bins = _bins(rois, size, scale, height, width)
        level_y, level_x = _level(bins.y2 - bins.y1), _level(bins.x2 - bins.x1)
        values = features.new_zeros(len(rois), size, size, channels)
        cells = None
        if ctx.needs_input_grad[0]:
            cells = torch.full(values.shape, -1, dtype=torch.int32, device=features.device)

        rows = _single(features, with_cells=cells is not None)
        for high in range(int(level_y.max()) + 1 if len(rois) else 0):
            rows = rows if high == 0 else _doubled(rows, axis=1, length=2 ** (high - 1))
            windows = rows
            for wide in range(int(level_x.max()) + 1):
                windows = windows if wide == 0 else _doubled(windows, axis=2, length=2 ** (wide - 1))
                roi, row, column = torch.nonzero(
                    (level_y == high)[:, :, None] & (level_x == wide)[:, None, :], as_tuple=True
                )
                if len(roi) == 0:
                    continue
                image = bins.image[roi]
                y1, y2 = bins.y1[roi, row], bins.y2[roi, row] - 2**high
                x1, x2 = bins.x1[roi, column], bins.x2[roi, column] - 2**wide
                best = _look_up(windows, image, y1, x1)
                # A bin of one cell is one window; any other is covered by four, some of them the same.
                for y, x in ((y1, x2), (y2, x1), (y2, x2)) if high or wide else ():
                    best = _larger(best, _look_up(windows, image, y, x))
                values[roi, row, column] = best.values
                if cells is not None and best.cells is not None:
                    cells[roi, row, column] = best.cells

        ctx.shape = features.shape
        ctx.save_for_backward(cells)
        return values.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        count, channels, height, width = ctx.shape
        (cells,) = ctx.saved_tensors
        cells = cells.reshape(-1, channels).long()
        flowing = gradient.permute(0, 2, 3, 1).reshape(-1, channels) * (cells >= 0)
        total = gradient.new_zeros(count * height * width, channels)
        _add_by_cell(total, cells.clamp_min_(0), flowing)
        return total.reshape(count, height, width, channels).permute(0, 3, 1, 2), None, None, None


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
    return _Bins(rois[:, 0].long(), y1, y2, x1, x2)


def _edges(first: Tensor, last: Tensor, size: int, limit: int) -> tuple[Tensor, Tensor]:
    """(R,) first and last cells of RoIs → (R, size) first cells of their bins, and ends (excluded)."""
    length = (last - first + 1).clamp_min(1)
    bin_length = (length / size)[:, None]  # float32, as in Caffe
    numbers = torch.arange(size, device=first.device, dtype=first.dtype)
    starts = first[:, None] + (numbers * bin_length).floor()
    ends = first[:, None] + ((numbers + 1) * bin_length).ceil()
    return starts.clamp(0, limit).long(), ends.clamp(0, limit).long()


def _level(lengths: Tensor) -> Tensor:
    """The largest k with 2^k ≤ length; -1 for empty bins."""
    levels = torch.full_like(lengths, -1)
    power = 1
    while bool((lengths >= power).any()):
        levels += lengths >= power
        power *= 2
    return levels


def _single(features: Tensor, with_cells: bool) -> _Maxima:
    """Windows of one cell."""
    values = features.permute(0, 2, 3, 1).contiguous()
    if not with_cells:
        return _Maxima(values, None)
    numbers = torch.arange(values[..., 0].numel(), dtype=torch.int32, device=values.device)
    return _Maxima(values, numbers.reshape(*values.shape[:3], 1).expand(values.shape).contiguous())


def _doubled(windows: _Maxima, axis: int, length: int) -> _Maxima:
    """Windows of twice the length along an axis: each is joined with the one that follows it."""
    count = windows.values.shape[axis] - length

    def part(start: int) -> _Maxima:
        values, cells = windows
        return _Maxima(
            values.narrow(axis, start, count), None if cells is None else cells.narrow(axis, start, count)
        )

    return _larger(part(0), part(length))


def _look_up(windows: _Maxima, image: Tensor, y: Tensor, x: Tensor) -> _Maxima:
    """The windows, (K, C), that begin at cells."""
    values, cells = windows
    _, height, width, channels = values.shape
    index = (image * height + y) * width + x
    return _Maxima(
        values.reshape(-1, channels)[index], None if cells is None else cells.reshape(-1, channels)[index]
    )


def _larger(a: _Maxima, b: _Maxima) -> _Maxima:
    """The larger of two windows, place by place; of equal ones that of the earlier cell."""
    if a.cells is None or b.cells is None:
        return _Maxima(torch.maximum(a.values, b.values), None)
    take_b = (b.values > a.values) | ((b.values == a.values) & (b.cells < a.cells))
    return _Maxima(torch.where(take_b, b.values, a.values), torch.where(take_b, b.cells, a.cells))
