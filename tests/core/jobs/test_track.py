from pathlib import Path

import cv2
import numpy as np
import pytest

from core import jobs
from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.events import Log, Progress
from core.jobs.launch import prepare
from core.jobs.track import read_results
from core.project import Project
from core.tracking.config import TrackConfig
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints

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
    folder = prepare(project, "track", SETTINGS)
    events = list(jobs.run(folder))
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.step for event in progress] == [*range(1, 9), 8, *range(9, 17), 16]
    assert {event.total for event in progress} == {16}
    assert [event.what for event in progress[::9]] == ["meadow", "pond"]
    results = read_results(folder)
    assert len(results) == 2
    for points in results.values():
        assert len(points) > 50
        assert points.lengths.min() >= 4
    with project.writing() as connection:
        journal.perform(connection, ReplacePoints(results))
        first = min(results)
        assert len(store.points(connection, first)) == len(results[first])


def test_a_clip_that_is_done_survives_a_stop_and_is_not_tracked_again(project, tmp_path):
    whole = prepare(project, "track", SETTINGS)
    list(jobs.run(whole))
    folder = prepare(project, "track", SETTINGS)
    job = jobs.run(folder)
    for event in job:
        if isinstance(event, Progress) and event.step == 11:
            break
    job.close()
    (done,) = read_results(folder)
    stamp = (folder.results / f"{done}.npz").stat().st_mtime_ns
    resumed = [event.step for event in jobs.run(folder) if isinstance(event, Progress)]
    assert resumed == [8, *range(9, 17), 16]
    assert (folder.results / f"{done}.npz").stat().st_mtime_ns == stamp
    for clip_id, points in read_results(whole).items():
        np.testing.assert_array_equal(read_results(folder)[clip_id].xy, points.xy)


def test_a_clip_with_a_missing_frame_is_passed_over_with_a_warning(project, tmp_path):
    (tmp_path / "meadow" / "03.png").unlink()
    folder = prepare(project, "track", SETTINGS)
    warnings = [e.text for e in jobs.run(folder) if isinstance(e, Log) and e.level == "warning"]
    assert len(warnings) == 1
    assert warnings[0].startswith("meadow was passed over")
    assert "03.png" in warnings[0]
    assert len(read_results(folder)) == 1


def test_without_any_clip_that_can_be_read_it_fails(project, tmp_path):
    for name in ("meadow", "pond"):
        (tmp_path / name / "03.png").unlink()
    with pytest.raises(StudioError, match=r"03\.png"):
        list(jobs.run(prepare(project, "track", SETTINGS)))


def test_a_damaged_result_is_named(project):
    folder = prepare(project, "track", SETTINGS)
    list(jobs.run(folder))
    path = next(folder.results.glob("*.npz"))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StudioError, match=f"{path.name} is damaged"):
        read_results(folder)
