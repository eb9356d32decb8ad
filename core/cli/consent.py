"""What a person agrees to on the command line: an answer on a terminal, or what is named there."""

import argparse
import os
import sys
from typing import Any

from core import agreements
from core.agreements import Matter, NotAgreedError
from core.cli.outcome import Outcome

VARIABLE = "ASSOCIATIONNET_TRUST_SERVER"

SERVERS: dict[str, Any] = {
    "action": "append",
    "default": [],
    "metavar": "HOST",
    "help": "connect to this server if the project keeps its tracks there, and remember it; may be repeated "
    f"(on a terminal it is asked; in scripts {VARIABLE} names hosts, parted by commas)",
}
"""The option `--trust-server`."""


def perform_as_agreed(args: argparse.Namespace) -> Outcome:
    """Perform a command; what waits for the person's word is asked or taken from the command line.

    Raises:
        NotAgreedError: nobody was there to agree, or said no.
    """
    while True:
        try:
            outcome: Outcome = args.perform(args)
        except NotAgreedError as error:
            if not (_is_named(error.matter, args) or _is_wanted(error.matter)):
                raise
            agreements.agree(error.matter.key)
        else:
            return outcome


def agree_to_given(settings: Any, names: set[str]) -> None:
    """Whoever names a file or a cluster in an option agrees to it.

    Args:
        settings: of a job.
        names: those that were given on the command line.

    Raises:
        StudioError: a file cannot be read, or the agreement not be written.
    """
    for name, matter in agreements.matters(settings):
        if name in names and not agreements.is_agreed(matter.key):
            agreements.agree(matter.key)


def _is_named(matter: Matter, args: argparse.Namespace) -> bool:
    named = {*getattr(args, "trust_server", []), *os.environ.get(VARIABLE, "").split(",")}
    return bool(matter.hosts) and set(matter.hosts) <= named


def _is_wanted(matter: Matter) -> bool:
    """Ask on a terminal; False where there is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(f"{matter.question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
