"""Reading in a thread: what is read is finished, and of what is wanted meanwhile the newest is read next."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.errors import StudioError
from studio.watch.reading import Reading


@pytest.fixture
def reading(qtbot: Any) -> Iterator[Reading]:
    reading = Reading()
    yield reading
    reading.close()


def test_of_wishes_that_wait_the_newest_is_read(reading: Reading, qtbot: Any) -> None:
    go_on = threading.Event()
    read: list[str] = []
    reading.done.connect(read.append)

    def slowly() -> str:
        assert go_on.wait(240)
        return "first"

    def at_once(what: str) -> Callable[[], str]:
        return lambda: what

    reading.want(1, slowly)
    reading.want(2, at_once("second"))
    reading.want(3, at_once("third"))
    go_on.set()
    qtbot.waitUntil(lambda: read == ["first", "third"])


def test_the_same_is_read_once(reading: Reading, qtbot: Any) -> None:
    read: list[int] = []
    reading.done.connect(read.append)
    for _ in range(3):
        reading.want("key", lambda: 1)
    qtbot.waitUntil(lambda: read == [1])
    reading.want("key", lambda: 2)
    qtbot.wait(50)
    assert read == [1]
    reading.want("another", lambda: 3)
    qtbot.waitUntil(lambda: read == [1, 3])


def test_a_sentence_for_the_user_is_passed_on_and_the_next_wish_read(reading: Reading, qtbot: Any) -> None:
    said: list[str] = []
    read: list[int] = []
    reading.failed.connect(said.append)
    reading.done.connect(read.append)

    def refuse() -> int:
        raise StudioError("There is nothing here; look elsewhere.")

    reading.want(1, refuse)
    reading.want(2, lambda: 5)
    qtbot.waitUntil(lambda: read == [5])
    assert said == ["There is nothing here; look elsewhere."]
