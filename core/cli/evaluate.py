"""`evaluate`: measure comp4 files with VOC's average precision.

Where `detect` wrote them, the result is kept in the run it names too, for `table1` and the window.
"""

import argparse
import json
import shutil
from pathlib import Path

from core.cli.detect import MADE_BY
from core.cli.options import add_settings, settings_from
from core.cli.outcome import Outcome
from core.cli.running import passing_run, run_here
from core.detection.config import EvaluateConfig
from core.errors import StudioError
from core.events import ClassAP
from core.jobs.run_folder import RunFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, EvaluateConfig, required=("voc", "detections"))


def perform(args: argparse.Namespace) -> Outcome:
    settings = settings_from(args, EvaluateConfig)
    with passing_run("evaluate", settings) as folder:
        run_here(folder, args)
        values = json.loads((folder.results / "ap.json").read_text(encoding="utf-8"))
        _keep(folder, settings.detections)
    return Outcome("", values)


def _keep(folder: RunFolder, detections: Path) -> None:
    try:
        made_by = json.loads((detections / MADE_BY).read_text(encoding="utf-8"))
        run = RunFolder.open(Path(made_by["run"]))
    except (OSError, ValueError, KeyError, TypeError, StudioError):
        return  # detected by another program, or by a run that is gone
    for name in ("ap.json", "pr.npz"):
        shutil.copy(folder.results / name, run.results / name)
    for event in folder.events()[0]:
        if isinstance(event, ClassAP):
            run.append(event)
