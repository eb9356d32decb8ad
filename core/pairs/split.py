"""Which clips train a trunk, and which are held out to measure it.

The choice is made by the names of clips alone: no trajectory, edit or seed of training moves it.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.datasets.clip import Use
from core.errors import StudioError

LARGEST_SHARE = 0.9


@dataclass(frozen=True)
class Split:
    """The clips of a project by what they do in a run: their names, in the order of the project."""

    training: tuple[str, ...]
    held_out: tuple[str, ...]
    left_out: tuple[str, ...]


def split_clips(uses: Mapping[str, Use], held_out: str = "", seed: int = 0) -> Split:
    """Divide clips as a run asks for it.

    Args:
        uses: name of each clip → what it is pinned to in the project.
        held_out: empty for what is pinned; a share of the clips that are not left out, such as `0.2`, of
            which it takes one at least and all but one at most; or names of clips with commas between, a
            name that holds a comma in double quotes.
        seed: decides which clips a share takes.

    Raises:
        StudioError: a clip is named that is not there or is left out, or none would be left to train on.
    """
    chosen = [name for name, use in uses.items() if use is not Use.LEFT_OUT]
    if uses and not chosen:
        raise StudioError("Every clip is left out; choose Train on for one of them.")
    share = share_of(held_out)
    if share is not None:
        out = drawn(chosen, max(1, round(share * len(chosen))) if share else 0, seed)
    elif held_out:
        out = _named(uses, held_out)
    else:
        out = {name for name in chosen if uses[name] is Use.HELD_OUT}
    if chosen and len(out) == len(chosen):
        raise StudioError("Every clip is held out; leave at least one to train on.")
    return Split(
        training=tuple(name for name in chosen if name not in out),
        held_out=tuple(name for name in chosen if name in out),
        left_out=tuple(name for name in uses if name not in chosen),
    )


def share_of(held_out: str) -> float | None:
    """The share that a setting names; None where it names clips, or nothing.

    Raises:
        StudioError: it is a number that is no share.
    """
    if not re.fullmatch(r"\d+\.?\d*|\.\d+", held_out.strip()):
        return None
    share = float(held_out)
    if share > LARGEST_SHARE:
        raise StudioError(
            f"held_out must be a share from 0 to {LARGEST_SHARE} or names of clips, not {held_out}; put a "
            "name that is a number in double quotes."
        )
    return share


def drawn(names: Iterable[str], count: int, seed: int) -> set[str]:
    """So many names, but never all of them.

    Names are ranked by a hash of seed and name, and the first are taken: a name that comes or goes moves
    the others by one rank at most.
    """
    ranked = sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode(*_AS_FILES)).digest())
    return set(ranked[: max(0, min(count, len(ranked) - 1))])


_AS_FILES = ("utf-8", "surrogateescape")
"""Names of files may hold bytes that are no text."""


def _named(uses: Mapping[str, Use], text: str) -> set[str]:
    names = [text.strip()] if text.strip() in uses else next(csv.reader([text], skipinitialspace=True))
    found = {name.strip() for name in names} - {""}
    for name in sorted(found):
        if name not in uses:
            raise StudioError(
                f"There is no clip {name!r} to hold out; the project holds {', '.join(uses) or 'none yet'}."
            )
        if uses[name] is Use.LEFT_OUT:
            raise StudioError(f"The clip {name!r} is left out of the project's runs; name another one.")
    return found
