"""Runs that evaluated, as their folders are left."""

import json
from pathlib import Path
from typing import Any

from core.datasets.voc import CLASSES
from core.evaluation.table1 import TableRow
from core.runs.run_folder import RunFolder


def evaluated_run(path: Path, settings: Any, ap: float = 0.25, job: str = "voc", **more: Any) -> Path:
    """A run that measured this AP for all classes but sheep, of which there is none."""
    run = RunFolder.create(path, job, settings)
    per_class = {name: ap for name in CLASSES} | {"sheep": None}
    objects = {name: 5 for name in CLASSES} | {"sheep": 0}
    result = {"metric": "voc07_11point", "ap": per_class, "map": ap, "objects": objects, **more}
    (run.results / "ap.json").write_text(json.dumps(result))
    return run.path


def row(**changes: Any) -> TableRow:
    """A row as the paper's first, of a run; with changes."""
    values = {
        "start": "RandomNet",
        "run": "a",
        "aps": dict.fromkeys(CLASSES, 30.0),
        "mean_ap": 30.0,
        "year": 2007,
        "set": "test",
        "objects": 12032,
        "metric": "voc07_11point",
        "scales": "single",
        "network": "paper",
        "train_set": "VOC 2007 trainval",
        "schedule": "seed_40k",
    }
    return TableRow(**{**values, **changes})
