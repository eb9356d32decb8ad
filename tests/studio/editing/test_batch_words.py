"""What edits of many tracks change is counted by hand here."""

from dataclasses import replace

import numpy as np
import pytest

from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review
from core.trajectories.trajectory_edits import DeleteTrajectories, Merge, Relabel, SetReview, Split
from studio.editing.batch_words import MANY, counted_texts, is_asked_about, question_about
from tests.studio.small_project import draw_object

COUNT = 150


def tracks() -> tuple[PointTrajectories, dict[int, ObjectTrajectory]]:
    """Points 1 to 150, of which 3 are accepted, 2 rejected and 4 labelled; objects 201 and 202, one named."""
    reviews = np.zeros(COUNT, np.uint8)
    reviews[:3], reviews[3:5] = Review.ACCEPTED, Review.REJECTED
    points = replace(
        PointTrajectories.pack([0] * COUNT, [np.zeros((2, 2))] * COUNT),
        ids=np.arange(1, COUNT + 1),
        review=reviews,
        labels=("leaf",) * 4 + ("",) * (COUNT - 4),
    )
    objects = {201: replace(draw_object(""), id=201), 202: replace(draw_object("swan"), id=202)}
    return points, objects


ALL = (*range(1, COUNT + 1), 201, 202)


@pytest.mark.parametrize(
    ("edit", "text", "stake"),
    [
        (
            DeleteTrajectories(1, ALL),
            "Delete 152 tracks?",
            "150 points and 2 objects with 6 keyframes. 3 are accepted, 2 are rejected and 5 have a label.",
        ),
        (DeleteTrajectories(1, ALL[5:150]), "Delete 145 tracks?", "145 points."),
        (SetReview(1, ALL, Review.REJECTED), "Reject 152 tracks?", "3 are accepted."),
        (SetReview(1, ALL, Review.ACCEPTED), "Accept 152 tracks?", "2 are rejected."),
        (SetReview(1, ALL, Review.OPEN), "Reopen 152 tracks?", "3 are accepted and 2 are rejected."),
        (Relabel(1, ALL, "leaf"), "Label 152 tracks 'leaf'?", "1 of them has another label now."),
        (Relabel(1, ALL, ""), "Take the labels off 152 tracks?", "5 of them have another label now."),
    ],
)
def test_what_is_taken_back_is_asked(edit, text, stake):
    assert is_asked_about(edit)
    question = question_about(edit, *tracks())
    assert (question.text, question.stake) == (text, stake)
    assert question.button.endswith("tracks")


def test_nothing_is_asked_where_nothing_is_taken_back_or_few_are_meant():
    assert question_about(SetReview(1, ALL[5:150], Review.REJECTED), *tracks()) is None
    assert question_about(Relabel(1, ALL[4:150], "leaf"), *tracks()) is None
    assert not is_asked_about(DeleteTrajectories(1, ALL[: MANY - 1]))
    assert not is_asked_about(Split(1, 5, 3))
    assert is_asked_about(Merge(1, (1, 2)))
    assert not is_asked_about(Merge(1, (1, 2), overlapping=True))


def test_actions_name_how_many_tracks_they_change():
    assert counted_texts(np.zeros(1)) == {}
    mixed = np.array([Review.ACCEPTED] * 1200 + [Review.OPEN] * 34)
    texts = counted_texts(mixed)
    assert texts["accept"] == "&Accept 34 of 1,234 tracks and next"
    assert texts["reject"] == "&Reject 1,234 tracks and next"
    assert texts["reopen"] == "Re&open 1,200 of 1,234 tracks"
    assert texts["delete_track"] == "Dele&te 1,234 tracks"
    assert texts["relabel"] == "&Label 1,234 tracks…"
