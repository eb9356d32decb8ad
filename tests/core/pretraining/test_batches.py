import contextlib
import threading

import numpy as np
import pytest

from core.errors import StudioError
from core.pretraining.batches import Batch, DrawnAhead


class Numbers:
    """Batches whose pixels are random numbers; drawing the fifth fails."""

    def __init__(self, ending=False):
        self.drawn, self.ending, self.threads = 0, ending, set()

    def draw(self, count, generator):
        self.drawn += 1
        self.threads.add(threading.get_ident())
        if self.ending and self.drawn == 5:
            raise StudioError("The fifth cannot be read; put it back.")
        return Batch(generator.integers(0, 256, (count, 2, 2, 3), np.uint8), np.zeros(count, np.int64))


def test_batches_drawn_ahead_are_those_drawn_in_turn_and_so_is_the_state():
    turn, ahead = (np.random.default_rng(8) for _ in range(2))
    numbers = Numbers()
    with contextlib.closing(DrawnAhead(numbers, 3, ahead)) as drawn:
        assert drawn.state == turn.bit_generator.state
        for number in range(6):
            batch = drawn.take(more=number < 5)
            np.testing.assert_array_equal(batch.patches, Numbers().draw(3, turn).patches)
            assert drawn.state == turn.bit_generator.state
    assert numbers.drawn == 6  # none in vain
    assert threading.get_ident() not in numbers.threads


def test_a_batch_that_cannot_be_drawn_fails_when_it_is_taken():
    with contextlib.closing(DrawnAhead(Numbers(ending=True), 3, np.random.default_rng(0))) as drawn:
        for _ in range(4):
            drawn.take(more=True)
        with pytest.raises(StudioError, match="The fifth"):
            drawn.take(more=True)
