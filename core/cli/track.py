"""`track`: follow points through clips."""

import argparse

from core.cli.options import add_settings
from core.cli.outcome import Outcome
from core.cli.tracking import add_project, run_and_adopt
from core.tracking.config import TrackConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_settings(parser, TrackConfig)


def perform(args: argparse.Namespace) -> Outcome:
    return run_and_adopt(args, "track", TrackConfig)
