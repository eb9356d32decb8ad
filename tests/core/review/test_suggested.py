"""The recipe of suggested objects: the surest first, with the one that may be part of the same thing."""

from dataclasses import replace

import numpy as np

from core.review.material import NO_POINTS
from core.review.recipes import RECIPES
from core.trajectories.join_suggestions import JoinSuggestions
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview
from tests.core.review.test_recipes import an_object, found

RECIPE = RECIPES["suggested"]


def suggestion(id, frames=range(10), box=(40, 30, 60, 50), sure=0.5):
    one = an_object(id, frames, box, review=Review.SUGGESTED)
    return replace(one, confidence=np.full(len(one.frames), sure, np.float32))


def test_only_what_waits_for_a_decision_is_found_and_the_surest_first():
    others = [an_object(9 + place, review=review) for place, review in enumerate(Review) if review < 3]
    assert found("suggested", NO_POINTS, *others) == []
    faint, sure = suggestion(1, sure=0.4), suggestion(2, box=(0, 0, 9, 9), sure=0.9)
    items = {item.tracks: item for item in found("suggested", NO_POINTS, faint, sure, *others)}
    assert {tracks: item.value for tracks, item in items.items()} == {(1,): 40, (2,): 90}
    assert RECIPE.from_high
    assert RECIPE.flagged(np.array([0.0]), RECIPE.usual(np.array([0.0]))).all()


def test_it_is_shown_where_it_is_surest_and_decided_as_a_whole():
    one = suggestion(1)
    one.confidence[6] = 0.8
    (item,) = found("suggested", NO_POINTS, one)
    assert (item.first, item.last, item.frame) == (0, 9, 6)
    assert RECIPE.accept(item) == SetReview(7, (1,), Review.ACCEPTED)
    assert RECIPE.reject(item) == SetReview(7, (1,), Review.REJECTED)
    assert RECIPE.reason(item).startswith("What moves together in frames 0 to 9 looks like one object")
    assert RECIPE.more(item) == "If it is another thing from here on, split it ({split})."
    assert RECIPE.join(item) is None


def test_the_neighbour_is_the_nearest_that_is_near():
    one = suggestion(1, box=(40, 30, 60, 50))
    beside, apart = suggestion(2, box=(62, 30, 80, 50)), suggestion(3, box=(0, 0, 9, 9))
    items = {item.tracks[0]: item for item in found("suggested", NO_POINTS, one, beside, apart)}
    assert {id: item.note for id, item in items.items()} == {1: 2, 2: 1, 3: 0}
    assert RECIPE.join(items[1]) == JoinSuggestions(7, (1, 2))
    assert RECIPE.more(items[1]).startswith("If track 2 is a part of it, join them ({merge}). ")


def test_one_that_goes_on_soon_after_is_a_neighbour_and_one_long_after_is_not():
    first = suggestion(1, range(5))
    for start, near in ((7, True), (17, False)):
        items = found("suggested", NO_POINTS, first, suggestion(2, range(start, 20)))
        assert [item.note for item in items] == ([2, 1] if near else [0, 0])


def test_what_a_person_has_is_no_neighbour():
    items = found("suggested", NO_POINTS, suggestion(1), an_object(2, review=Review.ACCEPTED))
    assert [item.note for item in items] == [0]
