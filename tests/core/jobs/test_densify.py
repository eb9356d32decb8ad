from pathlib import Path

import cv2
import numpy as np
import pytest

from core import jobs
from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.events import Log, Progress
from core.geometry import decode_mask, encode_mask, mask_box
from core.jobs import JOBS, result_edit
from core.jobs.densify import read_audit, read_results
from core.project.project import Project
from core.runs.launch import prepare
from core.tracking.config import DensifyConfig
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, FillObservations
from core.trajectories.model import ObjectTrajectory, Origin


@pytest.fixture
def project(tmp_path):
    """Two clips of 9 frames, two objects each, annotated at frames 0, 4 and 8."""
    with Project.create(tmp_path / "project") as made:
        clips = [annotated_clip(tmp_path, name, seed) for seed, name in ((34, "meadow"), (44, "pond"))]
        with made.writing() as connection:
            journal.perform(connection, AddClips(clips))
        yield made


def annotated_clip(root: Path, name: str, seed: int) -> tuple[Clip, list[ObjectTrajectory]]:
    (root / name).mkdir()
    drawn = render_clip(seed, frames=9, width=160, height=120)
    files = tuple(f"{name}/{frame:02d}.png" for frame in range(9))
    for file, image in zip(files, drawn.frames, strict=True):
        cv2.imwrite(str(root / file), image[..., ::-1])
    objects = []
    for number in (1, 2):
        masks = [drawn.labels[frame] == number for frame in (0, 4, 8)]
        objects.append(
            ObjectTrajectory(
                frames=np.array([0, 4, 8], np.int32),
                boxes=np.array([mask_box(mask) for mask in masks]),
                origin=np.full(3, Origin.ANNOTATED, np.uint8),
                confidence=np.ones(3, np.float32),
                masks=tuple(encode_mask(mask) for mask in masks),
                label=f"creature {number}",
            )
        )
    clip = Clip(name=name, dataset="frames", width=160, height=120, root=root, files=files)
    return clip, objects


def test_every_frame_between_is_filled_and_imported_as_one_edit(project):
    folder = prepare(project, JOBS["densify"], DensifyConfig())
    progress = [event for event in jobs.run(folder) if isinstance(event, Progress)]
    assert [event.step for event in progress] == sorted(event.step for event in progress)
    assert progress[-1].step == progress[-1].total
    results = read_results(folder)
    assert [len(objects) for objects in results.values()] == [2, 2]
    for objects in results.values():
        for id, found in objects.items():
            assert found.id == id
            assert found.frames.tolist() == [1, 2, 3, 5, 6, 7]
            assert all(decode_mask(runs, 120, 160).any() for runs in found.masks)
    with project.writing() as connection:
        journal.perform(connection, FillObservations(results))
        filled = store.objects(connection, min(results), 0)
    assert [one.frames.tolist() for one in filled] == [list(range(9))] * 2
    assert [one.keyframes.tolist() for one in filled] == [[0, 4, 8]] * 2


def test_a_clip_that_is_done_survives_a_stop_and_is_not_done_again(project):
    folder = prepare(project, JOBS["densify"], DensifyConfig())
    job = jobs.run(folder)
    for event in job:
        if isinstance(event, Progress) and event.what == "pond":
            break
    job.close()
    (done,) = read_results(folder)
    stamp = (folder.results / f"{done}.npz").stat().st_mtime_ns
    first = next(event for event in jobs.run(folder) if isinstance(event, Progress))
    assert first.step * 2 == first.total
    resumed = [event for event in jobs.run(folder) if isinstance(event, Progress)]
    assert resumed[-1].step == resumed[-1].total
    assert (folder.results / f"{done}.npz").stat().st_mtime_ns == stamp
    assert len(read_results(folder)) == 2


def test_a_mask_that_does_not_fit_costs_its_clip_only(project, tmp_path):
    for file in (tmp_path / "pond").glob("*.png"):
        cv2.imwrite(str(file), cv2.imread(str(file))[:100])
    folder = prepare(project, JOBS["densify"], DensifyConfig())
    warnings = [e.text for e in jobs.run(folder) if isinstance(e, Log) and e.level == "warning"]
    assert len(warnings) == 1
    assert warnings[0].startswith("pond was passed over")
    assert len(read_results(folder)) == 1


def test_an_audit_is_kept_by_trajectory(project):
    folder = prepare(project, JOBS["densify"], DensifyConfig(audit=True))
    events = list(jobs.run(folder))
    steps = [event.step for event in events if isinstance(event, Progress)]
    assert steps == sorted(steps)
    assert [event.total for event in events if isinstance(event, Progress)][-1] == steps[-1]
    audit, results = read_audit(folder), read_results(folder)
    assert audit.keys() == results.keys()
    for clip_id, objects in audit.items():
        assert objects.keys() == results[clip_id].keys()
        for hidden in objects.values():
            assert [frame for frame, _ in hidden] == [4]
            assert 0.5 < hidden[0][1] <= 1
    assert any("keyframes hidden" in event.text for event in events if isinstance(event, Log))
    assert read_audit(prepare(project, JOBS["densify"], DensifyConfig())) == {}


def test_an_audit_alone_leaves_what_was_filled(project):
    def adopt(config: DensifyConfig) -> None:
        folder = prepare(project, JOBS["densify"], config)
        progress = [event for event in jobs.run(folder) if isinstance(event, Progress)]
        assert progress[-1].step == progress[-1].total
        with project.writing() as connection:
            journal.perform(connection, result_edit(folder))

    def objects() -> list[ObjectTrajectory]:
        with project.reading() as connection:
            return [one for clip in store.clips(connection) for one in store.objects(connection, clip.id, 0)]

    adopt(DensifyConfig(method="shape"))
    before = objects()
    adopt(DensifyConfig(audit=True, fill=False, method="shape"))
    for old, new in zip(before, objects(), strict=True):
        assert new.frames.tolist() == old.frames.tolist() == list(range(9))
        assert new.masks == old.masks
        np.testing.assert_array_equal(new.confidence, old.confidence)
        audited = np.flatnonzero(np.isfinite(new.overlap))
        assert audited.tolist() == [4]
        assert not np.isfinite(old.overlap).any()
    adopt(DensifyConfig(audit=True, fill=False, method="box", span=(2, 6)))
    assert [one.masks for one in objects()] == [one.masks for one in before]


def test_what_is_neither_filled_nor_audited_is_refused():
    with pytest.raises(StudioError, match="fill the frames between keyframes, audit, or both"):
        DensifyConfig(fill=False)


def test_without_an_object_there_is_nothing_to_densify(tmp_path):
    clip = Clip(name="empty", dataset="frames", width=16, height=16, root=tmp_path, files=("0.png", "1.png"))
    with Project.create(tmp_path / "p") as project:
        with project.writing() as connection:
            journal.perform(connection, AddClips([(clip, [])]))
        with pytest.raises(StudioError, match="no object to densify; import annotation, or draw a box"):
            list(jobs.run(prepare(project, JOBS["densify"], DensifyConfig())))
