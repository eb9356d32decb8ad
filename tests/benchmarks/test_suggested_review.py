"""What suggestions and drawing take of a person, on a clip with exact masks."""

import numpy as np
import pytest

from benchmarks.densification import given
from benchmarks.hands import Effort
from benchmarks.suggested_review import BEGIN, Decisions, Way, asked, by_drawing, by_queue, together
from core.datasets.clip import Clip
from core.datasets.sample import sample_clips
from core.motion_segmentation.config import SuggestConfig
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.model import ObjectTrajectory, Origin, Review
from core.trajectories.suggestion_edits import AddSuggestions

FRAMES = 12
WIDTH, HEIGHT = 320, 240


@pytest.fixture(scope="module")
def sample():
    _, clip = next(sample_clips(7))
    return clip


@pytest.fixture
def truth(sample):
    """The creatures 1 and 2 in the first frames."""
    return dict(enumerate(sample.labels[:FRAMES]))


@pytest.fixture
def clip(tmp_path):
    files = tuple(f"{frame}.png" for frame in range(30))
    return Clip(name="a", dataset="frames", width=WIDTH, height=HEIGHT, root=tmp_path, files=files)


def suggestion(labels, number, sure):
    one = given(labels, range(FRAMES), number)
    return ObjectTrajectory(
        frames=one.frames,
        boxes=one.boxes,
        origin=np.full(FRAMES, Origin.PROPAGATED, np.uint8),
        confidence=np.full(FRAMES, sure, np.float32),
        masks=one.masks,
        review=Review.SUGGESTED,
    )


def in_parts(truth, speck_beside):
    """The creature 2 as 2 and 3, left and right; 4 is a speck, above the left part or far from it."""
    parts = {}
    for frame, labels in truth.items():
        rows, columns = np.nonzero(labels == 2)
        middle = int(np.quantile(columns, 0.4))
        top = int(rows[columns < middle].min())
        parts[frame] = labels.copy()
        parts[frame][:, middle:][labels[:, middle:] == 2] = 3
        x = int(columns.min()) if speck_beside else (0 if middle > WIDTH // 2 else WIDTH - 12)
        speck = slice(top - 6, top) if speck_beside else slice(HEIGHT - 12, HEIGHT)
        assert not labels[speck, x : x + 12].any()
        parts[frame][speck, x : x + 12] = 4
    return parts


@pytest.mark.parametrize(
    ("speck_beside", "right"),
    [
        (False, [0, 0, 1, 1, 2]),  # joined, accepted; the speck rejected; the other creature accepted
        (True, [0, 0, 0, 0, 1, 2]),  # put off; the speck rejected; joined with the other part, accepted; …
    ],
)
def test_what_is_right_is_accepted_parts_are_joined_and_the_rest_is_rejected(
    truth, clip, tmp_path, speck_beside, right
):
    parts = in_parts(truth, speck_beside)
    found = [suggestion(parts, number, sure) for number, sure in ((2, 0.9), (4, 0.8), (3, 0.7), (1, 0.6))]
    with Project.create(tmp_path / "project") as project, project.writing() as connection:
        journal.perform(connection, AddClips([(clip, [])]))
        (here,) = store.clips(connection)
        journal.perform(connection, AddSuggestions({here.id: found}))
        steps = Decisions(connection, here, truth).steps()
        reviews = [one.review for one in store.objects(connection, here.id)]
    assert [effort.keys for _, effort in steps] == list(range(len(right)))
    assert [count for count, _ in steps] == right
    assert sorted(reviews) == [Review.ACCEPTED, Review.ACCEPTED, Review.REJECTED]


def test_presses_of_every_way_are_counted(sample, truth, clip, tmp_path):
    frames, labels = list(sample.frames[:30]), dict(enumerate(sample.labels[:30]))
    queue = by_queue(frames, clip, labels, SuggestConfig(preset="fast"), tmp_path)
    last, effort = queue.steps[-1]
    assert (last, effort.mouse, effort.keys) == (2, 0, effort.frames)
    assert asked(truth, FRAMES) == [0, 10, 11]
    cut_out = by_drawing(frames[:FRAMES], clip, truth, True, tmp_path)
    # a click on the clip; of each creature N and two steps ahead, three boxes; Home between the two
    assert cut_out.steps == [
        (0, Effort()),
        (1, Effort(keys=3, mouse=4, frames=3)),
        (2, Effort(keys=7, mouse=7, frames=6)),
    ]


def test_clips_follow_one_another_and_what_is_done_once_counts_once():
    ways = [
        Way(1, [(0, Effort()), (0, Effort(keys=1)), (1, Effort(keys=2))], 3.0),
        Way(3, [(0, Effort()), (1, Effort(keys=4)), (1, Effort(keys=5))], 4.0),
    ]
    found, once = together("suggested", ways), BEGIN["suggested"].keys
    assert (found["objects"], found["recalled"], found["program_s"]) == (4, 2, 7.0)
    assert found["keys"] == once + 7
    levels = {level: (one["keys"] - once, one["program_s"]) for level, one in found["to_recall"].items()}
    assert levels == {"0.25": (2, 3.0), "0.5": (6, 7.0)}
