"""Mutants of the files that the program writes: each reader gives a value or one sentence, nothing else."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import StudioError
from core.evaluation.probe_table import read_column
from core.evaluation.table1 import row_of_run
from core.events import ClassAP, Filters, Log, Metric, Progress
from core.identity.proposals import read_proposals
from core.jobs import JOBS
from core.jobs.densify import read_audit
from core.pretraining.config import PretrainConfig
from core.project.labels import read_labels
from core.project.project import Project
from core.project.saved_filters import read_filters
from core.project.versions import read_versions
from core.review.progress import read_progress
from core.runs import provenance
from core.runs.memory_report import read_memory_report
from core.runs.metrics_export import read_measured
from core.runs.run_folder import RunFolder, Status
from core.runs.run_notes import read_notes
from core.runs.waiting import place_of
from studio.runs.reader import Mark, Request, find, look
from tests.reliability.mutants import bytes_mutant, json_mutant, lines_mutant, toml_mutant

MUTANTS = 60
"""Of each file; the attacks of `tests.reliability` try thousands."""

LONGEST = 1_300
"""Letters of a sentence."""

CLIP = {
    **{"name": "a", "dataset": "davis", "width": 9, "height": 9, "root": "/a", "files": ["a", "b"], "id": 1},
    **{
        "timestamps": [],
        "keyframes": [],
        "start": 0,
        "step": 1,
        "upright": True,
        "annotator": 0,
        "use": "train",
    },
    **{"point_labels": ["a", ""], "object_labels": ["c"]},
}
LABEL = {"name": "a", "colour": "#ff0000", "key": "1"}
STEP = {"trajectory": 3, "before": 4, "after": 5, "before_box": [0, 0, 1, 1], "after_box": [0, 0, 1, 1]}
AP = {
    **{"metric": "voc07_11point", "year": 2007, "set": "test", "overlap": 0.5, "start": "random", "steps": 9},
    **{"train_year": 2007, "train_set": "trainval", "network": "tiny"},
    **{"ap": {"cat": 0.5, "dog": None}, "map": 0.5, "objects": {"cat": 3}, "classes": ["cat", "dog"]},
}
PROBE = {
    **{"set": "val", "classes": ["cat"], "network": "tiny", "init": "random", "chance": 0.5},
    "results": [{"layer": "conv1", "classifier": "knn", "per_class": 3, "accuracies": [0.5, 0.75]}],
}


def run_as_the_window_reads_it(folder: RunFolder) -> None:
    for one in find(folder.path.parent, set()):
        look(Request(None, one.folder, Mark(), False, None, True, -1, 0, one.head.damage))


READERS: dict[str, tuple[Any, Callable[[RunFolder], Any]]] = {
    "status.json": (vars(Status()), run_as_the_window_reads_it),
    "notes.json": ({"name": "a", "note": "b", "starred": True}, lambda run: read_notes(run.path)),
    "control/waiting.json": ({"place": 1.5}, place_of),
    "snapshot/snapshot.json": ({"revision": 3, "project": "/p", "clips": [CLIP]}, run_as_the_window_reads_it),
    "results/memory.json": (
        {"stage": "backward", "batch": 8, "fits": 4},
        lambda run: read_memory_report(run.path),
    ),
    "results/ap.json": (AP, lambda run: (row_of_run(run.path).conditions, row_of_run(run.path).part)),
    "results/probe.json": (PROBE, lambda run: read_column(run.path)),
    "results/audit-1.json": (
        [{"trajectory": 3, "frame": 4, "span": 4, "overlap": 0.5, "confidence": 0.7}],
        read_audit,
    ),
    "results/proposals-1.json": (
        [
            {"clip_id": 1, "what": "cut", "frame": 5, "steps": [STEP]}
            | dict.fromkeys(("certainty", "own"), 0.5)
            | dict.fromkeys(("usual", "other"), 0.5)
        ],
        lambda run: read_proposals(run.results),
    ),
    "provenance.json": (None, lambda run: (provenance.facts(run), provenance.data_of(run))),
    "machines.json": (None, lambda run: (provenance.facts(run), provenance.last_start(run))),
    "environment.json": (
        {"program": "1", "versions": {"numpy": "2"}},
        lambda run: (provenance.facts(run), provenance.data_of(run)),
    ),
    "labels.json": (
        {
            "labels": [LABEL],
            "recent": ["a"],
            "for_new": True,
            "renamings": [{"edit": 1, "before": [LABEL], "after": [], "place": 0, "done": True}],
        },
        lambda run: read_labels(run.path),
    ),
    "filters.json": ({"filters": {"mine": "review:open"}}, lambda run: read_filters(run.path)),
    "versions.json": (
        {"versions": [{"name": "a", "revision": 1, "step": "b", "made": "2026-01-01T00:00:00", "note": ""}]},
        lambda run: read_versions(run.path),
    ),
    "review.json": (
        {"recipe": "a", "recipes": {"a": {"threshold": 0.5, "decided": {"x": "accepted"}, "seconds": [1.0]}}},
        lambda run: read_progress(run.path),
    ),
}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder.create(
        tmp_path / "runs" / "20260101T000000000-pretrain-ab12", "pretrain", PretrainConfig()
    )
    provenance.write(folder, JOBS["pretrain"], PretrainConfig(), None, (), True)
    provenance.note_machine(folder)
    for event in (
        *(Progress(1, 3, "a"), Metric("loss", 1, 2.5), Filters(2, "f.npz"), ClassAP("cat", 0.5, 3), Log("ü")),
        Metric("loss", 2, float("nan")),
    ):
        folder.append(event)
    return folder


def try_mutants(path: Path, mutant: Callable[[random.Random], str], read: Callable[[], Any]) -> int:
    """How many mutants were refused."""
    good, rng = path.read_bytes(), random.Random(path.name)
    refused = longest = 0
    read()
    for number in range(MUTANTS):
        data = bytes_mutant(good, rng) if number % 5 == 0 else mutant(rng).encode("utf-8", "surrogatepass")
        path.write_bytes(data)
        try:
            read()
        except StudioError as error:
            refused += 1
            longest = max(longest, len(str(error)))
    assert longest < LONGEST
    return refused


@pytest.mark.parametrize("name", READERS)
def test_a_mutant_of_a_json_file_is_read_or_refused(name: str, run: RunFolder) -> None:
    value, read = READERS[name]
    path = run.path / name
    if value is None:
        value = json.loads(path.read_text())
    path.write_text(json.dumps(value))
    try_mutants(path, lambda rng: json_mutant(value, rng), lambda: read(run))


def test_a_mutant_of_the_settings_of_a_run_is_read_or_refused(run: RunFolder) -> None:
    path = run.path / "config.toml"
    text = path.read_text()

    def read() -> None:
        run_as_the_window_reads_it(run)
        run.settings(PretrainConfig)

    assert try_mutants(path, lambda rng: toml_mutant(text, rng), read) > MUTANTS // 4


def test_a_mutant_of_events_is_read(run: RunFolder) -> None:
    path = run.path / "events.jsonl"
    lines = path.read_text().splitlines()

    def read() -> None:
        run_as_the_window_reads_it(run)
        read_measured(run)

    assert try_mutants(path, lambda rng: lines_mutant(lines, rng), read) == 0


def test_a_mutant_of_a_project_file_is_opened_or_refused(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    path = tmp_path / "p" / "project.toml"
    text = path.read_text()
    try_mutants(path, lambda rng: toml_mutant(text, rng), lambda: Project.open(tmp_path / "p").close())
