"""`densify`: carry masks and boxes from keyframe to keyframe."""

import argparse

from core.cli.options import add_settings
from core.cli.outcome import Outcome
from core.cli.tracking import add_project, run_and_adopt
from core.tracking.config import DensifyConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_settings(parser, DensifyConfig)


def perform(args: argparse.Namespace) -> Outcome:
    return run_and_adopt(args, "densify", DensifyConfig)
