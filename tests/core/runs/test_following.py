"""Several runs, each in a worker of its own."""

import itertools
import json

import numpy as np
import pytest

from core.datasets.drawn_files import write_pictures
from core.detection.config import ProposalsConfig
from core.errors import StudioError
from core.events import Progress
from core.jobs import JOBS
from core.runs import launch
from core.runs.following import run_workers
from core.runs.run_folder import State


@pytest.fixture
def prepared(tmp_path):
    """Prepares a short run; `wrong` ones fail."""
    write_pictures(tmp_path / "VOCdevkit" / "VOC2007", np.random.default_rng(0), [("trainval", 2)])

    def prepare(name, wrong=False):
        config = ProposalsConfig(voc=tmp_path / ("none" if wrong else "VOCdevkit"), mode="fast")
        return launch.prepare_at(tmp_path / name, JOBS["proposals"], config)

    return prepare


def span(folder):
    """When a run said its first and its last word."""
    times = [json.loads(line)["time"] for line in (folder.path / "events.jsonl").read_text().splitlines()]
    return times[0], times[-1]


def test_one_at_a_time_they_follow_each_other_in_order(prepared):
    folders = [prepared(name) for name in ("c", "a", "b")]
    progress = []
    run_workers(
        folders, lambda event: progress.append(event) if isinstance(event, Progress) else None, at_once=1
    )
    assert {folder.status().state for folder in folders} == {State.DONE}
    for (_, last), (first, _) in itertools.pairwise(map(span, folders)):
        assert last < first
    assert (progress[-1].step, progress[-1].total) == (6, 6)
    # as soon as the first run has said how long it is, all three are counted
    assert {event.total for event in progress if event.total} == {6}


def test_one_that_fails_keeps_the_others_from_starting(prepared):
    folders = [prepared("a", wrong=True), prepared("b")]
    with pytest.raises(StudioError, match=r"^a: "):
        run_workers(folders, lambda event: None, at_once=1)
    assert folders[1].status().state is not State.DONE
    assert not (folders[1].path / "events.jsonl").exists()
