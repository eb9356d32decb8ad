"""Batches drawn ahead of the step that learns from them."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def drawn_ahead(items: Iterator[Item], count: int = 1) -> Generator[Item, None, None]:
    """The items of an iterator, each drawn by a thread while those before it are in use.

    Order and values are those of the iterator, which runs in one thread, at most `count` items ahead. What
    it raises is raised where its item would have come. Closing waits for those that are being drawn.
    """
    with ThreadPoolExecutor(1, "drawing") as executor:
        coming = deque(executor.submit(_next, items) for _ in range(count))
        while drawn := coming.popleft().result():
            coming.append(executor.submit(_next, items))
            yield drawn[0]


def _next(items: Iterator[Item]) -> tuple[Item, ...]:
    """The next item; nothing at the end."""
    for item in items:
        return (item,)
    return ()
