"""RoI pooling against a loop over `adaptive_max_pool2d`; JSON on standard output.

    python -m benchmarks.roi_pooling [--repeat 5]

Maps of 384 × 38 × 63, bins of 6 × 6, one core: 2,000 RoIs of one image without a gradient, and 128 RoIs of
two images forward and backward; seconds of the CPU, the least of the repetitions. `ratio` is the loop's time
by ours. The loop's values must be ours (its backward is not compared: it divides ties otherwise).
"""

import argparse
import json
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from core.networks.roi_pool import corner_cells, roi_max_pool

CHANNELS, HEIGHT, WIDTH, SIZE = 384, 38, 63, 6


def random_rois(count: int, images: int, generator: torch.Generator) -> Tensor:
    """(count, 5): image, x1, y1, x2, y2 in pixels, many small ones, inside an image of 600 × 1000."""
    start = torch.rand(count, 2, generator=generator) * torch.tensor([960.0, 560.0])
    side = 16 + torch.rand(count, 2, generator=generator) ** 2 * torch.tensor([1000.0, 600.0])
    end = torch.minimum(start + side, torch.tensor([999.0, 599.0]))
    return torch.cat([torch.randint(images, (count, 1), generator=generator).float(), start, end], 1)


def plain_loop(features: Tensor, rois: Tensor) -> Tensor:
    pooled = []
    for image, (x1, y1, x2, y2) in zip(rois[:, 0].int(), corner_cells(rois).int().tolist(), strict=True):
        part = features[image, :, y1 : max(y2, y1) + 1, x1 : max(x2, x1) + 1]
        pooled.append(functional.adaptive_max_pool2d(part, SIZE))
    return torch.stack(pooled)


def seconds(work: Callable[[], object], repeat: int) -> float:
    found = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    maps = torch.relu(torch.randn(2, CHANNELS, HEIGHT, WIDTH, generator=generator))
    maps = maps.contiguous(memory_format=torch.channels_last)
    many, few = random_rois(2000, 1, generator), random_rois(128, 2, generator)
    gradient = torch.randn(128, CHANNELS, SIZE, SIZE, generator=generator)

    def trained(pool: Callable[[Tensor, Tensor], Tensor]) -> None:
        leaf = maps.detach().requires_grad_()
        pool(leaf, few).backward(gradient)

    def ours(features: Tensor, rois: Tensor) -> Tensor:
        return roi_max_pool(features, rois, SIZE)

    alone = maps[:1]
    equal = bool(torch.equal(ours(alone, many), plain_loop(alone, many)))
    found = {
        "2000_rois": [seconds(lambda pool=pool: pool(alone, many), repeat) for pool in (ours, plain_loop)],
        "128_rois_trained": [seconds(lambda pool=pool: trained(pool), repeat) for pool in (ours, plain_loop)],
    }
    figures = {
        name: {"ours": round(mine, 4), "loop": round(loop, 4), "ratio": round(loop / mine, 1)}
        for name, (mine, loop) in found.items()
    }
    print(json.dumps({"equal": equal, **figures}, indent=2))


if __name__ == "__main__":
    main()
