"""`probe`: measure what a frozen trunk knows."""

import argparse
import json

from core.cli.options import add_settings, settings_from, start_of
from core.cli.outcome import Outcome
from core.cli.running import passing_run
from core.evaluation.config import ProbeConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, ProbeConfig, required=("init",))


def perform(args: argparse.Namespace) -> Outcome:
    args.init = start_of(args.init)
    with passing_run("probe", settings_from(args, ProbeConfig), args) as folder:
        values = json.loads((folder.results / "probe.json").read_text(encoding="utf-8"))
    return Outcome("", values)
