"""What a run keeps of its making; digests are held against others computed here from the same data."""

import hashlib
import json
import os
import shlex
import shutil
import stat
import sys
import typing
from dataclasses import dataclass
from pathlib import Path

import pytest

from core import config, worker
from core.cli import _parser
from core.cli.options import settings_from
from core.config import setting
from core.datasets.clip import Clip
from core.jobs import JOBS
from core.networks.config import TRUNK_IN_RUN
from core.project.project import Project
from core.runs import launch, provenance
from core.runs.job import Job, Works
from core.runs.run_folder import RunFolder
from core.tracking.config import TrackConfig
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview
from tests.core.trajectories.small_database import make_object


@dataclass(frozen=True, kw_only=True)
class Example:
    init: str = setting("random", "Where it starts", start=True)
    rate: float = setting(0.5, "Step size")
    sure: bool = setting(True, "Whether it is sure")
    span: tuple[int, ...] = setting((), "Frames")
    voc: Path | None = setting(None, "A VOCdevkit")
    year: int = setting(2007, "Its year")
    set: str = setting("test", "Its set")
    seed: int = setting(3, "Its seed")


EXAMPLE = Job(
    name="example",
    title="Example",
    help="be one",
    settings=Example,
    works=Works.IN_A_RUN,
    module="none",
    reads=JOBS["pretrain"].reads,
)


@pytest.fixture
def project(tmp_path):
    """A clip of two frames of 3 and 5 bytes, with one object."""
    (tmp_path / "0.png").write_bytes(b"abc")
    (tmp_path / "1.png").write_bytes(b"abcde")
    clip = Clip(name="a", dataset="frames", width=20, height=14, root=tmp_path, files=("0.png", "1.png"))
    with Project.create(tmp_path / "project") as made:
        with made.writing() as connection:
            journal.perform(connection, AddClips([(clip, [make_object([0, 1])])]))
        yield made


def digests(project: Project, settings: Example = Example()) -> dict:
    return provenance.read(launch.prepare(project, EXAMPLE, settings))["digests"]


def test_the_command_says_what_is_not_the_default_and_can_be_typed(project, tmp_path):
    settings = Example(rate=0.25, sure=False, span=(3, 9), voc=tmp_path / "a b")
    folder = launch.prepare_at(tmp_path / "run", EXAMPLE, settings, project)
    noted = provenance.read(folder)
    assert shlex.split(noted["command"]) == [
        *("python", "main.py", "example", "--project", str(project.path), "--out", str(tmp_path / "run")),
        *("--rate", "0.25", "--no-sure", "--span", "3", "9", "--voc", str(tmp_path / "a b")),
    ]
    assert noted["typed"] == sys.argv
    assert noted["seed"] == 3
    one = launch.prepare(project, JOBS["track"], TrackConfig(), _clips(project))
    assert shlex.split(provenance.read(one)["command"])[-2:] == ["--clip", "a"]
    everything = launch.prepare(project, JOBS["track"], TrackConfig())
    assert "--clip" not in provenance.read(everything)["command"]


@pytest.mark.parametrize("job", JOBS.values(), ids=list(JOBS))
def test_the_command_of_every_job_can_be_typed(job, project, tmp_path):
    kinds = typing.get_type_hints(job.settings)
    more = {"table1": ["caltech101"], "probe": ["voc"]}.get(job.name, [])
    needed = [name for name in (*job.required, *more) if name != "format"]
    values = {name: config.bare_type(kinds[name])(tmp_path / "a b" / name) for name in needed}
    settings = job.settings(**values)
    run = tmp_path / "matrix" / "run"
    words = shlex.split(provenance.command_line(RunFolder(run), job, settings, project.path))
    args = _parser(job.name).parse_args(words[2:])
    assert settings_from(args, job.settings) == settings
    if job.works is Works.IN_A_RUN:
        assert args.out == (run.parent if job.name == "table1" else run)
    if job.name == "table1":
        assert args.what == "run"
        words = shlex.split(provenance.command_line(RunFolder(tmp_path / "x"), job, settings, project.path))
        assert _parser(job.name).parse_args(words[2:]).out == tmp_path / "x"  # in a project


def test_a_run_that_goes_on_with_other_settings_notes_their_command(project, tmp_path):
    folder = launch.prepare_at(tmp_path / "run", EXAMPLE, Example(rate=0.25), project)
    noted = provenance.read(folder)
    launch.change_settings(folder, EXAMPLE, Example(sure=False))
    assert folder.settings(Example) == Example(sure=False)
    command = f"python main.py example --project {project.path} --out {tmp_path / 'run'} --no-sure"
    assert provenance.read(folder) == noted | {"command": command}
    (folder.path / "provenance.json").unlink()  # as of an older version
    launch.change_settings(folder, EXAMPLE, Example())
    assert provenance.read(folder) == {}
    one = launch.prepare(project, JOBS["track"], TrackConfig(), _clips(project))
    launch.change_settings(one, JOBS["track"], TrackConfig(threads=3))
    words = shlex.split(provenance.read(one)["command"])
    assert words[2:] == ["track", "--project", str(project.path), "--clip", "a", "--threads", "3"]


def _clips(project):
    with project.reading() as connection:
        return store.clips(connection)


def test_a_digest_of_trajectories_changes_with_them_and_only_then(project):
    first, again = digests(project), digests(project)
    assert first == again
    (one,) = _clips(project)
    with project.writing() as connection:
        journal.perform(connection, SetReview(one.id, (1,), Review.REJECTED))
    changed = digests(project)
    assert changed["trajectories"]["sha256"] != first["trajectories"]["sha256"]
    assert changed["frames"] == first["frames"]
    with project.writing() as connection:
        journal.undo(connection)
    assert digests(project) == first


def test_a_digest_of_frames_covers_names_and_sizes_and_says_so(project, tmp_path):
    first = digests(project)["frames"]
    assert first["covers"] == "names and sizes of 2 files of frames, not what is in them"
    parts = [repr(("a", "0.png", 3)).encode(), repr(("a", "1.png", 5)).encode()]
    stream = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    assert first["sha256"] == hashlib.sha256(stream).hexdigest()
    (tmp_path / "1.png").write_bytes(b"xxxxx")
    assert digests(project)["frames"] == first
    (tmp_path / "1.png").write_bytes(b"xxxxxx")
    assert digests(project)["frames"] != first
    (tmp_path / "1.png").unlink()
    assert digests(project)["frames"] != first


def test_lists_and_weights_are_covered_whole(project, tmp_path):
    lists = tmp_path / "voc" / "VOC2007" / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "test.txt").write_text("000001\n")
    trunk = tmp_path / "trunk.safetensors"
    trunk.write_bytes(b"weights")
    found = digests(project, Example(init=str(trunk), voc=tmp_path / "voc"))
    assert found["lists"]["covers"] == "the whole of test.txt"
    assert found["weights"] == {
        "path": str(trunk),
        "bytes": 7,
        "sha256": hashlib.sha256(b"weights").hexdigest(),
        "covers": "the whole of trunk.safetensors",
    }
    (lists / "test.txt").write_text("000002\n")
    assert digests(project, Example(voc=tmp_path / "voc"))["lists"] != found["lists"]
    assert "weights" not in digests(project)


def a_pretraining(path: Path, content: bytes) -> Path:
    folder = RunFolder.create(path, "pretrain", Example())
    (folder.path / TRUNK_IN_RUN).write_bytes(content)
    return path


def test_weights_are_found_again_by_their_digest_wherever_their_run_went(project, tmp_path):
    start = a_pretraining(project.runs / "begun", b"the weights")
    folder = launch.prepare(project, EXAMPLE, Example(init=str(start)))
    assert provenance.weights_at(folder, str(start)) == str(start)
    a_pretraining(project.runs / "another", b"of one size")
    start.rename(project.runs / "renamed")
    assert provenance.weights_at(folder, str(start)) == str(project.runs / "renamed")

    project.close()
    moved = tmp_path / "moved"
    shutil.move(project.path, moved)
    folder = RunFolder(moved / "runs" / folder.name)
    assert provenance.weights_at(folder, str(start)) == str(moved / "runs" / "renamed")
    shutil.rmtree(moved / "runs" / "renamed")
    assert provenance.weights_at(folder, str(start)) == str(start)  # who reads it says what is missing
    assert provenance.weights_at(folder, "random") == "random"


def test_a_run_of_an_older_version_has_nothing_noted_and_costs_nothing(tmp_path):
    folder = RunFolder.create(tmp_path / "run", "pretrain", Example())
    assert provenance.read(folder) == {}
    assert provenance.machines(folder) == []
    assert provenance.weights_at(folder, "/gone/run") == "/gone/run"
    assert set(provenance.facts(folder).values()) == {provenance.NOT_RECORDED}
    (folder.path / provenance.FILE).write_text("[")
    (folder.path / provenance.MACHINES).write_text("{}")
    assert provenance.read(folder) == {}
    assert provenance.machines(folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_start_notes_the_machine_with_its_cards_and_threads(project, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "NVIDIA H100 80GB HBM3, 570.86.15, 81559 MiB"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    folder = launch.prepare(project, EXAMPLE, Example())
    provenance.note_machine(folder)
    provenance.note_machine(folder)
    first, _second = provenance.machines(folder)
    card = {"name": "NVIDIA H100 80GB HBM3", "driver": "570.86.15", "memory": "81559 MiB"}
    assert first["gpus"] == [card]
    assert first["threads"] == "3"
    assert "NVIDIA H100 80GB HBM3 (driver 570.86.15)" in provenance.facts(folder)["Ran on"]
    program.write_text("#!/bin/sh\nexit 9\n")
    assert provenance.gpus() == []
    monkeypatch.setenv("PATH", "")
    assert provenance.gpus() == []


def test_a_worker_notes_where_it_runs(project):
    folder = launch.prepare(project, JOBS["densify"], JOBS["densify"].settings(method="box"))
    worker.run_job(folder)
    (machine,) = json.loads((folder.path / "machines.json").read_text())
    assert machine["host"]
    facts = provenance.facts(folder)
    assert facts["Command"].endswith("--method box")
    assert facts["Digest of frames"].endswith("not what is in them)")
