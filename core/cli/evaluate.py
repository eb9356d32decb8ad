"""`evaluate`: measure comp4 files with VOC's average precision."""

import argparse
import json

from core.cli.options import add_settings, settings_from
from core.cli.outcome import Outcome
from core.cli.running import passing_run, run_here
from core.detection.config import EvaluateConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, EvaluateConfig, required=("voc", "detections"))


def perform(args: argparse.Namespace) -> Outcome:
    with passing_run("evaluate", settings_from(args, EvaluateConfig)) as folder:
        run_here(folder, args)
        values = json.loads((folder.results / "ap.json").read_text(encoding="utf-8"))
    return Outcome("", values)
