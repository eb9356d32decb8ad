"""Lists, dicts, texts and numpy arrays of numbers out of a pickle, none of whose code is run.

A pickle is a program that can call anything. Here it is not run: its instructions are followed by a small
machine of our own, which knows how to put such values together and nothing else. Of names it understands
those with which numpy of any version writes arrays; another name, or another instruction, is refused.
Source of the instructions: Python's `pickletools`, of protocols 0 to 5.
"""

import pickletools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from core.errors import StudioError
from core.whole_file import read_whole, size_of

_LARGEST = 2 << 30  # bytes of a file; 5,000 images with 2,000 boxes each take 160 MB
_PLAIN_DTYPE = re.compile(r"[<>=|]?[biuf][1248]", re.ASCII)
_MARK = object()
_KEYS = (str, bytes, int, float, type(None))
"""What keys of a dict may be; the hash of tuples within tuples may take for ever, or all of the stack."""

Value = TypeVar("Value")


@dataclass
class PickledArray:
    """An array, or one number, of a pickle; `array` is complete when the pickle is at its end."""

    array: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass
class _Type:
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class _Name:
    """What a pickle names; calling it gives a value, and never calls what really bears the name."""

    name: str

    @classmethod
    def known(cls, name: str) -> "_Name":
        if name not in _NAMES:
            raise StudioError(f"holds more than arrays of numbers (it names {name[:60]})")
        return cls(name)


def read_pickle(path: Path) -> object:
    """The value of a pickle: None, numbers, texts, bytes, lists, tuples, dicts and `PickledArray`.

    Raises:
        StudioError: the file is missing, damaged, too large, or wants more than that.
    """
    size_of(path, _LARGEST)
    data = read_whole(path, _LARGEST)
    try:
        return _Machine().run(data)
    except StudioError as error:
        raise StudioError(f"{path} {error}; save its boxes as plain numpy arrays, or as .npz.") from error
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, StopIteration) as error:
        raise StudioError(f"{path} is a damaged pickle; copy it again from where it came from.") from error


class _Machine:
    """The stack, and what was remembered under a number."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, data: bytes) -> object:
        for operation, argument, _ in pickletools.genops(data):
            self._step(operation.name, argument)
        return self._stack.pop()

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _CONSTANTS:
            stack.append(argument)
            return
        match name:
            case "PROTO" | "FRAME" | "STOP":
                pass
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
            case "MARK":
                stack.append(_MARK)
            case "EMPTY_LIST" | "EMPTY_DICT" | "EMPTY_TUPLE":
                stack.append({"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}[name]())
            case "LIST":
                stack.append(self._marked())
            case "DICT":
                stack.append(_pairs(self._marked()))
            case "TUPLE":
                stack.append(tuple(self._marked()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                stack.append(tuple(self._taken(int(name[-1]))))
            case "APPEND" | "APPENDS":
                items = self._taken(1) if name == "APPEND" else self._marked()
                _checked(stack[-1], list).extend(items)
            case "SETITEM" | "SETITEMS":
                items = self._taken(2) if name == "SETITEM" else self._marked()
                _checked(stack[-1], dict).update(_pairs(items))
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = stack[-1]
            case "MEMOIZE":
                self._memo[len(self._memo)] = stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                stack.append(self._memo[argument])
            case "GLOBAL":
                stack.append(_Name.known(argument.replace(" ", ".")))
            case "STACK_GLOBAL":
                stack.append(_Name.known(".".join(self._taken(2))))
            case "REDUCE":
                called, arguments = self._taken(2)
                stack.append(_NAMES[_checked(called, _Name).name](*arguments))
            case "BUILD":
                _build(stack[-2], stack.pop())
            case _:
                raise StudioError(f"holds more than arrays of numbers (the instruction {name})")

    def _taken(self, count: int) -> list[Any]:
        """The last items, which are taken away."""
        if len(self._stack) < count:
            raise ValueError("nothing left")
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _marked(self) -> list[Any]:
        """The items after the last mark, which are taken away with it."""
        place = next(n for n in reversed(range(len(self._stack))) if self._stack[n] is _MARK)
        items = self._taken(len(self._stack) - place)
        return items[1:]


def in_words(value: object) -> str:
    """A value of a pickle for a message; only its type where its text may take for ever."""
    if isinstance(value, str | float) or (isinstance(value, int) and value.bit_length() < 64):
        return repr(str(value)[:40])
    return f"<{type(value).__name__}>"


def _checked(value: Any, kind: type[Value]) -> Value:
    if not isinstance(value, kind):
        raise TypeError(f"no {kind.__name__}")
    return value


def _build(built: object, state: Any) -> None:
    """Complete an array, or a type with its byte order, by the state that numpy wrote of it."""
    if isinstance(built, _Type):
        built.dtype = built.dtype.newbyteorder(state[1])
    else:
        _, shape, kind, in_columns, content = state
        _checked(built, PickledArray).array = _array(content, kind, shape, "F" if in_columns else "C")


def _pairs(items: list[Any]) -> dict[Any, Any]:
    for key in items[::2]:
        if not isinstance(key, _KEYS):
            raise TypeError(f"a key that is a {type(key).__name__}")
    return dict(zip(items[::2], items[1::2], strict=True))


def _array(content: Any, kind: _Type, shape: tuple[int, ...], order: str) -> np.ndarray:
    if isinstance(content, list):
        raise StudioError("holds an array of objects")
    data = content.encode("latin1") if isinstance(content, str) else content  # Python 2 has text for bytes
    flat = np.frombuffer(data, kind.dtype) if data else np.zeros(0, kind.dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C")


def _type(name: object, *_: object) -> _Type:
    text = name.decode("ascii") if isinstance(name, bytes) else name
    if not isinstance(text, str) or not _PLAIN_DTYPE.fullmatch(text):
        raise StudioError(f"holds an array of {in_words(text)}")
    return _Type(np.dtype(text))


def _empty(*_: object) -> PickledArray:
    return PickledArray()


def _number(kind: _Type, content: Any) -> PickledArray:
    return PickledArray(_array(content, kind, (), "C"))


def _from_buffer(content: Any, kind: _Type, shape: tuple[int, ...], order: str) -> PickledArray:
    return PickledArray(_array(content, kind, shape, order))


def _encoded(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise StudioError(f"holds text as {in_words(encoding)}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


def _never(*_: object) -> None:
    raise TypeError("not to be called")


_NAMES: Mapping[str, Callable[..., Any]] = {
    **{f"numpy.{core}.multiarray._reconstruct": _empty for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": _number for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": _from_buffer for core in ("core", "_core")},
    "numpy.dtype": _type,
    "numpy.ndarray": _never,
    "_codecs.encode": _encoded,
    "__builtin__.bytes": _no_bytes,
    "builtins.bytes": _no_bytes,
}

_CONSTANTS = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *(
            "STRING",
            "BINSTRING",
            "SHORT_BINSTRING",
            "UNICODE",
            "BINUNICODE",
            "SHORT_BINUNICODE",
            "BINUNICODE8",
        ),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    )
)
"""Instructions that put their own argument on the stack."""
