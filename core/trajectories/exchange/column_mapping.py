"""Which columns of a table mean what: as a person or a preset says it, and as it fits the table at hand.

The names of ours are the `ROLES`: the columns of `columns`, of which `trajectory` may also be called
`id` and `confidence` `score`; a box may be given by two corners, by `x, y, w, h` (its top left corner) or
by `cx, cy, w, h` (its centre). A column is meant by its name, capital letters and units in brackets
aside, or by its number from 1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import StudioError
from core.trajectories.exchange.presets import PRESETS, Preset, found
from core.trajectories.exchange.sheet import Head, plain

PLACES = ("x", "y")
CORNERS = ("x1", "y1", "x2", "y2")
TEXTS = ("kind", "label", "review", "origin", "end_reason")
"""The roles that hold words; all others hold numbers."""

ROLES = (
    *("kind", "trajectory", "label", "review", "frame", *PLACES, *CORNERS, "w", "h", "cx", "cy"),
    *("origin", "error", "confidence", "end_reason"),
)
_ALIASES = {"id": "trajectory", "score": "confidence"}
_OPTIONS = ("first", "scale", "centre")
SHAPES: Mapping[str, tuple[str, ...]] = {
    "points": PLACES,
    "boxes, by two corners": CORNERS,
    "boxes, by their top left corner and size": (*PLACES, "w", "h"),
    "boxes, by their centre and size": ("cx", "cy", "w", "h"),
}
"""What the columns of places may say, and the roles that say it."""

_PIXELS = ("", "px", "pixel", "pixels", "pix")
_EXAMPLE = "--columns frame=t,id=particle,x=x,y=y"


@dataclass(frozen=True, kw_only=True)
class ColumnChoice:
    """What a person says of a table.

    Attributes:
        columns: role → a column's name, or its number from 1.
        preset: of the program that wrote the table; `columns` go before its own.
        first: the number of the source's first frame, 0 or 1; None decides by the rows.
        scale: pixels in a unit of the places; None where they are pixels.
        centre: coordinate of the centre of the top left pixel, 0.5 or 0.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    preset: Preset | None = None
    first: int | None = None
    scale: float | None = None
    centre: float | None = None

    def __post_init__(self) -> None:
        if self.first not in (None, 0, 1):
            raise StudioError(f"The first frame is {self.first}; say first=0 or first=1.")
        if self.scale is not None and not (math.isfinite(self.scale) and self.scale > 0):
            raise StudioError(
                f"The scale is {self.scale:g}; say how many pixels a unit is, such as scale=2.5."
            )
        if self.centre is not None and not 0 <= self.centre <= 1:
            raise StudioError(f"The centre of a pixel is {self.centre:g}; say centre=0 or centre=0.5.")


@dataclass(frozen=True, eq=False)
class Layout:
    """Which column of a certain table means what.

    Attributes:
        roles: role → place of its column, from 0.
        parts: several points in one row: name → places of x, y and, where known, how sure it is.
        choice: what it follows from.
    """

    roles: Mapping[str, int]
    parts: Mapping[str, tuple[int, ...]]
    choice: ColumnChoice


def parse(columns: str | None, preset: str | None) -> ColumnChoice | None:
    """What was typed: `frame=t,id=particle,x=px,y=py`, with `first`, `scale` and `centre` among them.

    Raises:
        StudioError: a name of ours is unknown or without a column, or there is no such preset.
    """
    if columns is None and preset is None:
        return None
    if preset is not None and preset not in PRESETS:
        raise StudioError(f"There is no preset {preset!r}; choose {', '.join(PRESETS)}.")
    given: dict[str, str] = {}
    for part in (columns or "").split(","):
        name, _, column = (text.strip() for text in part.partition("="))
        if not name and not column:
            continue
        role = _ALIASES.get(name, name)
        if role not in (*ROLES, *_OPTIONS) or not column:
            raise StudioError(
                f"{part.strip()!r} says no column; write {_EXAMPLE}, of {', '.join((*ROLES, *_OPTIONS))}."
            )
        if role in given:
            raise StudioError(f"The columns name {name} twice; name it once.")
        given[role] = column
    options = {name: _option(name, given.pop(name)) for name in _OPTIONS if name in given}
    return ColumnChoice(
        columns=given,
        preset=PRESETS[preset] if preset else None,
        first=None if "first" not in options else _first(options["first"]),
        scale=options.get("scale"),
        centre=options.get("centre"),
    )


def is_ours(head: Head) -> bool:
    """Whether the columns have our names, so that nobody needs to say which is which."""
    names = {plain(name) for name in head.names}
    is_placed = any(set(one) <= names for one in SHAPES.values())
    return head.named and {"trajectory", "frame"} <= names and is_placed


def layout(head: Head, path: Path, choice: ColumnChoice | None) -> tuple[Layout, list[str]]:
    """Where the columns of a choice stand in a table; without one, of ours or of a program that is certain.

    Returns:
        The layout, and what was decided, as a sentence.

    Raises:
        StudioError: columns are missing or there twice, or the table is of no kind that is known.
    """
    notes: list[str] = []
    if not head.names:
        raise StudioError(f"{path} holds no rows; choose another table.")
    if choice is None:
        choice, notes = _guessed(head, path)
    preset = choice.preset
    wanted = dict(_preset_columns(head, path, preset)) if preset else {}
    wanted |= choice.columns
    places = {role: _place(head, path, column) for role, column in wanted.items()}
    parts = _parts(head, path, preset) if preset and not set(choice.columns) & {*PLACES, *CORNERS} else {}
    if "frame" not in places:
        raise StudioError(f"{path} has no column of frames; say which it is, such as {_EXAMPLE}.")
    if not parts and not any(set(one) <= set(places) for one in SHAPES.values()):
        raise StudioError(
            f"{path} has no columns 'x' and 'y', nor 'x1', 'y1', 'x2' and 'y2'; say which hold "
            f"places, such as {_EXAMPLE}."
        )
    _check_units(head, path, places, choice)
    return Layout(places, parts, choice), notes


def candidates(head: Head) -> dict[str, str]:
    """Role → the column that is probably meant, by the names that people use; for a person to mend."""
    names = [plain(name) for name in head.names]
    return {
        role: head.names[names.index(word)]
        for role, words in _USUAL.items()
        if (word := next((one for one in words if one in names), None)) is not None
    }


_USUAL: Mapping[str, Sequence[str]] = {
    "frame": (
        "frame",
        "frames",
        "frame_idx",
        "frame_index",
        "frame_id",
        "frame_number",
        "frame_no",
        "t",
        "time",
        "image",
    ),
    "trajectory": (
        *("trajectory", "track_id", "trackid", "track", "id", "particle", "object_id", "object", "tid"),
        *("trajectory_id", "cell_id", "target"),
    ),
    "x": ("x", "x_px", "px", "pos_x", "position_x", "x_pos", "centroid_x", "center_x", "cx", "col", "column"),
    "y": ("y", "y_px", "py", "pos_y", "position_y", "y_pos", "centroid_y", "center_y", "cy", "row"),
    "x1": ("x1", "xmin", "x_min", "left", "xtl", "bb_left"),
    "y1": ("y1", "ymin", "y_min", "top", "ytl", "bb_top"),
    "x2": ("x2", "xmax", "x_max", "right", "xbr"),
    "y2": ("y2", "ymax", "y_max", "bottom", "ybr"),
    "w": ("w", "width", "bb_width"),
    "h": ("h", "height", "bb_height"),
    "label": ("label", "class", "class_name", "category", "name"),
    "confidence": ("confidence", "score", "conf", "likelihood", "probability"),
}


def _guessed(head: Head, path: Path) -> tuple[ColumnChoice, list[str]]:
    """Ours where the names are ours, else a program's."""
    names = [plain(name) for name in head.names]
    ours = {role: role for role in ROLES if role in names}
    if head.named and {"trajectory", "frame"} <= set(ours):
        return ColumnChoice(columns=ours), []
    if preset := found(head):
        said = (
            f"Read as a table of {preset.title}, in {path.name}: whole numbers are the middles of pixels, "
            "and frames count from 0."
        )
        return ColumnChoice(preset=preset), [said]
    if not head.named:
        raise StudioError(
            f"{path} does not name its columns; say which is which by their numbers, such as --columns "
            "frame=1,id=2,x=3,y=4."
        )
    missing = next(role for role in ("trajectory", "frame") if role not in ours)
    shown = ", ".join(name or "''" for name in head.names[:12])
    raise StudioError(
        f"{path} has no column {missing!r} but {shown}; say which is which, such as {_EXAMPLE}, or with "
        f"--preset {'|'.join(PRESETS)}."
    )


def _preset_columns(head: Head, path: Path, preset: Preset) -> Mapping[str, str]:
    names = {plain(name) for name in head.names}
    for columns in preset.layouts:
        if {plain(name) for name in columns.values()} <= names:
            return columns
    wanted = preset.layouts[0]
    missing = next(name for name in wanted.values() if plain(name) not in names)
    raise StudioError(
        f"{path} has no column {missing!r}, as tables of {preset.title} have; choose another preset."
    )


def _place(head: Head, path: Path, column: str) -> int:
    """Where a column stands, from 0."""
    for form in (str, plain):
        places = [place for place, name in enumerate(head.names) if form(name) == form(column)]
        if len(places) > 1:
            numbers = " and ".join(str(place + 1) for place in places)
            raise StudioError(
                f"{path} has the column {column!r} {len(places)} times; take out all but one, or say which "
                f"is meant by its number ({numbers})."
            )
        if places:
            return places[0]
    if column.isdecimal() and 1 <= int(column) <= len(head.names):
        return int(column) - 1
    shown = ", ".join(name or "''" for name in head.names[:12])
    raise StudioError(f"{path} has no column {column!r}; it has {shown}.")


def _parts(head: Head, path: Path, preset: Preset) -> dict[str, tuple[int, ...]]:
    """Several points in one row: the columns of each, by the name before their endings."""
    if not preset.parts:
        return {}
    first, second, *rest = preset.parts
    names = set(head.names)
    bare = [name.removesuffix(first) for name in head.names if name.endswith(first)]
    return {
        name: tuple(_place(head, path, name + end) for end in (first, second, *rest) if name + end in names)
        for name in bare
        if name + second in names
    }


def _check_units(head: Head, path: Path, places: Mapping[str, int], choice: ColumnChoice) -> None:
    for role in (*PLACES, *CORNERS, "cx", "cy"):
        unit = head.units.get(places.get(role, -1), "")
        if unit not in _PIXELS and choice.scale is None:
            raise StudioError(
                f"{path} has places in {unit}; say the scale, how many pixels a {unit} is, such as scale=2.5."
            )


def _option(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise StudioError(f"{name}={text} is no number; write such as {name}=1.") from None


def _first(value: float) -> int:
    return int(value) if value in (0, 1) else -1
