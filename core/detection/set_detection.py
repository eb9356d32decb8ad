"""Detect in the pictures of a set, on a GPU in several at once."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import torch

from core.detection.predict import Asked, Detected, Prepared, Rules, prepared
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import ImageSize
from core.out_of_memory import memory_that_ran_out

NEAR = 25
"""Pictures of the set among which those of one size are looked for."""

AT_ONCE = 4
"""Pictures of one size that a GPU judges at once. A CPU takes one: it gains nothing by several."""


def ready(image: np.ndarray, proposals: np.ndarray, size: ImageSize, device: torch.device) -> Prepared:
    """A picture as `detect_set` takes it, for a thread that reads; arguments as of `prepared`."""
    made = prepared(image, proposals, size)
    return made.pinned() if device.type == "cuda" else made


def detect_set(
    net: FastRCNN, pictures: Iterator[Prepared], device: torch.device, rules: Rules, at_once: int = 0
) -> Iterator[list[Detected]]:
    """Detections in pictures, in their order; those of `detect`, but for rounding where several go at once.

    Args:
        at_once: pictures that are judged together, at most; 0 for what suits the device. A GPU is also
            asked the next ones before it has answered.

    Yields:
        For each picture the detections of each class, without the background.
    """
    on_gpu = device.type == "cuda"
    at_once = at_once or (AT_ONCE if on_gpu else 1)
    asked: deque[tuple[list[int], Asked]] = deque()
    found: dict[int, list[Detected]] = {}
    told = 0

    def taken(left: int) -> Iterator[list[Detected]]:
        nonlocal told
        while len(asked) > left:
            numbers, answer = asked.popleft()
            found.update(zip(numbers, answer.answer(), strict=True))
            while told in found:
                yield found.pop(told)
                told += 1

    first = 0
    while near := list(islice(pictures, NEAR if at_once > 1 else 1)):
        for places in _alike(near, at_once):
            for some, answer in _ask(net, near, places, device, rules):
                asked.append(([first + place for place in some], answer))
            yield from taken(1 if on_gpu else 0)
        first += len(near)
    yield from taken(0)


def _alike(pictures: Sequence[Prepared], most: int) -> Iterator[list[int]]:
    """Places of pictures of one size, so many at most, ordered by the first of them."""
    left = list(range(len(pictures)))
    while left:
        shape = pictures[left[0]].pixels.shape
        places = [place for place in left if pictures[place].pixels.shape == shape][:most]
        left = [place for place in left if place not in places]
        yield places


def _ask(
    net: FastRCNN, near: Sequence[Prepared], places: list[int], device: torch.device, rules: Rules
) -> Iterator[tuple[list[int], Asked]]:
    """Ask for some pictures at once, or one after the other where memory does not hold that."""
    try:
        together = Asked(net, [near[place] for place in places], device, rules)
    except (RuntimeError, MemoryError) as error:
        if len(places) == 1 or not memory_that_ran_out(error):
            raise
        together = None
    if together:
        yield places, together
        return
    for place in places:
        yield [place], Asked(net, [near[place]], device, rules)
