"""Readers of what jobs leave and of what the window keeps, with a file of its own that is whole for each."""

import importlib
from collections.abc import Callable
from pathlib import Path

from core.runs.run_folder import RunFolder
from tests.reliability import mutations
from tests.reliability import samples as samples_of_runs
from tests.reliability import samples_of_results as samples
from tests.reliability.reader import Reader
from tests.reliability.samples_of_results import RUN

_JSON, _ARRAYS, _TEXT = mutations.of_json, mutations.of_arrays, mutations.of_text


def _of(module: str, function: str, levels: int = 1) -> Callable[[Path], object]:
    """A function of what holds the file: so many levels above it, none for the file itself."""

    def read(path: Path) -> object:
        place = path.parents[levels - 1] if levels else path
        return getattr(importlib.import_module(module), function)(place)

    return read


def _of_run(module: str, function: str, levels: int = 1) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        folder = RunFolder(path.parents[levels - 1])
        return getattr(importlib.import_module(module), function)(folder)

    return read


def _of_step(module: str, function: str) -> Callable[[Path], object]:
    """A record of training, by its run and its step, as the monitors of Train read it."""

    def read(path: Path) -> object:
        step = int(path.stem.rpartition("-")[2])
        return getattr(importlib.import_module(module), function)(path.parents[2], step)

    return read


def _proposals(path: Path) -> None:
    from core.detection.given_boxes import load

    found = load(path)
    for name in found.ids[:200]:
        found[str(name)]


def _curves(path: Path) -> object:
    from studio.plots.pr_curve import read_pr

    return read_pr(path.parent, "car")


def _shown_filters(path: Path) -> None:
    from studio.watch.filters_view import read_step

    run = path.parents[2]
    read_step(run, 3, str(path.relative_to(run)))


def _unfinished(path: Path) -> object:
    from core.detection.unfinished import Unfinished

    return Unfinished(path.parent, "key").read()


def _preferences(path: Path) -> None:
    from studio.window import preferences_file
    from studio.window.keys import Keys
    from studio.window.preferences import Preferences

    preferences_file.read(path, Preferences(), Keys())


def _plan(path: Path) -> None:
    """The plan of a Table 1, as the window and the command show it."""
    from core.matrix.config import MatrixConfig
    from core.matrix.place import Place
    from core.matrix.plan import plan
    from core.matrix.state import state_of

    driver = RunFolder(path.parent)
    state_of(plan(driver.settings(MatrixConfig)), Place.of(driver))


def _step(path: Path) -> object:
    from core.jobs.by_clip.task import read_step

    return read_step(RunFolder(path.parents[1]), 1)


def _place(path: Path) -> None:
    """The place in the line as it is read of a run that was put there on this machine."""
    from core.record_file import read_record
    from core.runs import waiting

    read_record(waiting._Waiting, path)


_MEASURED, _RUNS = samples.measured, samples_of_runs.runs
_RECORD = "core.pretraining.record"

OF_RESULTS: dict[str, Reader] = {
    "proposals": Reader("boxes.npz", _ARRAYS, _proposals, samples.files),
    "proposals-mat": Reader("boxes.mat", mutations.of_mat, _proposals, samples.proposals_of_others, 20),
    "proposals-pickle": Reader("boxes.pkl", mutations.of_pickle, _proposals, samples.proposals_of_others),
    "detections": Reader(
        "comp4_det_test_car.txt", _TEXT, _of("core.evaluation.comp4", "read", 0), samples.files
    ),
    "unfinished-detections": Reader("from-*.npz", _ARRAYS, _unfinished, samples.unfinished),
    "filters": Reader("filters.npz", _ARRAYS, _of("core.filters", "read_filters", 0), samples.files),
    "pr-curves": Reader("pr.npz", _ARRAYS, _curves, samples.files),
    "class-list": Reader(
        "classes.txt", _TEXT, _of("core.datasets.class_list", "read_class_list", 0), samples.files
    ),
    "ap": Reader("ap.json", _JSON, _of("core.evaluation.ap_file", "read_facts", 0), _MEASURED),
    "probe": Reader("probe.json", _JSON, _of("core.evaluation.probe_table", "read_column", 0), _MEASURED),
    "identity-proposals": Reader(
        "proposals-1.json", _JSON, _of("core.identity.proposals", "read_proposals"), _MEASURED
    ),
    "audit": Reader("results/audit-1.json", _JSON, _of_run("core.jobs.densify", "read_audit", 2), _MEASURED),
    "step-of-a-clip": Reader("results/1.step", _TEXT, _step, _MEASURED),
    "classes-of-a-run": Reader(
        "results/classes.json", _JSON, _of("core.detection.learnt_classes", "run_classes", 2), _MEASURED
    ),
    "memory-report": Reader(
        "results/memory.json", _JSON, _of("core.runs.memory_report", "read_memory_report", 2), _MEASURED
    ),
    "notes": Reader("notes.json", _JSON, _of("core.runs.run_notes", "read_notes"), _MEASURED),
    "waiting": Reader("control/waiting.json", _JSON, _place, _MEASURED),
    "table1-plan": Reader("run/config.toml", mutations.of_toml, _plan, samples.matrix),
    "preferences": Reader("preferences.toml", mutations.of_toml, _preferences, samples.preferences),
    "machines": Reader(f"{RUN}/machines.json", _JSON, _of_run("core.runs.provenance", "machines"), _RUNS),
    "watch-filters": Reader(f"{RUN}/results/filters/*.npz", _ARRAYS, _shown_filters, _RUNS),
    "watch-excitations": Reader(
        f"{RUN}/results/excitations/*.npz",
        _ARRAYS,
        _of_step(f"{_RECORD}.excitations", "read_excitations"),
        _RUNS,
    ),
    "watch-neighbours": Reader(
        f"{RUN}/results/neighbours/*.npz",
        _ARRAYS,
        _of_step(f"{_RECORD}.neighbours", "read_neighbours"),
        _RUNS,
    ),
    "watch-pairs": Reader(
        f"{RUN}/results/pairs/*.npz", _ARRAYS, _of_step(f"{_RECORD}.pair_log", "read_chunk"), _RUNS
    ),
    "watch-trajectories": Reader(
        f"{RUN}/results/trajectories.npz",
        _ARRAYS,
        _of(f"{_RECORD}.trajectory_losses", "read_trajectory_losses", 2),
        _RUNS,
    ),
}
"""Readers by name."""
