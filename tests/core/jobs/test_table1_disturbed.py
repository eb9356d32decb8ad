"""A matrix whose runs lie in damaged folders: what is in them is kept, and the other cells are filled."""

import contextlib
from pathlib import Path

import pytest

from core.errors import StudioError
from core.events import Log, Progress
from core.jobs import table1
from core.matrix.config import MatrixConfig
from core.matrix.state import RESULTS
from core.matrix.workers import Living, SchedulerGoneError
from core.runs.run_folder import RunFolder, State, Status
from tests.bad_disks import without_overrides
from tests.studio.matrix.filled import FilledMatrix

CELL = "voc2007-RandomNet-seed0"


class _Begun:
    def __init__(self, error: StudioError | None) -> None:
        self._error, self._looks = error, 0

    def ended(self) -> bool:
        self._looks += 1
        if self._error is not None and self._looks > 1:
            raise self._error
        return self._error is None


class _Prompt:
    """Workers that have done a run as soon as they began it, but for one that they cannot do."""

    room = 2

    def __init__(self) -> None:
        self.begins: dict[str, StudioError] = {}
        self.ends: dict[str, StudioError] = {}

    def begin(self, folder: RunFolder) -> _Begun:
        planned = folder.name.partition("-table1-0a1b-")[2]
        if planned in self.begins:
            raise self.begins[planned]
        if planned in self.ends:
            return _Begun(self.ends[planned])
        (folder.results / RESULTS[folder.job]).write_text("{}")
        folder.write_status(Status(State.DONE))
        return _Begun(None)

    def adopt(self, folder: RunFolder) -> Living:
        return Living(folder)


@pytest.fixture(autouse=True)
def prompt(monkeypatch) -> _Prompt:
    workers = _Prompt()
    monkeypatch.setattr(table1, "workers_for", lambda config: contextlib.nullcontext(workers))
    return workers


def matrix(folder: Path, **more) -> FilledMatrix:
    """With its boxes."""
    asked = {"networks": ("RandomNet",), "settings": ("voc2007",), "schedule": "smoke", **more}
    made = FilledMatrix(folder, MatrixConfig(voc=Path("voc"), **asked))
    for name in ("boxes-voc2007-trainval", "boxes-voc2007-test"):
        made.put(name)
    return made


def with_checkpoint(folder: RunFolder) -> Path:
    path = folder.checkpoints / "step-00000010.pt"
    path.write_text("days of work")
    return path


def fill(made: FilledMatrix) -> str:
    """All that it says."""
    return "\n".join(
        event.text
        for event in table1.run(made.driver, made.driver.settings(MatrixConfig))
        if isinstance(event, Log)
    )


def test_a_run_that_lost_a_file_of_its_snapshot_gets_it_again_and_goes_on(tmp_path):
    made = matrix(tmp_path, networks=("SlowFeat-obj",))
    for name in ("snapshot.json", "1.npz", "2.npz"):
        (made.driver.snapshot / name).write_text(name)
    folder = made.put("pretrain-SlowFeat-obj-seed0", State.STOPPED)
    (folder.snapshot / "1.npz").write_text("its own")
    checkpoint = with_checkpoint(folder)
    assert "pretrain-SlowFeat-obj-seed0 lacked 2 files of its snapshot" in fill(made)
    assert checkpoint.read_text() == "days of work"
    assert {path.name: path.read_text() for path in folder.snapshot.iterdir()} == {
        "snapshot.json": "snapshot.json",
        "1.npz": "its own",
        "2.npz": "2.npz",
    }


@pytest.mark.parametrize("damage", ["[settings", "settings = 3", None])
def test_a_run_that_lost_its_settings_is_put_aside_and_done_again(tmp_path, damage):
    made = matrix(tmp_path)
    folder = made.put(CELL, State.STOPPED)
    checkpoint = with_checkpoint(folder)
    if damage is None:
        (folder.path / "config.toml").unlink()
    else:
        (folder.path / "config.toml").write_text(damage)
    said = fill(made)
    (lost,) = tmp_path.glob(f"*{CELL}.lost-*")
    assert f"{CELL} has lost its settings and is done again; what it left is in {lost}." in said
    assert (lost / "checkpoints" / checkpoint.name).read_text() == "days of work"
    assert not checkpoint.exists()
    assert folder.status().state is State.DONE


def test_a_run_whose_settings_cannot_be_read_now_fails_and_is_left_alone(tmp_path):
    made = matrix(tmp_path, seeds=2)
    folder = made.put(CELL, State.STOPPED)
    checkpoint, config = with_checkpoint(folder), folder.path / "config.toml"
    written, mode = config.read_bytes(), config.stat().st_mode
    config.chmod(0)
    try:
        with without_overrides(), pytest.raises(StudioError) as error:
            fill(made)
    finally:
        config.chmod(mode)
    assert f"1 of 2 cells are not filled ({CELL}: {config} cannot be read" in str(error.value)
    assert (config.read_bytes(), checkpoint.read_text()) == (written, "days of work")
    assert made.place.folder_of("voc2007-RandomNet-seed1").status().state is State.DONE


@pytest.mark.parametrize("when", ["begins", "ends"])
def test_a_cell_that_nobody_can_begin_fails_alone(tmp_path, prompt, when):
    made = matrix(tmp_path, seeds=2)
    getattr(prompt, when)[CELL] = StudioError("node7 does not see it; give all workers the same shared disk.")
    with pytest.raises(StudioError, match=rf"^1 of 2 cells are not filled \({CELL}: node7 does not see it; "):
        fill(made)
    assert made.place.folder_of("voc2007-RandomNet-seed1").status().state is State.DONE


@pytest.mark.parametrize("when", ["begins", "ends"])
def test_a_scheduler_that_is_gone_ends_the_matrix(tmp_path, prompt, when):
    made = matrix(tmp_path, seeds=2)
    getattr(prompt, when)[CELL] = SchedulerGoneError("The scheduler is gone; start it again.")
    with pytest.raises(SchedulerGoneError, match="is gone"):
        fill(made)


def test_a_stop_is_a_stop_although_nobody_can_tell_of_a_run(tmp_path, prompt):
    made = matrix(tmp_path)
    prompt.ends[CELL] = SchedulerGoneError("The scheduler is gone; start it again.")
    job = table1.run(made.driver, made.driver.settings(MatrixConfig))
    next(job)  # what is to be done
    assert isinstance(next(job), Progress)  # the cell has begun, and is looked at next
    job.close()
    assert made.place.folder_of(CELL).stop_asked()
