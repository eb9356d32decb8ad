"""`check`: is a project whole?"""

import argparse
from pathlib import Path

from core.check import problems
from core.cli.opening import open_project
from core.cli.outcome import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")


def perform(args: argparse.Namespace) -> Outcome:
    with open_project(args.project) as project:
        found = tuple(problems(project))
    text = "" if found else f"{project.name} is whole: its database, its runs and its source frames."
    return Outcome(text, {"problems": list(found)}, found)
