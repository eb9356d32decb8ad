"""`check`: is a project whole?"""

import argparse
from pathlib import Path

from core.check import problems
from core.cli.outcome import Outcome
from core.project.project import Project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")


def perform(args: argparse.Namespace) -> Outcome:
    with Project.open(args.project) as project:
        found = tuple(problems(project))
    text = "" if found else f"{project.name} is whole: its database, its runs and its source frames."
    return Outcome(text, {"problems": list(found)}, found)
