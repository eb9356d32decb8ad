"""A matrix whose runs lie in damaged folders: what is in them is kept, and the other cells are filled."""

import contextlib
from pathlib import Path

import pytest

from core.errors import StudioError
from core.events import Log
from core.jobs import table1
from core.matrix.config import MatrixConfig
from core.matrix.state import RESULTS
from core.runs.run_folder import RunFolder, State, Status
from tests.bad_disks import without_overrides
from tests.studio.matrix.filled import FilledMatrix

CELL = "voc2007-RandomNet-seed0"


class _Ended:
    def ended(self) -> bool:
        return True


class _Prompt:
    """Workers that have done a run as soon as they began it."""

    room = 2

    def begin(self, folder: RunFolder) -> _Ended:
        (folder.results / RESULTS[folder.job]).write_text("{}")
        folder.write_status(Status(State.DONE))
        return _Ended()

    def adopt(self, folder: RunFolder) -> _Ended:
        raise AssertionError(f"{folder.name} does not run")


@pytest.fixture(autouse=True)
def prompt(monkeypatch):
    monkeypatch.setattr(table1, "workers_for", lambda config: contextlib.nullcontext(_Prompt()))


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
