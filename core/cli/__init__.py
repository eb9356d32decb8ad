"""The commands: everything the window can do, without a display.

A command is a module of this package with `add_arguments(parser)` and `perform(args) -> Outcome`; those of
jobs (`core.jobs.JOBS`) take the job's record too. Only the module of the command that is asked for is
imported.
"""

import argparse
import contextlib
import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from core.cli.consent import SERVERS, perform_as_agreed
from core.cli.outcome import Outcome, Stopped, show, show_problems
from core.cli.program import program
from core.errors import StudioError
from core.jobs import JOBS
from core.runs.job import Job
from core.stop_signals import INTERRUPTED, StopSignals
from core.system_faults import refused_by_the_system
from core.version import code_version

COMMANDS = {
    "demo": ("demo", "the main job end to end on the generated sample"),
    "import": ("importing", "bring clips and their annotation into a project"),
    "info": ("info", "clips, frames, trajectories by kind, origin and state"),
    "split": ("split", "which clips train, are held out or are left out"),
    "import-tracks": ("import_tracks", "bring another program's trajectories into a clip"),
    "export": ("export", "write trajectories in another program's format"),
    "export-run": ("export_run", "write what runs measured for TensorBoard, or as CSV"),
    "probes": ("probes", "what several probes measured, side by side"),
    "relocate": ("relocate", "say that source frames lie in another folder now"),
    "versions": ("versions", "named versions of a project: list, save, compare, go back"),
    "restore": ("restore", "put the newest backup in the place of a damaged database"),
    "check": ("check", "integrity of a project's database, runs and source frames"),
}
"""Commands that are no jobs: name → its module in this package, and what it does."""

_OF_JOBS = {name: name for name in ("pretrain", "detect", "evaluate", "table1")}
"""Jobs whose command does more than their record says: name → its module in this package."""


def main(arguments: Sequence[str]) -> int:
    """Perform the command that the arguments name; returns the exit code.

    0 done; 1 something the user can put right, in one sentence on standard error; 2 usage; 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may know fewer characters than our text has
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    with StopSignals():
        try:
            args = _parser(chosen).parse_args(arguments)
            outcome = perform_as_agreed(args)
            show(outcome, args.json)
            sys.stdout.flush()
            return show_problems(outcome)
        except StudioError as error:
            return _ended(1, str(error))
        except Stopped as stopped:
            return _ended(130, str(stopped))
        except KeyboardInterrupt:
            return _ended(130, INTERRUPTED)
        except BrokenPipeError:  # whoever read our output has read enough
            return _ended(1)
        except OSError as error:
            return _ended(1, refused_by_the_system(error))


def _ended(code: int, sentence: str = "") -> int:
    """Say why on standard error; what nobody takes, such as a closed terminal, is dropped."""
    with contextlib.suppress(OSError):
        if sentence:
            print(sentence, file=sys.stderr, flush=True)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code


def is_command(word: str) -> bool:
    """Whether a word names a command."""
    return word in COMMANDS or word in JOBS


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser of all commands, with the options of the chosen one."""
    parser = argparse.ArgumentParser(
        prog=program(),
        description="AssociationNet Studio. Without a command the window opens, on PROJECT if that is given, "
        "or with --sample on a fresh copy of the generated sample project.",
        usage="%(prog)s [-h] [--version] [PROJECT | --sample | COMMAND ...]",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    known = COMMANDS | {name: (_OF_JOBS.get(name, "job"), job.help) for name, job in JOBS.items()}
    for name, (module, words) in known.items():
        sentence = f"{words[0].upper()}{words[1:]}."
        command = commands.add_parser(
            name, prog=f"{program()} {name}", help=words, description=sentence, allow_abbrev=False
        )
        if name == chosen:
            command.add_argument(
                "--json", metavar="FILE", help="write the result as JSON; - for standard output"
            )
            loaded = importlib.import_module(f"core.cli.{module}")
            record = [JOBS[name]] if name in JOBS else []
            loaded.add_arguments(command, *record)
            if "--project" in command.format_usage():
                command.add_argument("--trust-server", **SERVERS)
            command.set_defaults(perform=partial(_performed, loaded.perform, record))
    return parser


def _performed(perform: Callable[..., Outcome], record: list[Job], args: argparse.Namespace) -> Outcome:
    return perform(args, *record)


class _Version(argparse.Action):
    """Finds the version out only when it is asked for: git is called for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"AssociationNet Studio {code_version()}")
        parser.exit()
