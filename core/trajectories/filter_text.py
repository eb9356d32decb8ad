"""A filter of tracks as a line that a person types and reads: `kind:point error>2 review:open label:car,cat`.

Conditions stand in any order with spaces between; all must hold. Words after a colon are choices, with commas
between. `unknown` after the number of a limit lets tracks pass that have no such number: `error<2,unknown`.
Other words are searched for in labels and ids. What has spaces, commas, colons or signs stands in double
quotes, in which `""` is one.
"""

import difflib
import math
import re
from collections.abc import Mapping
from typing import Any

from core.errors import StudioError
from core.trajectories.model import EndReason, Kind, Origin, Review
from core.trajectories.track_filter import NUMBERS, PARTLY_KNOWN, Bound, TrackFilter

KINDS = {kind.value: kind for kind in Kind}
REVIEWS = {review.name.lower(): review for review in Review}
ORIGINS = {
    "hand": Origin.EDITED,
    "imported": Origin.ANNOTATED,
    "densified": Origin.PROPAGATED,
    "tracked": Origin.LINKED,
}
ENDS = {
    "clip": EndReason.CLIP_END,
    "left": EndReason.LEFT_FRAME,
    "flow": EndReason.INCONSISTENT,
    "looks": EndReason.APPEARANCE,
    "cut": EndReason.EDITED,
    "unknown": EndReason.UNKNOWN,
}
CHOICES: Mapping[str, Mapping[str, Any]] = {
    "kind": KINDS,
    "review": REVIEWS,
    "from": ORIGINS,
    "ends": ENDS,
}
"""Word of a choice → what may stand after its colon."""

WORDS = ("kind", "label", "review", "from", *NUMBERS, "ends")
"""The words of conditions."""

NAMELESS, UNKNOWN = "none", "unknown"

_SPELLED = {"confidence": "conf", "keyframes": "keys", "origin": "from", "source": "from", "labels": "label"}
_SIGN = {"≥": ">=", "≤": "<=", ":>": ">", ":<": "<", ":>=": ">=", ":<=": "<=", ":": "=", "==": "="}
_WORD = re.compile(r'(?:[^\s"]|"(?:[^"]|"")*")+')
_CONDITION = re.compile(r"([^\W\d]\w*)(:?>=|:?<=|:?>|:?<|≥|≤|==|=|:)(.*)", re.DOTALL)
_ITEM = re.compile(r'"(?:[^"]|"")*"|[^,"]+')
_QUOTED = re.compile(r'[\s",:<>=≥≤]')

_DIGITS = {False: ".12g", True: ".8g"}
"""Of a number that is kept and written, and of a share, which is written times a hundred."""


def parse(text: str) -> TrackFilter:
    """The filter that a line says.

    Raises:
        StudioError: one sentence that names the word which cannot be understood.
    """
    if _WORD.sub("", text).strip():
        raise StudioError(f"The quote in {text.strip()} does not end; add the second one.")
    plain: list[str] = []
    values: dict[str, Any] = {}
    bounds: dict[tuple[str, str], Bound] = {}
    for token in _WORD.findall(text):
        condition = _CONDITION.fullmatch(token)
        if condition is None:
            plain.append(_bare(token))
            continue
        word = _SPELLED.get(condition[1].lower(), condition[1].lower())
        sign, value = _SIGN.get(condition[2], condition[2]), condition[3]
        if word in NUMBERS:
            bound = _bound(token, word, sign, value)
            if bounds.setdefault((word, sign[0]), bound) is not bound:
                raise StudioError(f"{token}: such a limit of {word} stands there already; leave one out.")
        elif word in ("label", *CHOICES):
            if sign != "=":
                raise StudioError(f"{token}: {word} is no number; write {word}: and a choice.")
            if word in values:
                raise StudioError(f"{token}: {word} stands there twice; put commas between its choices.")
            values[word] = _labels(token, value) if word == "label" else _chosen(token, word, value)
        else:
            near = difflib.get_close_matches(word, WORDS, 1)
            raise StudioError(
                f"{token}: there is no word {condition[1]}; "
                + (f"write {near[0]}." if near else f"there are {', '.join(WORDS)}.")
            )
    kinds = values.get("kind", frozenset())
    return TrackFilter(
        text=" ".join(plain),
        kind=next(iter(kinds)) if len(kinds) == 1 else None,
        labels=values.get("label", frozenset()),
        reviews=values.get("review", frozenset()),
        origins=values.get("from", frozenset()),
        ends=values.get("ends", frozenset()),
        bounds=tuple(bounds.values()),
    )


def conditions(wanted: TrackFilter) -> list[str]:
    """The conditions of a filter as they are written, one by one; the text that is searched comes last."""
    found = [f"kind:{wanted.kind.value}"] if wanted.kind is not None else []
    if wanted.labels:
        labels = sorted(wanted.labels, key=lambda label: (not label, label.casefold(), label))
        found.append("label:" + ",".join(map(_label, labels)))
    chosen: tuple[tuple[str, frozenset[Any]], ...] = (
        ("review", wanted.reviews),
        ("from", wanted.origins),
    )
    found += [_choice(word, some) for word, some in chosen if some]
    found += [_limit(bound) for bound in wanted.bounds]
    if wanted.ends:
        found.append(_choice("ends", wanted.ends))
    if wanted.text:
        found.append(" ".join(quoted(word) for word in wanted.text.split(" ")))
    return found


def text_of(wanted: TrackFilter) -> str:
    """The line that says a filter; `parse` gives the filter again."""
    return " ".join(conditions(wanted))


def number(bound: Bound) -> str:
    """The number of a limit as it is written, such as `2.5` or, of an audit, `80%`."""
    audit = bound.word == "audit"
    return f"{bound.value * (100 if audit else 1):{_DIGITS[audit]}}" + ("%" if audit else "")


def quoted(text: str) -> str:
    """A label or a word of text as it stands in a line: in quotes where it must."""
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


# --- reading ----------------------------------------------------------------------------------


def _bound(token: str, word: str, sign: str, value: str) -> Bound:
    number, *rest = (part.strip() for part in value.split(","))
    if rest and (rest != [UNKNOWN] or word not in PARTLY_KNOWN):
        if word not in PARTLY_KNOWN:
            raise StudioError(f"{token}: every track has its {word}; leave out what follows the comma.")
        raise StudioError(f"{token}: only {UNKNOWN} may stand after the comma.")
    share = number.endswith("%") and word in ("audit", "conf")
    try:
        found = float(number[:-1] if share else number)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        example = f"{word}{sign}{'80%' if word == 'audit' else '0.5' if word == 'conf' else '2'}"
        raise StudioError(f"{token}: a number must follow {word}, such as {example}.")
    found = found / 100 if share else found
    if word in ("audit", "conf") and not 0 <= found <= 1:
        raise StudioError(f"{token}: {word} is a share; write 80% or 0.8.")
    if sign == "=" and word in PARTLY_KNOWN:
        raise StudioError(f"{token}: {word} is hardly ever the very same number; write {word}> or {word}<.")
    return Bound(word, sign, float(f"{found:{_DIGITS[word == 'audit']}}"), bool(rest))


def _chosen(token: str, word: str, value: str) -> frozenset[Any]:
    known = CHOICES[word]
    named = [item.strip().lower() for item in value.split(",")]
    for item in named:
        if item not in known:
            raise StudioError(f"{token}: {word} is {_or([*known])}, not {item or 'empty'}.")
    return frozenset(known[item] for item in named)


def _labels(token: str, value: str) -> frozenset[str]:
    items = _ITEM.findall(value)
    if not items or ",".join(items) != value:
        raise StudioError(f"{token}: name labels with commas between, or {NAMELESS} for tracks without one.")
    return frozenset("" if item.lower() == NAMELESS else _bare(item) for item in items)


def _bare(text: str) -> str:
    """A text without its quotes."""
    return re.sub(r'"((?:[^"]|"")*)"', lambda found: found[1].replace('""', '"'), text)


# --- writing ----------------------------------------------------------------------------------


def _choice(word: str, chosen: frozenset[Any]) -> str:
    return f"{word}:" + ",".join(name for name, choice in CHOICES[word].items() if choice in chosen)


def _limit(bound: Bound) -> str:
    sign = ":" if bound.sign == "=" else bound.sign
    return f"{bound.word}{sign}{number(bound)}" + (f",{UNKNOWN}" if bound.or_unknown else "")


def _label(label: str) -> str:
    if not label:
        return NAMELESS
    return f'"{label}"' if label.lower() == NAMELESS else quoted(label)


def _or(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
