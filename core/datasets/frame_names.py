"""What the names of a folder's pictures say: which sequences there are, and where one has a gap.

Frames of one sequence are named by a counter or by the time. Two sequences in a folder (cameras, colour
beside depth) differ in words, or in a number that follows a word, while their counters are much alike.
"""

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_NUMBER = re.compile(r"(\d+)", re.ASCII)
_HEXADECIMAL = re.compile(r"[0-9a-f]{2,16}", re.ASCII | re.IGNORECASE)
_MOST_SEQUENCES = 16  # in one folder; names that part it into more do not tell sequences
_SHARE = 0.1  # of the longest sequence: what is shorter is stray pictures
_ALIKE = 0.75  # at most so many counters of all are different where sequences have the same ones
_JITTER = 1.5  # steps longer than so many usual ones are gaps
_CLOCK = frozenset({"h", "m", "s", "min", "sec", "t"})  # words between parts of a time


@dataclass(frozen=True)
class Sequences:
    """The sequences of a folder: what each is called → its names in order; and names that are of none."""

    by_label: dict[str, list[str]]
    stray: tuple[str, ...] = ()


def sequences(names: Sequence[str]) -> Sequences:
    """The sequences that names in natural order make; often one, which is called nothing."""
    in_hexadecimal = _by_hexadecimal(names)
    if in_hexadecimal is not None:
        return Sequences({"": in_hexadecimal})
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in names:
        groups[_words(name)].append(name)
    longest = max(map(len, groups.values()))
    kept = {words: group for words, group in groups.items() if len(group) >= max(2, _SHARE * longest)}
    covered = sum(map(len, kept.values()))
    if not kept or len(kept) > _MOST_SEQUENCES or covered < 0.8 * len(names):
        return Sequences({"": list(names)})
    stray = [name for words, group in groups.items() if words not in kept for name in group]
    if len(kept) == 1:
        ((words, _),) = kept.items()
        firsts = {"".join(words), "".join(words).rstrip(" _-.()")}
        own = {name for name in stray if Path(name).stem in firsts}  # `walk`, `walk1`, `walk2`
        stray = [name for name in stray if name not in own]
        left_out = set(stray)
        return Sequences(_by_number([name for name in names if name not in left_out]), tuple(stray))
    return Sequences(_labelled(kept), tuple(stray))


def gap(names: Sequence[str]) -> str | None:
    """A sentence where the counter or the time in the names of a clip's frames, in order, leaps."""
    values = _times(names) or _counters(names)
    steps = [b - a for a, b in pairwise(values)]
    if not steps or min(steps) <= 0:
        return None
    usual = sorted(steps)[(len(steps) - 1) // 2]
    place = next((place for place, step in enumerate(steps) if step > _JITTER * usual), None)
    if place is None:
        return None
    return (
        f"After {names[place]} comes {names[place + 1]}; they were taken as neighbours, "
        "so put back what is missing between them and import again if that is wrong."
    )


def _words(name: str) -> tuple[str, ...]:
    """What stands between the numbers of a name."""
    return tuple(_NUMBER.split(Path(name).stem)[::2])


def _numbers(name: str) -> list[str]:
    return _NUMBER.split(Path(name).stem)[1::2]


def _labelled(groups: dict[tuple[str, ...], list[str]]) -> dict[str, list[str]]:
    """Groups by the words in which they differ; by all of them where that leaves nothing."""
    common = set.intersection(*(set(words) for words in groups))
    labels = {}
    for words, names in groups.items():
        own = [word.strip(" _-.()") for word in words if word not in common]
        label = "-".join(word for word in own if word) or "-".join(filter(None, words)).strip(" _-.()")
        labels[label] = names
    return (
        labels if len(labels) == len(groups) else {"#".join(words): names for words, names in groups.items()}
    )


def _by_number(names: list[str]) -> dict[str, list[str]]:
    """Names of the same words, by a number that tells sequences apart, if one does."""
    words, rows = _words(names[-1]), [_numbers(name) for name in names]
    if len({len(row) for row in rows}) > 1 or _times(names):
        return {"": names}
    varied = [place for place in range(len(rows[0])) if len({row[place] for row in rows}) > 1]
    for place in varied[:-1]:
        word = re.sub(r"[^a-z]", "", words[place].lower().rstrip(" _-.")[-8:])
        if not word or word in _CLOCK or not words[place].rstrip(" _-.")[-1:].isalpha():
            continue
        groups: dict[str, list[str]] = defaultdict(list)
        for name, row in zip(names, rows, strict=True):
            groups[row[place]].append(name)
        others = {tuple(row[:place] + row[place + 1 :]) for row in rows}
        if len(groups) <= min(_MOST_SEQUENCES, len(names) // 2) and (
            len(others) <= _ALIKE * len(names) or _interleaved(groups, place)
        ):
            stem = words[place].strip(" _-.").split()[-1]
            return {f"{stem}{number}": group for number, group in groups.items()}
    return {"": names}


def _interleaved(groups: dict[str, list[str]], place: int) -> bool:
    """Whether the last numbers of groups lie among each other, as time stamps of cameras do."""
    spans = []
    for group in groups.values():
        last = [int(_numbers(name)[-1]) for name in group]
        spans.append((min(last), max(last)))
    return all(a[0] < b[1] and b[0] < a[1] for a, b in pairwise(sorted(spans)))


def _by_hexadecimal(names: Sequence[str]) -> list[str] | None:
    """Names in the order of their hexadecimal counters; None where they have none."""
    stems = [Path(name).stem for name in names]
    start = len(Path(_common(stems)).name) if len(stems) > 1 else 0
    while start and stems[0][start - 1].isalnum():
        start -= 1  # a counter begins after what is no letter and no digit
    counters = [stem[start:] for stem in stems]
    if not all(map(_HEXADECIMAL.fullmatch, counters)) or len({len(one) for one in counters}) != 1:
        return None
    letters = sum(not one.isdecimal() for one in counters)
    if not 0 < letters < len(counters) or letters < 0.2 * len(counters) - 10:
        return None
    values = {name: int(counter, 16) for name, counter in zip(names, counters, strict=True)}
    return sorted(names, key=values.__getitem__)


def _common(stems: Sequence[str]) -> str:
    low, high = min(stems), max(stems)
    return next((low[:place] for place, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), low)


def _counters(names: Sequence[str]) -> list[int]:
    """The number of each name that counts: of those that vary, the one of most values, the last of such."""
    rows = [_numbers(name) for name in names]
    if len(Counter(map(len, rows))) != 1 or not rows[0]:
        return [int(row[-1]) for row in rows] if all(rows) else []
    kinds = [len({row[place] for row in rows}) for place in range(len(rows[0]))]
    most = max(kinds)
    place = max(place for place, count in enumerate(kinds) if count == most)
    return [int(row[place]) for row in rows]


def _times(names: Sequence[str]) -> list[float]:
    """Seconds of each name, where all hold a date and a time such as 20240131_235959; else nothing."""
    found = []
    for name in names:
        digits = "".join(_numbers(name))
        if not 14 <= len(digits) <= 23:
            return []
        try:
            moment = datetime.datetime.strptime(digits[:14], "%Y%m%d%H%M%S")
        except ValueError:
            return []
        if not 1970 <= moment.year < 2100:
            return []
        rest = digits[14:]
        found.append(
            (moment - datetime.datetime(1970, 1, 1)).total_seconds() + int(rest or 0) / 10 ** len(rest)
        )
    return found
