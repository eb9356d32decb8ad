"""How far a matrix is and how long it still takes, from folders as workers leave them."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.datasets.voc import CLASSES
from core.matrix.config import MatrixConfig
from core.matrix.forecast import duration, forecast, needed
from core.matrix.place import Place
from core.matrix.plan import plan
from core.matrix.state import RESULTS, Stage, state_of
from core.matrix.summary import summary
from core.matrix.table import table_of
from core.runs.run_folder import RunFolder, State, Status

START = 1_800_000_000.0


@pytest.fixture
def planned():
    config = MatrixConfig(
        voc=Path("voc"),
        networks=("RandomNet", "SlowFeat-obj"),
        settings=("voc2007",),
        schedule="smoke",
        seeds=2,
    )
    return plan(config)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "runs", "", tmp_path / "cache")


def leave(planned, place, name: str, state: State, seconds: float = 0.0, **more) -> RunFolder:
    """The folder of a run that began at `START`."""
    run = planned.by_name[name]
    folder = RunFolder.create(place.path_of(name), run.job, planned.settings_of(run, place))
    folder.write_status(Status(state=state, updated=START + seconds, **more))
    begun = datetime.fromtimestamp(START, UTC).isoformat(timespec="seconds")
    (folder.path / "machines.json").write_text(json.dumps([{"started": begun}]))
    if state is State.DONE:
        (folder.results / RESULTS[run.job]).write_text("{}")
    return folder


def boxes(planned, place, seconds: float = 10.0) -> None:
    for name in ("boxes-voc2007-trainval", "boxes-voc2007-test"):
        leave(planned, place, name, State.DONE, seconds)


def stages(planned, place) -> dict[str, str]:
    return {each.cell.name: str(each.stage) for each in state_of(planned, place).cells}


def test_every_stage_of_a_cell(planned, place):
    assert set(stages(planned, place).values()) == {"waiting"}  # for boxes
    boxes(planned, place)
    leave(planned, place, "pretrain-SlowFeat-obj-seed0", State.FAILED, error="No object track.")
    leave(planned, place, "pretrain-SlowFeat-obj-seed1", State.RUNNING)  # nobody holds its lock
    leave(planned, place, "voc2007-RandomNet-seed0", State.DONE, 60)
    assert stages(planned, place) == {
        "voc2007-RandomNet-seed0": "done",
        "voc2007-SlowFeat-obj-seed0": "failed",
        "voc2007-RandomNet-seed1": "missing",
        "voc2007-SlowFeat-obj-seed1": "waiting",
    }
    state = state_of(planned, place)
    assert state.runs["pretrain-SlowFeat-obj-seed1"].stage is Stage.CUT
    assert state.cells[1].error == "pretrain-SlowFeat-obj-seed0 failed: No object track."
    folder = leave(planned, place, "voc2007-RandomNet-seed1", State.RUNNING)
    with folder.held_lock():
        assert stages(planned, place)["voc2007-RandomNet-seed1"] == "running"
    assert stages(planned, place)["voc2007-RandomNet-seed1"] == "cut"


def test_a_result_that_was_deleted_is_not_done(planned, place):
    folder = leave(planned, place, "boxes-voc2007-test", State.DONE)
    assert state_of(planned, place).runs["boxes-voc2007-test"].stage is Stage.DONE
    (folder.results / "proposals.json").unlink()
    assert state_of(planned, place).runs["boxes-voc2007-test"].stage is Stage.CUT
    (folder.path / "config.toml").unlink()
    assert state_of(planned, place).runs["boxes-voc2007-test"].stage is Stage.MISSING


def test_a_pretraining_whose_cells_are_done_is_not_needed_again(planned, place):
    boxes(planned, place)
    leave(planned, place, "voc2007-SlowFeat-obj-seed0", State.DONE)
    assert needed(planned, state_of(planned, place)) == (
        "voc2007-RandomNet-seed0",
        "pretrain-SlowFeat-obj-seed1",
        "voc2007-RandomNet-seed1",
        "voc2007-SlowFeat-obj-seed1",
    )


def test_the_estimate_comes_from_measured_seconds(planned, place):
    assert forecast(planned, state_of(planned, place), 2).words == (
        "how long it takes is not known until the first cell has run"
    )
    boxes(planned, place)
    leave(planned, place, "voc2007-RandomNet-seed0", State.DONE, 50)
    expected = forecast(planned, state_of(planned, place), 2)
    assert expected.seconds == pytest.approx(3 * 50 / 2)  # three cells, two at a time
    assert expected.unknown == ("pretraining with slowfeat",)
    assert expected.words == "at least 75 seconds left"
    leave(planned, place, "pretrain-SlowFeat-obj-seed0", State.DONE, 30)
    expected = forecast(planned, state_of(planned, place), 1)
    assert expected.seconds == pytest.approx(3 * 50 + 30)
    assert expected.words == "about 3 minutes left"


def test_a_run_that_was_cut_in_between_measures_nothing(planned, place):
    boxes(planned, place)
    folder = leave(planned, place, "voc2007-RandomNet-seed0", State.DONE, 90_000)
    machines = json.loads((folder.path / "machines.json").read_text())
    (folder.path / "machines.json").write_text(json.dumps(machines * 2))
    assert forecast(planned, state_of(planned, place), 1).seconds is None


def test_what_is_to_be_done_is_said_in_a_few_lines(planned, place):
    boxes(planned, place)
    leave(planned, place, "voc2007-RandomNet-seed0", State.DONE, 50)
    assert summary(planned, state_of(planned, place), 2) == (
        "Table 1, schedule smoke (tiny network): 4 cells of 2 networks, 1 setting and 2 seeds.",
        "Cells: 1 done.",
        "To do: 2 pretrainings, 3 fine-tunings with their evaluation; 2 at the same time.",
        "At least 75 seconds left.",
        "Not measured yet: pretraining with slowfeat.",
    )
    small = plan(replace(planned.config, networks=("RandomNet",), seeds=1))
    assert summary(small, state_of(small, place), 2)[-1] == "Nothing is left to do."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (119.4, "119 seconds"),
        (150, "2 minutes"),
        (3540, "59 minutes"),
        (3600, "1 hour"),
        (7800, "2 hours 10 minutes"),
        (90_000, "1 day 1 hour"),
    ],
)
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words


def test_a_cell_for_the_server_is_done_with_its_archive_and_stands_as_a_remark(place, tmp_path):
    planned = plan(MatrixConfig(voc=Path("voc"), networks=("RandomNet",), settings=("voc2012_test",)))
    driver = RunFolder(tmp_path / "run")
    folder = leave(planned, place, "voc2012_test-RandomNet-seed0", State.DONE)
    (folder.results / "ap.json").unlink()
    (line,) = table_of(planned, state_of(planned, place), driver).parts[0].lines
    assert line.remarks == ("Seed 0 on VOC 2012 test was stopped or killed; it can be resumed.",)
    (folder.results / "archive.json").write_text(json.dumps({"archive": "VOC2012_test.tar.gz"}))
    (part,) = table_of(planned, state_of(planned, place), driver).parts
    assert (part.name, part.lines[0].measured) == ("voc2012", None)
    assert (
        part.lines[0].remarks[0].endswith(f"packed for VOC's server: {folder.results}/VOC2012_test.tar.gz.")
    )


def measured(planned, place, name: str, ap: float, **more) -> RunFolder:
    """A cell that is done; with other conditions than its own where they are given."""
    folder = leave(planned, place, name, State.DONE, 60)
    result = {"metric": "voc07_11point", "ap": dict.fromkeys(CLASSES, ap), "map": ap, "objects": {"cat": 3}}
    start = str(planned.settings_of(planned.by_name[name], place).init)
    facts = {"year": 2007, "set": "test", "start": start}
    (folder.results / "ap.json").write_text(json.dumps(result | facts | more))
    return folder


@pytest.mark.parametrize("lost", ["nothing", "all", "one", "place"])
def test_a_measured_cell_stays_in_the_table_when_its_pretraining_is_gone_or_everything_was_moved(
    tmp_path, lost
):
    config = MatrixConfig(
        voc=Path("voc"), networks=("SlowFeat-obj", "NCE-tr"), settings=("voc2007",), schedule="smoke", seeds=2
    )
    planned, place = plan(config), Place(tmp_path / "runs", "", tmp_path / "cache")
    boxes(planned, place)
    for network in config.networks:
        for seed in range(2):
            leave(planned, place, f"pretrain-{network}-seed{seed}", State.DONE, 60)
            measured(planned, place, f"voc2007-{network}-seed{seed}", 0.1 + 0.2 * seed)
            if lost == "all" or (lost == "one" and seed == 0):
                shutil.rmtree(place.path_of(f"pretrain-{network}-seed{seed}"))
    if lost == "place":
        place = Place(Path(shutil.move(place.runs, tmp_path / "moved")), "", tmp_path / "cache")
    driver = RunFolder.create(tmp_path / "run", "table1", config)
    (part,) = table_of(planned, state_of(planned, place), driver).parts
    assert [(each.network, each.measured.seeds, each.remarks) for each in part.lines] == [
        ("SlowFeat-obj", (0, 1), ()),
        ("NCE-tr", (0, 1), ()),
    ]
    assert [each.measured.start for each in part.lines] == ["SlowFeat-obj", "NCE-tr (beyond the paper)"]
    assert part.lines[0].measured.mean_ap.mean == pytest.approx(20)


@pytest.mark.parametrize("other", [{"set": "val"}, {"overlap": 0.3}, {"scales": "multi"}, {"year": 2012}, {}])
def test_another_measurement_in_the_folder_of_a_cell_is_said_and_not_shown(planned, place, tmp_path, other):
    boxes(planned, place)
    measured(planned, place, "voc2007-RandomNet-seed0", 0.1, **other)
    folder = measured(planned, place, "voc2007-RandomNet-seed1", 0.3)
    if not other:
        shutil.copytree(folder.path, place.path_of("voc2007-RandomNet-seed0"), dirs_exist_ok=True)
    driver = RunFolder.create(tmp_path / "run", "table1", planned.config)
    line = table_of(planned, state_of(planned, place), driver).parts[0].lines[0]
    assert line.measured.seeds == (1,)
    assert line.remarks[0].startswith("Seed 0 has another measurement in its place (VOC ")
    assert line.remarks[0].endswith("; delete voc2007-RandomNet-seed0 and run again.")
