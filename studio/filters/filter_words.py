"""What the window calls the conditions of a filter of tracks."""

from core.trajectories.filter_text import NAMELESS, UNKNOWN, number, parse
from core.trajectories.model import Kind, Origin
from core.trajectories.track_filter import Bound
from studio.track_words import ENDS, REVIEWS

ABOUT = {
    "kind": "object or point",
    "label": f"its name, or {NAMELESS}",
    "review": "open, accepted, rejected or suggested",
    "from": "by hand, imported, densified or tracked",
    "error": "mean forward–backward error in pixels",
    "worst": "largest forward–backward error in pixels",
    "conf": "mean confidence, 0 to 1",
    "audit": "mean overlap of hidden keyframes",
    "check": "frames where ways of filling disagree",
    "length": "frames it is seen in",
    "keys": "keyframes",
    "start": "first frame",
    "end": "last frame",
    "id": "its number",
    "ends": "why a point ends",
}
"""Word of `core.trajectories.filter_text` → what it says of a track."""

TITLES = {
    "error": "Error (px)",
    "worst": "Worst (px)",
    "conf": "Confidence",
    "audit": "Audit",
    "check": "Frames to check",
    "length": "Length (frames)",
    "keys": "Keyframes",
    "start": "First frame",
    "end": "Last frame",
}
"""Word of a number → the title of its field."""

KINDS = {Kind.OBJECT: "objects", Kind.POINT: "points"}
ORIGINS = {
    Origin.EDITED: "by hand",
    Origin.ANNOTATED: "imported",
    Origin.PROPAGATED: "densified",
    Origin.LINKED: "tracked",
}
ORIGINS_WHY = {
    Origin.EDITED: "a person drew or moved it in some frame",
    Origin.ANNOTATED: "a frame of it came with a data set or a file",
    Origin.PROPAGATED: "a frame of it was filled in between keyframes",
    Origin.LINKED: "a frame of it was found by optical flow",
}
_UNITS = {"error": " px", "worst": " px", "length": " frames", "check": " frames"}


def condition_words(condition: str) -> str:
    """What a condition as it is written asks for, such as "error > 2 px" or "car or cat"."""
    wanted = parse(condition)
    if wanted.kind is not None:
        return KINDS[wanted.kind]
    if wanted.labels:
        names = sorted(wanted.labels, key=lambda label: (not label, label.casefold()))
        return _or([label or "no label" for label in names])
    if wanted.reviews:
        return _or([words for review, words in REVIEWS.items() if review in wanted.reviews])
    if wanted.origins:
        return _or([words for origin, words in ORIGINS.items() if origin in wanted.origins])
    if wanted.ends:
        return "ends: " + _or([words for end, words in ENDS.items() if end in wanted.ends])
    if wanted.bounds:
        return _limit(wanted.bounds[0])
    return f"“{wanted.text}”"


def _limit(bound: Bound) -> str:
    if (bound.word, bound.sign, bound.value) == ("check", ">", 0):
        return "to check"
    value = number(bound).replace("%", " %")
    sign = bound.sign.replace(">=", "≥").replace("<=", "≤")
    words = f"{bound.word} {sign} {value}{_UNITS.get(bound.word, '')}"
    return f"{words} or {UNKNOWN}" if bound.or_unknown else words


def _or(names: list[str]) -> str:
    return " or ".join(names)
