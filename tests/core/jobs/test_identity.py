"""A planted swap is found by the command, by the worker and after an interruption; no row is written."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from core import worker
from core.cli import main
from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.geometry import mask_box
from core.identity.config import IdentityConfig
from core.identity.proposals import What, path_of, read_proposals
from core.jobs import JOBS, pending, result_edit
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import State
from core.trajectories import journal
from core.trajectories.bulk_edits import AddClips
from core.trajectories.model import ObjectTrajectory, Origin

FRAMES, SWAPPED = 24, 12


@pytest.fixture(scope="module")
def project_path(tmp_path_factory) -> Path:
    """Two drawn clips, in the first of which two objects change places at `SWAPPED`."""
    folder = tmp_path_factory.mktemp("identity")
    clips = []
    for name, seed in (("swapped", 3), ("clean", 4)):
        drawn = render_clip(seed, frames=FRAMES, width=160, height=120, objects=2)
        files = tuple(f"{name}{frame:02d}.png" for frame in range(FRAMES))
        for file, image in zip(files, drawn.frames, strict=True):
            cv2.imwrite(str(folder / file), np.ascontiguousarray(image[..., ::-1]))
        boxes = np.array(
            [[mask_box(labels == number) for labels in drawn.labels] for number in (1, 2)], np.float32
        )
        if name == "swapped":
            boxes[:, SWAPPED:] = boxes[::-1, SWAPPED:].copy()
        objects = [
            ObjectTrajectory(
                frames=np.arange(FRAMES, dtype=np.int32),
                boxes=of,
                origin=np.full(FRAMES, Origin.PROPAGATED, np.uint8),
                confidence=np.ones(FRAMES, np.float32),
                masks=(None,) * FRAMES,
            )
            for of in boxes
        ]
        clips.append(
            (Clip(name=name, dataset="frames", width=160, height=120, root=folder, files=files), objects)
        )
    with Project.create(folder / "project") as project, project.writing() as connection:
        journal.perform(connection, AddClips(clips))
    return folder / "project"


@pytest.mark.parametrize("by", [[], ["--init", "random"]], ids=["colours", "network"])
def test_the_command_finds_the_swap_and_leaves_the_project_as_it_is(project_path, tmp_path, by):
    with Project.open(project_path) as project, project.reading() as connection:
        before = journal.revision(connection)
    out = tmp_path / "out.json"
    command = ["identity", "--project", str(project_path), *by, "--json", str(out)]
    assert main([*command, "--device", "cpu"]) == 0
    found = json.loads(out.read_text())
    (swap,) = [one for one in found["proposals"] if one["what"] == "swap"]
    assert swap["clip"] == "swapped"
    assert swap["frame"] == SWAPPED
    assert {step["trajectory"] for step in swap["steps"]} == {1, 2}
    with Project.open(project_path) as project:
        with project.reading() as connection:
            assert journal.revision(connection) == before
        assert pending(project) == []  # it brings no trajectories
    assert Path(found["run"]) in (project_path / "runs").glob("*identity*")


def test_a_run_goes_on_with_the_clips_that_are_left(project_path):
    with Project.open(project_path) as project:
        folder = launch.prepare(project, JOBS["identity"], IdentityConfig(init="random", device="cpu"))
    assert worker.run_job(folder).state is State.DONE
    whole = read_proposals(folder.results)
    assert [one.what for one in whole[1]] == [What.SWAP]
    path_of(folder.results, 1).unlink()
    seen = []
    assert worker.run_job(folder, seen.append).state is State.DONE
    assert read_proposals(folder.results) == whole
    assert "1 swap is proposed in 1 clip." in [event.text for event in seen if hasattr(event, "text")]
    with pytest.raises(StudioError, match="only track, densify and suggest runs bring trajectories"):
        result_edit(folder)


def test_frames_that_are_gone_cost_their_clip_alone(project_path):
    with Project.open(project_path) as project:
        folder = launch.prepare(project, JOBS["identity"], IdentityConfig(init="random", device="cpu"))
    (lost,) = (path for path in project_path.parent.glob("swapped00.png"))
    content = lost.read_bytes()
    lost.unlink()
    try:
        status = worker.run_job(folder)
    finally:
        lost.write_bytes(content)
    assert status.state is State.DONE
    assert list(read_proposals(folder.results)) == [2]


def test_what_is_missing_is_said(project_path, tmp_path, capsys):
    with pytest.raises(StudioError, match="must be a file, or one of colours, random"):
        IdentityConfig(init="")
    regime = ["--regime", "tr"]
    assert main(["identity", "--project", str(project_path), "--init", "random", *regime]) == 1
    assert "There is no track to look at" in capsys.readouterr().err
    assert main(["identity", "--project", str(project_path), "--init", str(tmp_path)]) == 1
    assert "holds no pretrained trunk" in capsys.readouterr().err
