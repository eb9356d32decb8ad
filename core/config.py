"""Settings: one source for default, help and unit; kept as TOML; unknown keys are errors."""

import dataclasses
import enum
import re
import tomllib
import typing
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import tomli_w

from core.errors import StudioError, quoted
from core.record_file import DEEPEST, check_depth
from core.text_file import decoded
from core.typed_values import bare_type, kinds_of, typed
from core.whole_file import read_whole

Settings = TypeVar("Settings")

DEVICES = ("auto", "cpu", "cuda")
"""What a setting `device` may be."""

LARGEST_INT = 2**31 - 1
"""Whole numbers lie within ± this where a setting says nothing narrower; a spin box holds no more."""

LARGEST_FLOAT = 1e9
"""Other numbers lie within ± this where a setting says nothing narrower."""

_LARGEST_FILE = 4 << 20  # bytes of TOML

_TEXT = re.compile(r"""\"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?""")
_BETWEEN_KEYS = re.compile(r"[,=\[\]{}\n]")


def setting(
    default: Any,
    help: str,
    unit: str = "",
    *,
    choices: tuple[str, ...] | Callable[[], tuple[str, ...]] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    zero: str = "",
    auto: str = "",
    advanced: bool = False,
    start: bool = False,
    words: tuple[str, ...] = (),
    free: bool = False,
    asks: str = "",
    label: str = "",
    meanings: Mapping[str, str] | None = None,
) -> Any:
    """A field of a settings dataclass.

    Args:
        default: its value where nothing else is said; a str, bool, int, float, Path, or a tuple of these.
        help: one sentence for the form and the command line.
        unit: such as "px" or "steps"; empty for a pure number or a choice.
        choices: the values allowed, for text; a function where a table that may grow holds them.
        minimum, maximum: the range allowed, for numbers and each number of a tuple, both ends included; by
            itself ± `LARGEST_INT` or ± `LARGEST_FLOAT`.
        zero: for a number of at least 0, what 0 means, in a word or two.
        auto: for a choice of text, what `auto` means, in a word or two.
        advanced: folded away in the form until asked for.
        start: for text, a trunk's start: `random` (or what `words` say), or a run or weights file, whose path
            is made absolute.
        words: for text, what may be given in place of a file, whose path is made absolute.
        label: what the form calls it, where its name says too little; else its name.
        meanings: for choices, a word or two beside those that are terms.
        asks: what the person has to agree to once before its value is used, see `core.agreements`.
        free: a run may be resumed with another value: it decides how long, where or how often, not what
            is computed.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "unit": unit,
            "choices": choices,
            "minimum": minimum,
            "maximum": maximum,
            "zero": zero,
            "auto": auto,
            "advanced": advanced,
            "start": start,
            "words": words,
            "free": free,
            "asks": asks,
            "label": label,
            "meanings": meanings or {},
        },
    )


def check(settings: Any) -> None:
    """Hold each field against its `choices` and each number against its range; call it from `__post_init__`.

    Raises:
        StudioError: naming the field, its value and what is allowed.
    """
    kinds = kinds_of(typing.cast(Hashable, type(settings)))
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        choices = choices_of(field)
        if choices and value not in choices:
            raise StudioError(f"{field.name} must be one of {', '.join(choices)}, not {quoted(value)}.")
        if field.metadata.get("words") and not value:
            words = ", ".join(field.metadata["words"])
            raise StudioError(f"{field.name} must be a file, or one of {words}.")
        limits = range_of(field, kinds[field.name])
        if limits is not None:
            for number in value if isinstance(value, tuple) else (value,):
                _check_number(field.name, number, limits)


def range_of(field: "dataclasses.Field[Any]", kind: Any) -> tuple[float, float] | None:
    """The smallest and the largest number of a field, or of each item of a tuple; None if it holds none."""
    kind = bare_type(kind)
    if typing.get_origin(kind) is tuple:
        kind = typing.get_args(kind)[0]
    if kind not in (int, float):
        return None
    most = LARGEST_INT if kind is int else LARGEST_FLOAT
    low, high = field.metadata.get("minimum"), field.metadata.get("maximum")
    return -most if low is None else low, most if high is None else high


def _check_number(name: str, value: object, limits: tuple[float, float]) -> None:
    if not isinstance(value, int | float):
        return  # None of one that is optional
    low, high = limits
    if not value >= low:  # which NaN is not
        raise StudioError(f"{name} must be at least {low:.12g}, not {quoted(value)}.")
    if value > high:
        raise StudioError(f"{name} must be at most {high:.12g}, not {quoted(value)}.")


def choices_of(field: "dataclasses.Field[Any]") -> tuple[str, ...]:
    """The values allowed for a field now; empty where all are."""
    choices: Any = field.metadata.get("choices", ())
    return tuple(choices() if callable(choices) else choices)


def as_dict(settings: Any) -> dict[str, Any]:
    """The settings as plain TOML values; fields that are None are left out."""
    return {
        field.name: _plain(getattr(settings, field.name))
        for field in dataclasses.fields(settings)
        if getattr(settings, field.name) is not None
    }


def check_resumable(started: Mapping[str, Any], settings: Any) -> None:
    """Hold the settings a run goes on with against those it was started with, but for the free ones.

    Args:
        started: plain values; a setting that is not among them had its default.
        settings: a settings dataclass.

    Raises:
        StudioError: naming one that differs, with its value then and now.
    """
    kinds = kinds_of(typing.cast(Hashable, type(settings)))
    for field in dataclasses.fields(settings):
        name, kind = field.name, kinds[field.name]
        before = _plain(_typed(name, started.get(name, field.default), kind))
        after = _plain(getattr(settings, name))
        if before != after and not field.metadata.get("free"):
            raise StudioError(
                f"The run was started with {name} {quoted(before)}, not {quoted(after)}; "
                "resume it unchanged or start a new run."
            )


def from_dict(cls: type[Settings], values: dict[str, Any]) -> Settings:
    """Settings from plain values.

    Raises:
        StudioError: an unknown key, a value of another type, or one out of range.
    """
    kinds = kinds_of(typing.cast(Hashable, cls))
    known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - known)
    if unknown:
        raise StudioError(f"Unknown setting {quoted(unknown[0])}; known are {', '.join(sorted(known))}.")
    return cls(**{key: _typed(key, value, kinds[key]) for key, value in values.items()})


def check_types(cls: Any, values: Mapping[str, Any], path: Path) -> None:
    """See that the settings that `path` says, perhaps of an older version, are of the types that `cls` has.

    Ranges and choices may have been others then, and so may names.

    Raises:
        StudioError: one is of another type.
    """
    kinds = kinds_of(cls)
    for key in values.keys() & {field.name for field in dataclasses.fields(cls)}:
        try:
            _typed(key, values[key], kinds[key])
        except StudioError as error:
            raise StudioError(
                f"{path} is damaged: {str(error).rstrip('.')}; restore it or delete it."
            ) from error


def save(settings: Any, path: Path) -> None:
    """Write settings as TOML."""
    path.write_text(tomli_w.dumps(as_dict(settings)), encoding="utf-8", newline="\n")


def load(cls: type[Settings], path: Path) -> Settings:
    """Read settings from TOML.

    Raises:
        StudioError: the file is missing, is not TOML, or does not fit `cls`.
    """
    return from_dict(cls, read_toml(path))


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dictionary.

    Raises:
        StudioError: the file is missing, cannot be read or is not TOML.
    """
    try:
        text = decoded(read_whole(path, _LARGEST_FILE), path)
        if max(key.count(".") for key in _BETWEEN_KEYS.split(_TEXT.sub("", text))) > DEEPEST:
            raise ValueError("it is nested too deeply")  # tomllib would take hours to read it
        values = tomllib.loads(text)
        check_depth(values)
        return values
    except (ValueError, RecursionError) as error:  # not TOML, a number of thousands of digits
        raise StudioError(f"{path} is not a valid TOML file ({error}); restore it or delete it.") from error


def settings_in(run: Path) -> dict[str, Any]:
    """The settings in the `config.toml` of a run's folder as plain values, whatever the job.

    Raises:
        StudioError: it is missing or damaged.
    """
    path = run / "config.toml"
    values = read_toml(path).get("settings", {})
    if not isinstance(values, dict):
        raise StudioError(f"{path} holds no table of settings; restore it or delete the run.")
    for name, value in values.items():
        if not all(map(_is_plain, value if isinstance(value, list) else [value])):
            raise StudioError(
                f"{path} holds {quoted(name)} = {quoted(value)}, which is no setting; restore it or delete "
                "the run."
            )
    return values


def _is_plain(value: Any) -> bool:
    """Whether a value is one of a setting; numbers of more digits than any of ours are not."""
    return isinstance(value, bool | float | str) or (isinstance(value, int) and abs(value) < 10**30)


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _typed(key: str, value: Any, kind: Any) -> Any:
    if bare_type(kind) is str and isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**30 else quoted(value)  # a number in an older version
    try:
        return typed(key, value, kind)
    except ValueError as error:
        raise StudioError(f"{error}.") from error
