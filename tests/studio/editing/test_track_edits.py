import pytest
from PySide6.QtCore import QObject

from core.trajectories.model import Review
from core.trajectories.observation_edits import DeleteObservation
from core.trajectories.track_rows import track_rows
from core.trajectories.trajectory_edits import (
    DeleteTrajectories,
    Merge,
    Relabel,
    SetReview,
    Split,
    Swap,
    Trim,
)
from studio.document import Document
from studio.editing.track_edits import TrackEdits
from studio.view_state import ViewState

SWAN, GOOSE = 1, 2  # objects of frames 0 to 11


@pytest.fixture
def edits(small_document: Document, small_view: ViewState):
    parent = QObject()

    def rows():
        clip = small_view.clip.id
        return track_rows(small_document.points(clip), small_document.objects(clip).values())

    edits = TrackEdits(small_document, small_view, rows, lambda: small_view.frame, parent)
    edits.asked = []
    edits.edit_asked.connect(edits.asked.append)
    yield edits
    parent.deleteLater()


def test_each_asks_for_its_edit_of_what_is_selected_at_the_frame(edits: TrackEdits, small_view: ViewState):
    clip = small_view.clip.id
    small_view.set_frame(4)
    small_view.set_selection((SWAN,))
    for ask in (edits.split, edits.trim_start, edits.trim_end):
        ask()
    edits.relabel(" duck ")
    small_view.set_selection((GOOSE, SWAN))
    for ask in (edits.merge, edits.swap, edits.delete_tracks):
        ask()
    edits.review(Review.REJECTED)
    assert edits.asked == [
        Split(clip, SWAN, 4),
        Trim(clip, SWAN, 4, 11),
        Trim(clip, SWAN, 0, 4),
        Relabel(clip, (SWAN,), "duck"),
        Merge(clip, (SWAN, GOOSE)),
        Swap(clip, SWAN, GOOSE, 4),
        DeleteTrajectories(clip, (SWAN, GOOSE)),
        SetReview(clip, (SWAN, GOOSE), Review.REJECTED),
    ]


def allowed(edits: TrackEdits) -> set[str]:
    return {name for name, reason in edits.refusals().items() if not reason}


def test_what_can_be_done_depends_on_selection_and_frame(
    edits: TrackEdits, small_view: ViewState, small_document: Document
):
    whole = {"delete_track", "relabel", "accept", "reject", "pin"}
    ends = {"track_start", "track_end"}
    assert allowed(edits) == set()
    small_view.set_selection((SWAN,))
    assert allowed(edits) == whole | {"track_end", "trim_end", "delete_here"}
    small_view.set_frame(4)
    assert allowed(edits) == whole | ends | {"trim_start", "trim_end", "split"}
    small_view.set_frame(11)
    assert allowed(edits) == whole | {"track_start", "trim_start", "split", "delete_here"}
    small_view.set_selection((SWAN, GOOSE))
    assert allowed(edits) == whole | {"merge", "swap"}
    point = int(small_document.points(small_view.clip.id).ids[0])  # frames 0 to 2
    small_view.set_selection((SWAN, point))
    assert allowed(edits) == whole | {"delete_here"}, "the point is elsewhere"
    small_view.set_selection((point,))
    assert allowed(edits) == whole | ends
    small_document.perform(SetReview(small_view.clip.id, (point,), Review.ACCEPTED))
    assert allowed(edits) == whole | ends | {"reopen"}


def test_points_that_overlap_are_named_before_they_are_merged(
    edits: TrackEdits, small_view: ViewState, small_document: Document
):
    points = small_document.points(small_view.clip.id)
    last = points.first + points.lengths - 1
    early = int(points.ids[(points.first == 0) & (last == 2)][0])
    later = int(points.ids[points.first == 3][0])
    overlapping = int(points.ids[(points.first <= 2) & (last >= 3)][0])
    small_view.set_selection((early, later))
    assert edits.refusals()["merge"] == ""
    small_view.set_selection((early, later, overlapping))
    assert "overlap in time; trim one of them" in edits.refusals()["merge"]


def test_what_is_deleted_here_is_the_one_of_the_selected_that_is_here(
    edits: TrackEdits, small_view: ViewState, small_document: Document
):
    point = int(small_document.points(small_view.clip.id).ids[0])
    small_view.set_frame(11)
    small_view.set_selection((SWAN, point))
    edits.delete_here()
    assert edits.asked == [DeleteObservation(small_view.clip.id, SWAN, 11)]


def test_every_refusal_is_a_sentence(edits: TrackEdits, small_view: ViewState):
    for selection in ((), (SWAN,), (SWAN, GOOSE)):
        small_view.set_selection(selection)
        for reason in edits.refusals().values():
            assert not reason or reason.endswith(".")


def test_keyframes_of_the_selected_object_or_of_any(edits: TrackEdits, small_view: ViewState):
    assert edits.keyframe_from(1) == 5
    assert edits.keyframe_from(-1) is None
    small_view.set_frame(5)
    assert (edits.keyframe_from(-1), edits.keyframe_from(1)) == (0, 11)
    small_view.set_selection((SWAN,))
    small_view.set_frame(11)
    assert edits.keyframe_from(1) is None
    assert edits.span() == (0, 11)
