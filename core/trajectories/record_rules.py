"""What rows of tables that no edit writes must hold to: folders of frames, what jobs made, steps of undo."""

import datetime
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.row_images import columns_of
from core.trajectories.rule import Rows, Rule, below, each, rule

STATES = ("done", "undone", "abandoned")
"""What an edit may be."""

ACTIONS = ("do", "follow", "join", "undo", "redo", "again")
"""What may be done with an edit."""

_EDITED = {
    table.name: table for table in (schema.clip, schema.trajectory, schema.observation, schema.provenance)
}
"""The tables of which steps of undo keep rows."""


def _no_time(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return True
    return False


def _unreadable_settings(rows: Rows) -> np.ndarray:
    """Rows whose settings are no table that JSON can hold, or name a run or a dismissal that can be none."""

    def bad(settings: Any) -> bool:
        if type(settings) is not dict or type(settings.get("dismissed", {})) is not dict:
            return True
        if type(settings.get("run", "")) is not str:
            return True
        try:
            json.dumps(settings, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return True
        return False

    return np.array([bad(settings) for settings in rows["settings"]], bool)


def _foreign_keys(rows: Rows) -> np.ndarray:
    """Batches whose keys are not ones of their table; those of unknown tables are named by another rule."""

    def bad(name: str, keys: Any) -> bool:
        if name not in _EDITED or type(keys) is not list or not {type(key) for key in keys} <= {list, tuple}:
            return name in _EDITED
        parts = set(map(type, itertools.chain.from_iterable(keys)))
        return not (set(map(len, keys)) <= {len(_EDITED[name].primary_key)} and parts <= {int})

    return np.array([bad(*one) for one in zip(rows["table_name"], rows["row_keys"], strict=True)], bool)


def _foreign_images(rows: Rows) -> np.ndarray:
    """Batches that do not unpack to so many rows of their table; what is unknown of them others name."""

    def bad(name: str, keys: Any, images: bytes) -> bool:
        if name not in _EDITED or type(keys) is not list:
            return False
        try:
            return not columns_of(images, len(keys)) <= set(_EDITED[name].columns.keys())
        except StudioError:
            return True

    of = (rows["table_name"], rows["row_keys"], rows["images"])
    return np.array([bad(*one) for one in zip(*of, strict=True)], bool)


_TIME = "has the time {created!r}, which is none"

RECORD_RULES: Mapping[str, Sequence[Rule]] = {
    "root": (
        rule(
            "path",
            each("path", lambda path: not path or "\0" in path),
            "has no path that a folder could have",
        ),
    ),
    "provenance": (
        rule("job", each("job", lambda job: not job), "names no job"),
        rule("settings", _unreadable_settings, "has settings that cannot be read"),
        rule("created", each("created", _no_time), _TIME),
    ),
    "edit": (
        rule("state", each("state", lambda state: state not in STATES), "is in the unknown state {state!r}"),
        rule("rows", below("rows", 0), "says that it wrote {rows} rows"),
        rule("created", each("created", _no_time), _TIME),
    ),
    "edit_rows": (
        rule("number", below("number", 0), "has a batch of the number {number}"),
        rule(
            "table_name",
            each("table_name", lambda name: name not in _EDITED),
            "has rows of the table {table_name!r}, which edits do not write",
        ),
        rule("number table_name row_keys", _foreign_keys, "has keys in batch {number} that are none"),
        rule(
            "number table_name row_keys images",
            _foreign_images,
            "has rows in batch {number} that cannot be read",
        ),
    ),
    "journal": (
        rule("revision", below("revision", 1), "comes before the first"),
        rule("action", each("action", lambda action: action not in ACTIONS), "does the unknown {action!r}"),
        rule("created", each("created", _no_time), _TIME),
    ),
}
"""Table → what its rows must hold to."""
