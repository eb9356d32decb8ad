"""What threads work out before it is asked for."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
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


def mapped_ahead(
    work: Callable[[Given], Item], given: Iterable[Given], threads: int, count: int
) -> Generator[Item, None, None]:
    """What some work makes of things, in their order; several threads do it, at most `count` things ahead.

    What it raises is raised where its item would have come. Closing waits for what is being worked out.
    """
    executor = ThreadPoolExecutor(threads, "working")
    try:
        coming: deque[Future[Item]] = deque()
        for each in given:
            coming.append(executor.submit(work, each))
            if len(coming) > count:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


def _next(items: Iterator[Item]) -> tuple[Item, ...]:
    """The next item; nothing at the end."""
    for item in items:
        return (item,)
    return ()
