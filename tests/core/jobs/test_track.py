import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core import agreements, jobs
from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.events import Log, Progress
from core.jobs import JOBS
from core.jobs.by_clip.results import read_points
from core.project.project import Project
from core.runs.launch import prepare
from core.tracking.config import TrackConfig
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.snapshot import points_arrays

SETTINGS = TrackConfig(preset="fast", min_length=4)


@pytest.fixture
def project(tmp_path):
    """Two clips of 8 frames."""
    with Project.create(tmp_path / "project") as made:
        clips = [stored_clip(tmp_path, name, seed) for seed, name in enumerate(("meadow", "pond"))]
        with made.writing() as connection:
            journal.perform(connection, AddClips([(clip, []) for clip in clips]))
        yield made


def stored_clip(root: Path, name: str, seed: int) -> Clip:
    (root / name).mkdir()
    drawn = render_clip(seed, frames=8, width=160, height=120)
    files = tuple(f"{name}/{frame:02d}.png" for frame in range(8))
    for file, image in zip(files, drawn.frames, strict=True):
        cv2.imwrite(str(root / file), image[..., ::-1])
    return Clip(name=name, dataset="frames", width=160, height=120, root=root, files=files)


def test_every_clip_is_tracked_and_progress_counts_all_frames(project):
    folder = prepare(project, JOBS["track"], SETTINGS)
    events = list(jobs.run(folder))
    progress = [event for event in events if isinstance(event, Progress)]
    clip = [*range(1, 9), 8, 8]  # told again with what is said of the clip, and at its end
    assert [event.step for event in progress] == [0, *clip, *[8 + step for step in clip]]
    assert {event.total for event in progress} == {16}
    assert [event.what for event in progress] == ["", *["meadow"] * 10, *["pond"] * 10]
    results = read_points(folder)
    assert len(results) == 2
    for points in results.values():
        assert len(points) > 50
        assert points.lengths.min() >= 4
    with project.writing() as connection:
        journal.perform(connection, ReplacePoints(results))
        first = min(results)
        assert len(store.points(connection, first)) == len(results[first])


def stopped(project, after: int, settings=SETTINGS):
    """The folder of a run that was closed once so many frames were done."""
    folder = prepare(project, JOBS["track"], settings)
    job = jobs.run(folder)
    for event in job:
        if isinstance(event, Progress) and event.step == after:
            break
    job.close()
    return folder


def assert_same(found, wanted):
    assert found.keys() == wanted.keys()
    for clip_id, points in wanted.items():
        for name, values in points_arrays(points).items():
            np.testing.assert_array_equal(points_arrays(found[clip_id])[name], values, err_msg=name)


@pytest.fixture
def whole(project):
    """What a run without a stop finds."""
    folder = prepare(project, JOBS["track"], SETTINGS)
    list(jobs.run(folder))
    return read_points(folder)


def test_a_clip_that_is_done_survives_a_stop_and_is_not_tracked_again(project, whole):
    folder = stopped(project, 11)
    (done,) = read_points(folder)
    stamp = (folder.results / f"{done}.npz").stat().st_mtime_ns
    list(jobs.run(folder))
    assert (folder.results / f"{done}.npz").stat().st_mtime_ns == stamp
    assert_same(read_points(folder), whole)


@pytest.mark.parametrize("after", [1, 5, 7, 9, 16])
def test_a_run_goes_on_at_the_frame_where_it_stopped(project, whole, after):
    folder = stopped(project, after)
    assert len(list(folder.checkpoints.glob("*.npz"))) == 1
    steps = [event.step for event in jobs.run(folder) if isinstance(event, Progress)]
    begun = 8 if after > 8 else 0  # clips that are done, before the checkpoint is read
    assert steps == sorted(steps)
    assert list(dict.fromkeys(steps)) == sorted({begun, *range(after + 1, 17), 16})
    assert_same(read_points(folder), whole)
    assert not list(folder.checkpoints.iterdir())


def test_a_run_can_be_stopped_again_and_again(project, whole):
    folder = stopped(project, 2)
    for more in (1, 1, 2, 3):
        job = jobs.run(folder)
        for _ in range(more):
            next(job)
        job.close()
    list(jobs.run(folder))
    assert_same(read_points(folder), whole)


def test_a_damaged_checkpoint_costs_the_work_and_not_the_clip(project, whole):
    folder = stopped(project, 5)
    (unfinished,) = folder.checkpoints.glob("*.npz")
    unfinished.write_bytes(unfinished.read_bytes()[:300])
    (warning,) = [e.text for e in jobs.run(folder) if isinstance(e, Log) and e.level == "warning"]
    assert warning.startswith(f"{unfinished.name} in ")
    assert_same(read_points(folder), whole)


DAMAGES = {
    "arrays of other shapes": lambda state: state | {"live_xy": state["live_xy"][..., 0]},
    "arrays that do not fit": lambda state: state | {"live_error": state["live_error"][:-1]},
    "not numbers": lambda state: state | {"seen_xy": state["seen_xy"] * np.nan},
    "trajectories that never started": lambda state: state | {"live_ids": state["live_ids"] + 10**9},
    "more than were seen": lambda state: state | {"started": state["started"] + 2**30},
    "more frames than the clip has": lambda state: (
        state | {"started": np.append(state["started"], np.zeros(40, np.int64))}
    ),
    "what is missing": lambda state: {name: state[name] for name in state if name != "last"},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_checkpoint_that_was_changed_costs_the_work_and_not_the_clip(project, whole, damage):
    folder = stopped(project, 5)
    (unfinished,) = folder.checkpoints.glob("*.npz")
    with np.load(unfinished) as file:
        state = DAMAGES[damage](dict(file))
    np.savez(unfinished, **state)
    (warning,) = [e.text for e in jobs.run(folder) if isinstance(e, Log) and e.level == "warning"]
    assert warning.startswith(f"{unfinished.name} in ")
    assert_same(read_points(folder), whole)


def test_a_checkpoint_of_frames_of_another_size_is_said(project):
    folder = stopped(project, 5)
    (unfinished,) = folder.checkpoints.glob("*.npz")
    with np.load(unfinished) as file:
        state = dict(file)
    np.savez(unfinished, **state | {"last": state["last"][1:], "way_back": state["way_back"][:, 1:]})
    (warning,) = [e.text for e in jobs.run(folder) if isinstance(e, Log) and e.level == "warning"]
    assert "of frames of another size; start a new run" in warning


class Still(torch.nn.Module):
    """Says that things move neither in x nor back, and by 2 px in y."""

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        still = (first + second)[:, :1] * 0
        return torch.cat([still, still + 2], dim=1)


def test_a_network_that_the_user_names_computes_the_flow(project, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Still()).save(str(tmp_path / "flow.pt"))
    folder = prepare(
        project, JOBS["track"], TrackConfig(flow=tmp_path / "flow.pt", device="cpu", min_length=1)
    )
    with pytest.raises(StudioError, match="program that you did not agree to run, or that has changed since"):
        list(jobs.run(folder))
    agreements.agree(agreements.program(tmp_path / "flow.pt").key)
    list(jobs.run(folder))
    for points in read_points(folder).values():
        assert len(points) > 50
        assert (points.lengths == 1).all()  # the way back is not the way there: no link is consistent
    (tmp_path / "flow.pt").write_bytes(b"no network")
    with pytest.raises(StudioError, match="or that has changed since"):
        list(jobs.run(prepare(project, JOBS["track"], folder.settings(TrackConfig))))
    agreements.agree(agreements.program(tmp_path / "flow.pt").key)
    with pytest.raises(StudioError, match="is no flow network"):
        list(jobs.run(prepare(project, JOBS["track"], folder.settings(TrackConfig))))


def test_a_clip_with_a_missing_frame_is_passed_over_with_a_warning(project, tmp_path):
    (tmp_path / "meadow" / "03.png").unlink()
    folder = prepare(project, JOBS["track"], SETTINGS)
    warnings = [e.text for e in jobs.run(folder) if isinstance(e, Log) and e.level == "warning"]
    assert len(warnings) == 1
    assert warnings[0].startswith("meadow was passed over")
    assert "03.png" in warnings[0]
    assert len(read_points(folder)) == 1


def test_without_any_clip_that_can_be_read_it_fails(project, tmp_path):
    for name in ("meadow", "pond"):
        (tmp_path / name / "03.png").unlink()
    with pytest.raises(StudioError, match=r"03\.png"):
        list(jobs.run(prepare(project, JOBS["track"], SETTINGS)))


def test_a_damaged_result_is_named(project):
    folder = prepare(project, JOBS["track"], SETTINGS)
    list(jobs.run(folder))
    path = next(folder.results.glob("*.npz"))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StudioError, match=f"{path.name} is damaged"):
        read_points(folder)
