"""From settings dataclasses to options and back: defaults and help have one source."""

import argparse
import dataclasses
import typing
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from core import agreements, config
from core.cli.consent import agree_to_given
from core.runs import launch
from core.runs.job import Job
from core.runs.run_folder import RunFolder

Settings = TypeVar("Settings")


def add_settings(
    parser: argparse.ArgumentParser,
    cls: type,
    skip: Collection[str] = (),
    required: Collection[str] = (),
    title: str = "",
) -> None:
    """Add an option for each field; what is not given on the command line is absent from the namespace.

    Args:
        parser: of a command.
        cls: a settings dataclass.
        skip: fields that the command fills in itself.
        required: fields that must be given.
        title: of a group of their own, if they have one.
    """
    kinds = typing.get_type_hints(cls)
    basic = parser.add_argument_group(title) if title else parser
    advanced = parser.add_argument_group("more settings")
    for field in dataclasses.fields(cls):
        if field.name in skip:
            continue
        rule = field.metadata
        options: dict[str, Any] = {"dest": field.name, "default": argparse.SUPPRESS, "help": _help(field)}
        kind = config.bare_type(kinds[field.name])
        if kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            if typing.get_origin(kind) is tuple:
                kind, options["nargs"] = typing.get_args(kind)[0], "*"
            words = rule["words"] or (("random",) if rule["start"] else ())
            options["type"] = partial(word_or_path, words) if words else _absolute if kind is Path else kind
            options["metavar"] = rule["unit"].upper() or kind.__name__.upper()
            if choices := config.choices_of(field):
                options["choices"] = choices
                del options["metavar"]
        if field.name in required:
            options["required"] = True
        group = advanced if rule["advanced"] else basic
        group.add_argument("--" + field.name.replace("_", "-"), **options)


def given(args: argparse.Namespace, cls: type) -> dict[str, Any]:
    """The settings of a class that were given on the command line."""
    names = [field.name for field in dataclasses.fields(cls)]
    return {name: getattr(args, name) for name in names if hasattr(args, name)}


def settings_from(args: argparse.Namespace, cls: type[Settings], **filled: Any) -> Settings:
    """Settings as given on the command line, and what the command fills in.

    Raises:
        StudioError: a value out of range.
    """
    settings = config.from_dict(cls, {**given(args, cls), **filled})
    agree_to_given(settings, set(given(args, cls)))
    return settings


def take_given(folder: RunFolder, args: argparse.Namespace, job: Job) -> None:
    """Let a run that is resumed go on with the free settings that are given on the command line.

    Raises:
        NotAgreedError: the run names a file or a cluster that the person did not agree to use.
        StudioError: another setting is given that differs, a value is out of range, the run's settings are
            damaged, or it is running.
    """
    started = folder.settings_as_written()
    settings: Any = config.from_dict(job.settings, {**started, **given(args, job.settings)})
    config.check_resumable(started, settings)
    if settings != folder.settings(job.settings):
        with folder.held_lock():
            launch.change_settings(folder, job, settings)
    agree_to_given(settings, set(given(args, job.settings)))
    agreements.require_all(settings)


def word_or_path(words: Collection[str], text: str) -> str:
    """One of some words as it is, or the absolute path of a file, a run or weights."""
    return text if text in words else str(_absolute(text))


def _absolute(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _help(field: "dataclasses.Field[Any]") -> str:
    words = field.metadata["help"]
    default = field.default
    if default not in (None, "", Path(), ()) and not isinstance(default, bool):
        unit = f" {field.metadata['unit']}" if field.metadata["unit"] else ""
        shown = " ".join(map(str, default)) if isinstance(default, tuple) else default
        words += f" (default: {shown}{unit})"
    elif isinstance(default, bool):
        words += f" (default: {'yes' if default else 'no'})"
    return words.replace("%", "%%")
