import contextlib
import threading

import pytest

from core.errors import StudioError
from core.training.ahead import drawn_ahead, mapped_ahead


class Numbers:
    """0, 1, 2 … up to an end; the fifth cannot be drawn where `failing`."""

    def __init__(self, end, failing=False):
        self.drawn, self.end, self.failing, self.threads = 0, end, failing, set()

    def __iter__(self):
        while self.drawn < self.end:
            if self.failing and self.drawn == 4:
                raise StudioError("The fifth cannot be read; put it back.")
            self.threads.add(threading.get_ident())
            self.drawn += 1
            yield self.drawn - 1


def test_items_drawn_ahead_are_those_drawn_in_turn():
    numbers = Numbers(6)
    assert list(drawn_ahead(iter(numbers))) == list(range(6))
    assert len(numbers.threads) == 1
    assert threading.get_ident() not in numbers.threads
    assert list(drawn_ahead(iter(Numbers(0)))) == []


def test_one_item_is_drawn_while_the_last_is_in_use_and_no_more():
    numbers = Numbers(100)
    with contextlib.closing(drawn_ahead(iter(numbers))) as ahead:
        for number in range(3):
            assert next(ahead) == number
    assert numbers.drawn == 4  # closing waits for the one begun


@pytest.mark.parametrize("count", [1, 2, 5])
def test_several_items_are_drawn_ahead_in_order(count):
    numbers = Numbers(50)
    with contextlib.closing(drawn_ahead(iter(numbers), count)) as ahead:
        assert [next(ahead) for _ in range(4)] == [0, 1, 2, 3]
    assert numbers.drawn == 4 + count
    assert len(numbers.threads) == 1
    assert list(drawn_ahead(iter(Numbers(7)), count)) == list(range(7))
    failing = drawn_ahead(iter(Numbers(9, failing=True)), count)
    assert [next(failing) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(StudioError, match="The fifth"):
        next(failing)


def test_drawing_goes_on_while_an_item_is_in_use():
    begun = threading.Event()

    def items():
        yield "first"
        begun.set()
        yield "second"

    with contextlib.closing(drawn_ahead(items())) as ahead:
        assert next(ahead) == "first"
        assert begun.wait(240)


def test_an_item_that_cannot_be_drawn_fails_where_it_would_have_come():
    with contextlib.closing(drawn_ahead(iter(Numbers(9, failing=True)))) as ahead:
        assert [next(ahead) for _ in range(4)] == [0, 1, 2, 3]
        with pytest.raises(StudioError, match="The fifth"):
            next(ahead)


def test_the_thread_ends_with_the_items():
    before = set(threading.enumerate())
    ahead = drawn_ahead(iter(Numbers(5)))
    next(ahead)
    assert set(threading.enumerate()) - before
    ahead.close()
    assert set(threading.enumerate()) <= before


def test_things_worked_out_by_several_threads_come_in_their_order():
    begun, threads, both = [], set(), threading.Barrier(2)

    def work(number):
        begun.append(number)
        threads.add(threading.get_ident())
        if number < 2:
            both.wait(240)  # so two threads are at it
        if number == 60:
            raise StudioError("The sixtieth cannot be read; put it back.")
        return number * number

    assert list(mapped_ahead(work, range(50), 2, 7)) == [number * number for number in range(50)]
    assert len(threads) == 2
    assert threading.get_ident() not in threads
    assert list(mapped_ahead(work, [], 2, 7)) == []
    del begun[:]
    with contextlib.closing(mapped_ahead(work, range(2, 99), 2, 7)) as ahead:
        assert [next(ahead) for _ in range(3)] == [4, 9, 16]
    assert max(begun) <= 2 + 3 + 7
    failing = mapped_ahead(work, range(58, 99), 2, 7)
    assert [next(failing), next(failing)] == [58 * 58, 59 * 59]
    with pytest.raises(StudioError, match="sixtieth"):
        next(failing)
