"""The labels of a project, kept beside its database: order, colours and keys, and which were used last.

Which track has which label is in the database. A label that only tracks have joins the list by itself.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.record_file import read_record

FILE = "labels.json"

KEYS = "1234567890"
"""The number keys that a label can have, as they lie on a keyboard."""

LONGEST = 255
"""Letters that a label has at most, as the database keeps them."""

RECENT = 50
"""Labels of which is known that they were used last."""

STEPS = 50
"""Renamings that can still be taken back together with what they did to the list."""

_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Label:
    """A name with its colour, `#rrggbb`, and its number key, one of `KEYS`; empty where it has none."""

    name: str
    colour: str
    key: str = ""


@dataclass(frozen=True)
class Renaming:
    """An edit of tracks that changed the list, too.

    Attributes:
        edit: its step of undo.
        before, after: the labels that it took out of the list, and those that it put there.
        place: where in the list.
        done: whether it is done, else it was taken back.
    """

    edit: int
    before: tuple[Label, ...]
    after: tuple[Label, ...]
    place: int = 0
    done: bool = True


@dataclass(frozen=True)
class LabelList:
    """The labels in the order of the list; every method gives another list.

    Attributes:
        labels: each name once, each key at most once.
        recent: names, the one used last first.
        for_new: whether a new object gets the label that was used last.
        renamings: the last ones, the oldest first.
    """

    labels: tuple[Label, ...] = ()
    recent: tuple[str, ...] = ()
    for_new: bool = False
    renamings: tuple[Renaming, ...] = field(default=())

    def named(self, name: str) -> Label | None:
        """The label of a name; None where it is not in the list."""
        return self._by_name.get(name)

    def by_key(self, key: str) -> Label | None:
        """The label of a key; None where none has it."""
        return self._by_key.get(key)

    @cached_property
    def _by_name(self) -> dict[str, Label]:
        return {label.name: label for label in self.labels}

    @cached_property
    def _by_key(self) -> dict[str, Label]:
        return {label.key: label for label in self.labels if label.key}

    def place(self, name: str) -> int:
        """Where a label stands; behind the last one where it is not in the list."""
        return next((place for place, one in enumerate(self.labels) if one.name == name), len(self.labels))

    @property
    def last_used(self) -> str:
        """The label that was used last; empty before any was."""
        return self.recent[0] if self.recent else ""

    @property
    def by_use(self) -> list[str]:
        """All names: those used last first, then the others in the order of the list."""
        used = {name: name for name in self.recent if name in self._by_name}
        return [*used, *(name for name in self._by_name if name not in used)]

    def with_names(self, names: Iterable[str], palette: Sequence[str]) -> "LabelList":
        """With the names that are not in it yet at its end, in the colours used least, the first first."""
        new = [name for name in dict.fromkeys(names) if name and name not in self._by_name]
        if not new:
            return self
        uses, added = Counter(label.colour for label in self.labels), []
        for name in new:
            colour = min(palette, key=lambda one: uses[one])
            uses[colour] += 1
            added.append(Label(name, colour))
        return replace(self, labels=(*self.labels, *added))

    def with_free_keys(self, names: Iterable[str]) -> "LabelList":
        """Some names, in that order, get the digits 1 to 9 that no label has, as long as there are any."""
        free = [key for key in KEYS[:9] if self.by_key(key) is None]
        given = dict(zip((name for name in names if name in self._by_name), free, strict=False))
        return replace(
            self, labels=tuple(replace(one, key=given.get(one.name, one.key)) for one in self.labels)
        )

    def without(self, *names: str) -> "LabelList":
        """Without some names."""
        kept = tuple(label for label in self.labels if label.name not in names)
        return replace(self, labels=kept, recent=tuple(name for name in self.recent if name not in names))

    def renamed(self, old: str, new: str) -> "LabelList":
        """One name for another, at its place; where the other is there already, it stays, at its own."""
        if self.named(new) is not None:
            return self.without(old)
        labels = tuple(replace(one, name=new) if one.name == old else one for one in self.labels)
        return replace(
            self, labels=labels, recent=tuple(new if name == old else name for name in self.recent)
        )

    def recoloured(self, name: str, colour: str) -> "LabelList":
        """One label in another colour, `#rrggbb`."""
        labels = tuple(replace(one, colour=colour) if one.name == name else one for one in self.labels)
        return replace(self, labels=labels)

    def keyed(self, name: str, key: str) -> "LabelList":
        """One label with a key, which is taken from the label that had it; empty, it has none."""
        labels = (
            replace(one, key=key)
            if one.name == name
            else replace(one, key="" if key and one.key == key else one.key)
            for one in self.labels
        )
        return replace(self, labels=tuple(labels))

    def moved(self, name: str, place: int) -> "LabelList":
        """One label at another place, counted without it."""
        rest = [label for label in self.labels if label.name != name]
        label = self.named(name)
        if label is None:
            return self
        place = min(max(place, 0), len(rest))
        return replace(self, labels=(*rest[:place], label, *rest[place:]))

    def used(self, name: str) -> "LabelList":
        """A label was given to a track."""
        if not name or name == self.last_used:
            return self
        return replace(self, recent=(name, *(one for one in self.recent if one != name))[:RECENT])

    def remembering(self, renaming: Renaming) -> "LabelList":
        """What an edit of tracks changed here can be taken back with it."""
        return replace(self, renamings=(*self.renamings, renaming)[-STEPS:])

    def turned(self, done: dict[int, bool]) -> "LabelList":
        """After edits were taken back or done again; edit → whether it is done now."""
        found = self
        for place, one in enumerate(self.renamings):
            if done.get(one.edit, one.done) != one.done:
                gone, back = (one.before, one.after) if done[one.edit] else (one.after, one.before)
                found = found._exchanged(gone, back, one.place)
                turned = replace(one, done=done[one.edit])
                renamings = (*found.renamings[:place], turned, *found.renamings[place + 1 :])
                found = replace(found, renamings=renamings)
        return found

    def _exchanged(self, gone: Sequence[Label], back: Sequence[Label], place: int) -> "LabelList":
        """Some labels for others at a place; a key that another label has meanwhile stays there."""
        names = {label.name for label in (*gone, *back)}
        rest = [label for label in self.labels if label.name not in names]
        taken = {label.key for label in rest}
        fresh = [replace(one, key="" if one.key in taken else one.key) for one in back]
        return replace(self, labels=(*rest[:place], *fresh, *rest[place:]))


def read_labels(project: Path) -> LabelList:
    """What was kept in a project folder; empty where nothing was.

    Raises:
        StudioError: the file is damaged.
    """
    path = project / FILE
    if not os.path.lexists(path):
        return LabelList()
    try:
        kept = read_record(LabelList, path)
        return LabelList(
            labels=_labels(kept.labels),
            recent=tuple(dict.fromkeys(kept.recent))[:RECENT],
            for_new=kept.for_new,
            renamings=tuple(
                replace(one, before=_labels(one.before), after=_labels(one.after)) for one in kept.renamings
            )[-STEPS:],
        )
    except (StudioError, ValueError) as error:
        raise StudioError(
            f"{path} is damaged: colours, keys and order of the labels start again, your tracks keep theirs."
        ) from error


def as_bytes(labels: LabelList) -> bytes:
    """What the file of them holds."""
    return json.dumps(asdict(labels), indent=1, ensure_ascii=False).encode()


def write_labels(project: Path, data: bytes) -> None:
    """Keep what `as_bytes` gave in a project folder.

    Raises:
        StudioError: it cannot be written.
    """
    try:
        write_atomically(project / FILE, data)
    except OSError as error:
        raise StudioError(
            f"Colours and keys of the labels were not kept ({error.strerror}); make room in {project}."
        ) from error


def clean_name(text: str) -> str:
    """A label as it is kept: in one line, no longer than the database takes."""
    return " ".join(text.split())[:LONGEST].rstrip()


def _labels(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Labels as they were kept; a name or a key that comes again is left out.

    Raises:
        ValueError: one has no name, or a colour that is none.
    """
    found: dict[str, Label] = {}
    keys: set[str] = set()
    for one in labels:
        colour, key = one.colour.lower(), one.key
        if not one.name or not _COLOUR.fullmatch(colour):
            raise ValueError(f"label {one.name!r} with the colour {colour!r}")
        if key not in KEYS or len(key) != 1 or key in keys:
            key = ""
        if one.name not in found:
            found[one.name] = Label(one.name, colour, key)
            keys |= {key} if key else set()
    return tuple(found.values())
