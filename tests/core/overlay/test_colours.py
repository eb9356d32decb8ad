"""Each kind of thing that is told by colour has a colour of its own, and a name for it."""

import enum

import numpy as np
import pytest

from core.overlay.colours import REJECTED, colouring, legend
from core.trajectories.model import Origin, Review


@pytest.mark.parametrize(("colour_by", "kinds"), [("origin", Origin), ("review", Review)])
def test_every_value_has_its_own_colour_which_the_legend_names(colour_by: str, kinds: type[enum.IntEnum]):
    values = np.array(list(kinds))
    origins, reviews = (values if colour_by == one else np.zeros_like(values) for one in ("origin", "review"))
    found = colouring(colour_by, values, np.zeros(len(values)), origins, reviews)
    colours = [tuple(found.table[index]) for index in found.index]
    assert len(set(colours)) == len(kinds)
    assert [(name, tuple(rgb)) for name, rgb in legend(colour_by)] == [
        (kind.name.lower(), colour) for kind, colour in zip(kinds, colours, strict=True)
    ]


def test_what_was_rejected_is_grey_whatever_else_it_is_coloured_by():
    for colour_by in ("track", "error", "origin", "review", "label"):
        reviews = np.array([Review.OPEN, Review.REJECTED])
        found = colouring(colour_by, np.array([1, 2]), np.zeros(2), np.zeros(2, int), reviews)
        assert found.table[found.index[1]].tolist() == REJECTED.tolist()
        assert found.table[found.index[0]].tolist() != REJECTED.tolist()
