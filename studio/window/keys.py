"""Which keys each action has: those of a preset, and over them a person's own."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from studio.window.action_table import MENUS, ActionRow, action_rows
from studio.window.key_presets import PRESETS, STUDIO
from studio.window.key_strokes import native, portable
from studio.window.settings import WindowSettings

Bindings = Mapping[str, tuple[str, ...]]
"""Action → its keys as portable text such as `Ctrl+Shift+Z`, the one that menus show first."""

FIXED = ("cancel",)
"""Actions that keep their keys, since people everywhere press Esc to get out."""

_RESERVED = {
    "Esc": "Esc always cancels.",
    "Tab": "Tab goes from field to field.",
    "Shift+Tab": "Shift+Tab goes from field to field.",
}


@dataclass(frozen=True)
class Keys:
    """What a person chose.

    Attributes:
        preset: one of `PRESETS`.
        own: the keys of actions that differ from it; an empty tuple takes all keys away.
    """

    preset: str = STUDIO
    own: Bindings = field(default_factory=dict)

    def bindings(self) -> Bindings:
        """The keys of every action. A key that two claim belongs to the own one, else to the preset's."""
        rows = action_rows()
        preset = PRESETS.get(self.preset, {})
        found = _laid_over(rows, preset, {row.name: row.keys for row in rows})
        taken = {key for keys in found.values() for key in keys}
        for row in rows:
            if row.keys and not found[row.name] and row.name not in preset:
                key = next((key for key in _near(row) if key not in taken), "")
                found[row.name] = (key,) if key else ()
                taken.add(key)
        return _laid_over(rows, self.own, found) if self.own else found

    def base(self) -> "Keys":
        """The preset alone."""
        return Keys(self.preset)

    def with_keys(self, name: str, keys: Iterable[str]) -> "Keys":
        """An action has other keys, which it takes from those that have them."""
        wanted = tuple(dict.fromkeys(map(portable, keys)))
        left = {
            other: tuple(key for key in theirs if key not in wanted)
            for other, theirs in self.own.items()
            if other != name
        }
        own = {other: keys for other, keys in left.items() if keys or not self.own[other]}
        return replace(self, own={**own, name: wanted})._tidied()

    def without(self, name: str) -> "Keys":
        """An action has the keys of the preset again, also those that others took from it."""
        return self.with_keys(name, self.base().bindings()[name])

    def _tidied(self) -> "Keys":
        """The same without own keys that are the preset's anyway."""
        base = self.base().bindings()
        return replace(self, own={name: keys for name, keys in self.own.items() if keys != base.get(name)})


def _laid_over(rows: Sequence[ActionRow], upper: Bindings, lower: Bindings) -> dict[str, tuple[str, ...]]:
    """The keys of `upper` where it has an action, else those of `lower` that are not taken there."""
    found: dict[str, tuple[str, ...]] = {}
    taken = {portable(key) for row in rows if row.name in FIXED for key in row.keys}
    for layer in (upper, lower):
        for row in rows:
            if row.name in layer and row.name not in found:
                fixed = row.name in FIXED
                wanted = dict.fromkeys(map(portable, row.keys if fixed else layer[row.name]))
                found[row.name] = tuple(key for key in wanted if key and (fixed or key not in taken))
                taken.update(found[row.name])
    return found


def _near(row: ActionRow) -> Iterator[str]:
    """Keys near the first one of an action, for a preset that takes all of them from it."""
    for more in ("Shift+", "Alt+", "Ctrl+Alt+", "Ctrl+Alt+Shift+"):
        key = portable(more + row.keys[0])
        if key and not refusal(row, key):
            yield key


def refusal(row: ActionRow, key: str) -> str:
    """Why an action cannot have a key; empty where it can."""
    if row.name in FIXED:
        return f"{row.title} keeps its key, so that there is always a way out."
    if key in _RESERVED:
        return _RESERVED[key]
    for title in MENUS.values():
        if key == f"Alt+{title[title.index('&') + 1].upper()}":
            return f"{native(key)} opens the menu {title.replace('&', '')}."
    strokes = key.removeprefix("Shift+")
    if not row.curating and (len(strokes) == 1 or strokes in _PLAIN):
        return f"Lists and fields need {native(key)} outside Curate; add Ctrl or Alt."
    return ""


_PLAIN = (
    *("Return", "Enter", "Space", "Backspace", "Del", "Ins", "Up", "Down", "Left", "Right"),
    *("Home", "End", "PgUp", "PgDown"),
)
"""Keys besides letters and signs that lists and fields need in every workspace."""


class KeyStore(QObject):
    """The keys in force, kept in the window's settings.

    Attributes:
        now: what the person chose.

    Signals:
        changed(Keys): other keys are in force.
    """

    changed = Signal(object)

    def __init__(self, settings: WindowSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        try:
            kept = json.loads(settings.keys or "{}")
        except (ValueError, RecursionError):
            kept = {}
        self.now, _ = checked(kept)

    def set(self, keys: Keys) -> None:
        """Put others in force and keep them."""
        if keys != self.now:
            self.now = keys
            self._settings.keys = json.dumps(plain(keys))
            self.changed.emit(keys)


def plain(keys: Keys) -> dict[str, object]:
    """Keys as values that JSON and TOML know."""
    return {"preset": keys.preset, "own": {name: list(theirs) for name, theirs in keys.own.items()}}


def checked(values: object) -> tuple[Keys, list[str]]:
    """Keys from what `plain` gave, and a sentence for each thing that was left out of it."""
    if not isinstance(values, dict):
        return Keys(), ["It holds no keys."]
    preset, own, remarks = values.get("preset", STUDIO), values.get("own", {}), []
    if not isinstance(preset, str) or preset not in PRESETS:
        remarks.append(f"There is no preset {_short(preset)}; {STUDIO} was taken.")
        preset = STUDIO
    if not isinstance(own, dict):
        return Keys(preset), [*remarks, "Its own keys are no table."]
    rows, keys = {row.name: row for row in action_rows()}, Keys(preset)
    for name, wanted in own.items():
        row = rows.get(name)
        if row is None:
            remarks.append(f"There is no action {_short(name)}.")
        elif not isinstance(wanted, list):
            remarks.append(f"The keys of {row.title} are no list.")
        else:
            good = []
            for key in wanted:
                known = portable(key) if isinstance(key, str) else ""
                sentence = refusal(row, known) if known else f"There is no key {_short(key)}."
                owner = next((other for other, theirs in keys.own.items() if known and known in theirs), "")
                if sentence or owner:
                    remarks.append(sentence or f"{native(known)} is the key of {rows[owner].title} already.")
                else:
                    good.append(known)
            if good or not wanted:
                keys = replace(keys, own={**keys.own, name: tuple(dict.fromkeys(good))})
    return keys, remarks


def _short(value: object) -> str:
    text = str(value)
    return f"“{text if len(text) <= 40 else text[:39] + '…'}”"
