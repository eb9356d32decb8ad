"""Mutants of files: broken where their structure is, rather than anywhere.

Each function takes what a good file holds and a random generator, and gives one mutant. They are used by the
attacks and, a few of them, by the tests of the readers.
"""

import contextlib
import copy
import json
import math
import random
from typing import Any

ODD: tuple[Any, ...] = (
    *(None, True, False, "", "x", "now", "-1", "\0", "é" * 50, "\ud800", "../..", "/dev/zero", "a" * 5_000),
    *(0, 1, -1, 2**31, 2**63, -(2**63) - 1, 10**400, 10**5_000),
    *(0.5, -0.0, 1e308, 1e999, -1e999, math.nan),
    *([], {}, [[]], [1], ["x"], {"x": 1}, [None, "x", {}]),
)
"""Values that hardly any place expects."""

DEEP = (
    "[" * 5_000,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 5_000,
    "[[[",
    '{"a": {"a": ' * 60 + "1" + "}" * 120,
)
"""Texts of JSON that nest too deeply, closed or not."""


def json_mutant(value: Any, rng: random.Random) -> str:
    """Text of a JSON value of which one to three places are other, missing, doubled, or too deep.

    In every second one they only become like others: those come past the first look of a reader.
    """
    if rng.random() < 0.05:
        return rng.choice(DEEP)
    value = copy.deepcopy(value)
    change = rng.choice((_changed, _nearly))
    for _ in range(rng.randint(1, 3)):
        value = change(value, rng)
    text = _json(value)
    if rng.random() < 0.1:
        return text[: rng.randrange(len(text) + 1)]
    return text


def toml_mutant(text: str, rng: random.Random) -> str:
    """Text of a TOML file of which one line has another value, name or table, or is missing or cut."""
    lines = text.splitlines()
    place = rng.randrange(len(lines))
    name = lines[place].partition("=")[0].strip() or "x"
    odd = rng.choice(
        (
            *(
                "5",
                "-1",
                "1e308",
                "inf",
                "nan",
                "9" * 400,
                "9" * 5_000,
                "true",
                '""',
                '"x"',
                "[]",
                "[1, 'x']",
                "{}",
            ),
            *(
                '"' + "a" * 5_000 + '"',
                '"\\u0000"',
                "1979-05-27T07:32:00Z",
                "07:32:00",
                "{a = {b = 1}}",
                "[[",
            ),
            *("[" * 5_000, "[" * 60 + "]" * 60, '"\\ud800"', '"../.."', '"/dev/zero"', "'''\n'''"),
        )
    )
    choice = rng.randrange(9)
    if choice > 5:
        lines[place] = _like_line(lines[place], rng)
    elif choice < 3:
        lines[place] = f"{name} = {odd}"
    elif choice == 3:
        lines[place] = rng.choice((f"{name}.a = 1", f"[{name}]", "a" + ".a" * 3_000 + " = 1", "= 1"))
    elif choice == 4:
        del lines[place]
    else:
        lines.insert(place, rng.choice(lines))
    return "\n".join(lines) + "\n"


def _like_line(line: str, rng: random.Random) -> str:
    """A line of TOML with another value of the same kind, where it is one that JSON knows too."""
    name, equals, value = line.partition(" = ")
    with contextlib.suppress(ValueError):
        return name + equals + json.dumps(alike(json.loads(value), rng), ensure_ascii=False)
    return line


def bytes_mutant(data: bytes, rng: random.Random) -> bytes:
    """Bytes that are cut, or of which some are other, doubled, or missing."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        place = rng.randrange(len(found) + 1)
        choice = rng.randrange(5)
        if choice == 0:
            del found[place:]
        elif choice == 1:
            del found[place : place + rng.randrange(1, 40)]
        elif choice == 2:
            found[place:place] = found[place : place + rng.randrange(1, 200)]
        elif choice == 3:
            found[place:place] = rng.choice((b"\0", b"\xff", b"\n", b"\xed\xa0\x80", b"\xff\xfe", b'"', b"}"))
        elif place < len(found):
            found[place] = rng.randrange(256)
    return bytes(found)


def lines_mutant(lines: list[str], rng: random.Random) -> str:
    """Lines of JSON, as of `events.jsonl`, of which one is a mutant."""
    lines = list(lines)
    place = rng.randrange(len(lines))
    lines[place] = json_mutant(json.loads(lines[place]), rng)
    return "\n".join(lines) + "\n"


def _changed(value: Any, rng: random.Random) -> Any:
    """The value with one place of it other, in place where it is a list or a table."""
    places = list(_places(value))
    if not places:
        return rng.choice(ODD)
    holder, key = rng.choice(places)
    choice = rng.randrange(8)
    if choice < 5:
        holder[key] = copy.deepcopy(rng.choice(ODD))
    elif choice == 5:
        del holder[key]
    elif isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[rng.choice(("x", "", "\ud800", "name", "id", "event", "a" * 300))] = holder[key]
    return value


def _nearly(value: Any, rng: random.Random) -> Any:
    """The value with one place of it another of its kind, in place where it is a list or a table."""
    places = list(_places(value))
    if places:
        holder, key = rng.choice(places)
        holder[key] = alike(holder[key], rng)
    return value


def alike(value: Any, rng: random.Random) -> Any:
    """Another value of the same kind: a number near or far, a word, a list or table in another order."""
    match value:
        case bool():
            return not value
        case int():
            return rng.choice((value + 1, value - 1, -value, 0, 1, 2, 255, 2**16, 2**31 - 1, 2**53))
        case float():
            return rng.choice((value / 2, -value, 0.0, 1.0, value + 1e-9, 1e-300, 1e9, 3))
        case str():
            return rng.choice(
                (value + "x", value[1:], value.upper(), value * 2, " " + value, "é", "a/b", "1")
            )
        case list():
            return rng.choice((value[::-1], value[1:], value[:1], value + value[:1], value * 3))
        case dict():
            return dict(rng.sample(list(value.items()), len(value)))
    return value


def _places(value: Any) -> Any:
    """Every place in a value, as what holds it and its key there."""
    level = [value]
    while level:
        one = level.pop()
        if isinstance(one, list | dict):
            for key in list(one) if isinstance(one, dict) else range(min(len(one), 200)):
                yield one, key
                level.append(one[key])


def _json(value: Any) -> str:
    """JSON text, also of whole numbers of any length, which `json.dumps` refuses."""
    if isinstance(value, bool) or not isinstance(value, int | list | dict):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**1_000 else "9" * 5_000
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    return f"{{{', '.join(f'{json.dumps(key)}: {_json(item)}' for key, item in value.items())}}}"
