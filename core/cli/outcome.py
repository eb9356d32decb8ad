"""What a command gives back."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.atomic_file import write_atomically
from core.errors import StudioError


@dataclass(frozen=True)
class Outcome:
    """The result of a command.

    Attributes:
        text: for people; may have several lines.
        values: the same as JSON.
        problems: sentences for standard error; the exit code is 1 where there are any.
    """

    text: str
    values: Mapping[str, Any]
    problems: tuple[str, ...] = field(default=())


class Stopped(Exception):  # noqa: N818  (no error)
    """The user interrupted a job, which saved; its text says how to go on."""


def show(outcome: Outcome, json_to: str | None) -> None:
    """Print the text, or write the JSON to a file or, for `-`, to standard output instead of the text.

    Raises:
        StudioError: the file cannot be written.
    """
    text = json.dumps(outcome.values, indent=2, allow_nan=False)
    if json_to == "-":
        print(text)
        return
    if outcome.text:
        print(outcome.text)
    if json_to:
        try:
            write_atomically(Path(json_to), (text + "\n").encode())
        except OSError as error:
            raise StudioError(f"Cannot write {json_to} ({error.strerror}); choose another file.") from error


def show_problems(outcome: Outcome) -> int:
    """Print what is wrong to standard error; the exit code."""
    for problem in outcome.problems:
        print(problem, file=sys.stderr)
    return 1 if outcome.problems else 0
