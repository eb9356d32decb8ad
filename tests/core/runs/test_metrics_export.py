"""What a run measured arrives in TensorBoard's own reader, and in tables, value by value."""

import csv
import io
import json
import math
from pathlib import Path

import pytest

from core import cli
from core.errors import StudioError
from core.events import ClassAP, Log, Metric
from core.pretraining.config import PretrainConfig
from core.runs.metrics_export import export_metrics
from core.runs.run_folder import RunFolder
from core.runs.tensorboard_file import Scalar, event_file

VALUES = {10: 0.6945641279220596, 20: 0.25, 30: math.nan, 1_000_000: -1e-30}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder.create(
        tmp_path / "runs" / "20261126T100000000-pretrain-ab12", "pretrain", PretrainConfig()
    )
    for step, value in VALUES.items():
        folder.append(Metric("loss", step, value))
        folder.append(Log("something"))
    folder.append(Metric("held_out_accuracy", 20, 0.75))
    folder.append(ClassAP("cat", 0.5, 12))
    folder.append(ClassAP("dog", math.nan, 0))
    with open(folder.path / "events.jsonl", "ab") as file:
        file.write(b'{"event": "Metric", "name": "lo')  # a killed worker's last line
    return folder


def read_by_tensorboard(folder: Path) -> dict[str, list[tuple[int, float, float]]]:
    """Tag → step, value and time of each event, as TensorBoard's own reader gives them."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {
        tag: [(one.step, one.value, one.wall_time) for one in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_reads_every_value(run: RunFolder, tmp_path: Path) -> None:
    (file,) = export_metrics(run.path, "tensorboard", tmp_path / "board")
    assert file.parent == tmp_path / "board" / run.name
    found = read_by_tensorboard(file.parent)
    assert list(found) == ["loss", "held_out_accuracy", "ap/cat"]
    assert [step for step, *_ in found["loss"]] == list(VALUES)
    written = [json.loads(line) for line in (run.path / "events.jsonl").read_text().splitlines()[:-1]]
    times = [one["time"] for one in written if one.get("name") == "loss"]
    for (_, value, time), expected, at in zip(found["loss"], VALUES.values(), times, strict=True):
        assert value == pytest.approx(expected, rel=1e-7, nan_ok=True)  # TensorBoard keeps float32
        assert time == at
    assert found["ap/cat"][0][:2] == (20, 0.5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_s_checksums_hold(tmp_path: Path) -> None:
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    data = event_file([Scalar("ü/" + "x" * 300, 2**40, 1.5, 1e9)], 1e9)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.write_bytes(data)
    broken.write_bytes(data[:-10] + bytes([data[-10] ^ 1]) + data[-9:])
    first, second = loader.EventFileLoader(str(whole)).Load()
    assert first.file_version == "brain.Event:2"
    assert (second.step, second.summary.value[0].tag) == (2**40, "ü/" + "x" * 300)
    assert len(list(loader.EventFileLoader(str(broken)).Load())) == 1


def test_a_table_has_a_row_a_step_and_a_column_a_metric(run: RunFolder, tmp_path: Path) -> None:
    files = export_metrics(run.path, "csv", tmp_path / "new" / "tables")
    assert [file.name for file in files] == [f"{run.name}.csv", f"{run.name}-ap.csv"]
    texts = [file.read_text(encoding="utf-8") for file in files]
    rows, aps = (list(csv.DictReader(io.StringIO(text))) for text in texts)
    assert list(rows[0]) == ["step", "loss", "held_out_accuracy"]
    assert [int(row["step"]) for row in rows] == list(VALUES)
    assert [float(row["loss"] or "nan") for row in rows] == pytest.approx(
        list(VALUES.values()), nan_ok=True, rel=0
    )
    assert [row["held_out_accuracy"] for row in rows] == ["", "0.75", "", ""]
    assert aps == [
        {"class": "cat", "ap": "0.5", "objects": "12"},
        {"class": "dog", "ap": "", "objects": "0"},
    ]


def test_the_command_writes_several_runs(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = RunFolder.create(tmp_path / "runs" / "other", "pretrain", PretrainConfig())
    other.append(Metric("loss", 1, 2.0))
    paths = [str(run.path), str(other.path)]
    assert (
        cli.main(["export-run", *paths, "--format", "csv", "--out", str(tmp_path / "t"), "--json", "-"]) == 0
    )
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(file).name for file in files] == [f"{run.name}.csv", f"{run.name}-ap.csv", "other.csv"]
    assert cli.main(["export-run", *paths, "--format", "tensorboard", "--out", str(tmp_path / "t")]) == 0
    assert len(list((tmp_path / "t").glob("*/events.out.tfevents.*"))) == 2


def test_what_cannot_be_exported_is_said(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StudioError, match="is not a run folder"):
        export_metrics(tmp_path, "csv", tmp_path / "t")
    empty = RunFolder.create(tmp_path / "runs" / "empty", "pretrain", PretrainConfig())
    with pytest.raises(StudioError, match=r"empty has measured nothing yet; export it later\."):
        export_metrics(empty.path, "csv", tmp_path / "t")
    (tmp_path / "file").write_text("")
    assert cli.main(["export-run", str(run.path), "--format", "csv", "--out", str(tmp_path / "file")]) == 1
    assert "choose another folder." in capsys.readouterr().err
