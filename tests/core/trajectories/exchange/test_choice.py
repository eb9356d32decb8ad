"""What of a project is exported: tracks, frames, labels, kinds and reviews."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories.exchange.choice import Choice, Count
from core.trajectories.exchange.spans import Spans
from core.trajectories.model import EndReason, Kind, PointTrajectories, Review


@pytest.fixture
def things(points, objects):
    """Points 11 (frames 0 to 2) and 12 (rejected, frames 3 and 4), objects 1, 2 and 3, all accepted."""
    return points, [replace(one, id=number) for number, one in enumerate(objects, start=1)]


def ids(choice: Choice, things) -> tuple[list[int], list[int]]:
    points, objects = choice.taken(*things)
    return points.ids.tolist(), [one.id for one in objects]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), ([11], [1, 2, 3])),
        (Choice(reviews=frozenset(Review)), ([11, 12], [1, 2, 3])),
        (Choice(reviews=frozenset((Review.ACCEPTED,))), ([], [1, 2, 3])),
        (Choice(reviews=frozenset((Review.REJECTED,))), ([12], [])),
        (Choice(tracks=Spans.of((3, 11, 12))), ([11], [3])),
        (Choice(tracks=Spans.of(())), ([], [])),
        (Choice(labels=frozenset(("cat",))), ([], [3])),
        (Choice(labels=frozenset(("", "7"))), ([11], [2])),
        (Choice(kinds=frozenset((Kind.POINT,))), ([11], [])),
        (Choice(kinds=frozenset((Kind.OBJECT,))), ([], [1, 2, 3])),
    ],
)
def test_what_is_taken(things, choice, expected):
    assert ids(choice, things) == expected


def test_frames_left_out_are_cut_away_and_ids_stay(things):
    points, objects = Choice(frames=Spans.parsed("1-2")).taken(*things)
    assert [(one.id, one.frames.tolist()) for one in objects] == [(1, [1]), (2, [1])]
    car = things[1][0]
    assert objects[0].masks == (car.masks[1],)
    np.testing.assert_array_equal(objects[0].boxes, car.boxes[1:2])
    np.testing.assert_array_equal(objects[0].confidence, [0.5])
    assert points.ids.tolist() == [11]
    assert points.first.tolist() == [1]
    np.testing.assert_array_equal(points.xy, things[0].xy[1:3])
    assert points.end_reason.tolist() == [EndReason.INCONSISTENT]
    assert points.error[0] == 0  # the link that led here is not there


def test_a_path_that_goes_on_has_no_end_here():
    point = PointTrajectories.pack([2], [np.arange(12.0).reshape(6, 2)], end_reason=[EndReason.LEFT_FRAME])
    one = replace(point, ids=np.array([5]))
    cut, _ = Choice(frames=Spans.parsed("3-4,6-")).taken(one, [])
    assert cut.ids.tolist() == [5, 5]
    assert cut.first.tolist() == [3, 6]
    assert cut.lengths.tolist() == [2, 2]
    assert cut.end_reason.tolist() == [EndReason.UNKNOWN, EndReason.LEFT_FRAME]
    np.testing.assert_array_equal(cut.xy[:, 0], [2, 4, 8, 10])
    assert Count.of(cut, []) == Count(0, 1, 4)


def test_what_was_not_limited_is_the_same_thing(things):
    points, objects = Choice(reviews=frozenset(Review), frames=Spans.parsed("0-")).taken(*things)
    for name, values in vars(things[0]).items():
        np.testing.assert_array_equal(getattr(points, name), values)
    assert objects == things[1]


@pytest.mark.parametrize(
    ("text", "parts", "again"),
    [
        ("3,7-9", ((3, 3), (7, 9)), "3,7-9"),
        (" 9 , 7 – 8,3", ((3, 3), (7, 9)), "3,7-9"),
        ("-2", ((0, 2),), "0-2"),
        ("10-", ((10, 2**62),), "10-"),
        ("1-5,2-3,4-9", ((1, 9),), "1-9"),
    ],
)
def test_numbers_as_people_write_them(text, parts, again):
    assert Spans.parsed(text).parts == parts
    assert str(Spans.parsed(text)) == again


@pytest.mark.parametrize(
    "text", ["", "-", "a", "3,,4", "9-7", "1.5", "--2", "1-2-3", "3 9", "9" * 30, "9" * 5000]
)
def test_what_is_no_list_of_numbers_is_refused(text):
    with pytest.raises(StudioError, match="is no list of numbers; write them such as 3,7-9"):
        Spans.parsed(text)


def test_spans_hold_what_lies_in_them():
    spans = Spans.of((4, 5, 9))
    assert spans.parts == ((4, 5), (9, 9))
    numbers = np.arange(12)
    np.testing.assert_array_equal(numbers[spans.holds(numbers)], [4, 5, 9])


def test_counts_are_said():
    assert str(Count(12, 3400, 9)) == "12 objects, 3,400 points"
    assert str(Count(1, 1, 2)) == "1 object, 1 point"
    assert Count(1, 2, 3) + Count(4, 5, 6) == Count(5, 7, 9)


@pytest.mark.parametrize(
    ("choice", "narrows"),
    [
        (Choice(), False),
        (Choice(clips=frozenset(("a",))), False),
        (Choice(reviews=frozenset(Review)), False),
        (Choice(reviews=frozenset((Review.ACCEPTED,))), True),
        (Choice(frames=Spans.parsed("1-2")), True),
        (Choice(kinds=frozenset((Kind.POINT,))), True),
    ],
)
def test_which_choice_narrows(choice, narrows):
    assert choice.narrows is narrows
