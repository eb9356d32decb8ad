"""Reading the states of a matrix again and again reads what changed, and no more."""

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core import record_file
from core.matrix.config import MatrixConfig
from core.matrix.state import Stage
from core.runs.run_folder import State
from studio.matrix.reader import MatrixReader
from tests.studio.matrix.filled import FilledMatrix, running

CONFIG = MatrixConfig(
    voc=Path("voc"),
    networks=("RandomNet", "AssociationNet-objtr"),
    settings=("voc2007",),
    schedule="smoke",
    device="cpu",
    workers=2,
)
CELL = "voc2007-RandomNet-seed0"


@pytest.fixture
def matrix(tmp_path) -> FilledMatrix:
    found = FilledMatrix(tmp_path / "runs", CONFIG)
    found.put_needed()
    return found


@pytest.fixture
def opened(monkeypatch) -> Counter[str]:
    """How often a file of a name was read."""
    count: Counter[str] = Counter()
    usual = record_file.read_whole

    def read_whole(path: Path, most: int) -> bytes:
        count[path.name] += 1
        return usual(path, most)

    monkeypatch.setattr(record_file, "read_whole", read_whole)
    return count


def stage(reader: MatrixReader, matrix: FilledMatrix) -> Stage:
    return reader.read(CONFIG, matrix.place, []).state.runs[CELL].stage


def test_what_did_not_change_is_not_read_again(matrix, opened):
    reader = MatrixReader()
    matrix.put(CELL, mean_ap=0.3)
    first = reader.read(CONFIG, matrix.place, [])
    assert opened["status.json"] == 4
    assert opened["ap.json"] == 1
    opened.clear()
    again = reader.read(CONFIG, matrix.place, [])
    assert not opened
    assert again.mean_aps == first.mean_aps == {CELL: pytest.approx(30)}
    assert again.state == first.state


def test_every_change_is_seen(matrix):
    reader = MatrixReader()
    assert stage(reader, matrix) is Stage.MISSING
    folder = matrix.put(CELL, State.RUNNING, share=0.5)
    assert stage(reader, matrix) is Stage.CUT
    with running(folder):
        os.utime(folder.path / "status.json", (1, 1))
        assert stage(reader, matrix) is Stage.RUNNING
    assert stage(reader, matrix) is Stage.CUT  # the worker died and wrote nothing
    (folder.results / "ap.json").write_text(json.dumps({}))
    folder.write_status(replace(folder.status(), state=State.DONE))
    assert stage(reader, matrix) is Stage.DONE
    (folder.results / "ap.json").unlink()
    assert stage(reader, matrix) is Stage.CUT
    (folder.path / "config.toml").unlink()
    assert stage(reader, matrix) is Stage.MISSING


def test_it_says_what_there_is_to_do_and_how_long_by_other_runs(matrix, tmp_path):
    reader = MatrixReader()
    words = " ".join(reader.read(CONFIG, matrix.place, []).words)
    assert "2 cells of 2 networks, 1 setting and 1 seed" in words
    assert "To do: 2 fine-tunings with their evaluation; 2 at the same time." in words
    assert "not known" in words
    other = FilledMatrix(tmp_path / "runs", replace(CONFIG, seeds=4), "20251231T120000000")
    done = [other.put("voc2007-RandomNet-seed3", seconds=600)]
    words = " ".join(reader.read(CONFIG, matrix.place, done).words)
    assert "About 10 minutes left." in words  # two cells of ten minutes each, two at the same time


def test_runs_of_other_settings_say_nothing_of_how_long_it_takes(matrix, tmp_path):
    other = FilledMatrix(tmp_path / "runs", replace(CONFIG, schedule="small"), "20251231T120000000")
    done = [other.put(CELL), other.put("boxes-voc2007-test"), other.driver]
    assert "not known" in " ".join(MatrixReader().read(CONFIG, matrix.place, done).words)


def test_a_schedule_for_a_gpu_is_warned_of_where_there_is_none(matrix):
    reader = MatrixReader()
    assert reader.read(CONFIG, matrix.place, []).warning == ""
    words = reader.read(replace(CONFIG, schedule="paper"), matrix.place, []).warning  # on a CPU
    assert "takes weeks" in words
