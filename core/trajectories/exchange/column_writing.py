"""Our columns as another program, or a person, wants to have them."""

from collections.abc import Mapping

import numpy as np

from core.errors import StudioError
from core.trajectories.exchange import deeplabcut
from core.trajectories.exchange.column_mapping import CORNERS, PLACES, SHAPES, ColumnChoice

_CENTRE = 0.5  # of the top left pixel, here
_KEEPS = {
    "label": "labels",
    "review": "reviews",
    "origin": "origins",
    "error": "errors",
    "confidence": "confidences",
    "end_reason": "ends",
}


def held(choice: ColumnChoice) -> frozenset[str]:
    """What columns that are chosen keep of trajectories, as `Format.holds`.

    Raises:
        StudioError: see `chosen`.
    """
    if choice.preset is not None and choice.preset.stacked:
        return deeplabcut.HOLDS
    names = _names(choice)
    kept = {what for role, what in _KEEPS.items() if role in names}
    boxes = any(set(roles) <= set(names) for roles in SHAPES.values() if roles != PLACES)
    points = set(PLACES) <= set(names) and not {"w", "h"} <= set(names)
    return frozenset(kept | ({"boxes"} if boxes else set()) | ({"points"} if points else set()))


def chosen(columns: Mapping[str, np.ndarray], choice: ColumnChoice | None) -> Mapping[str, np.ndarray]:
    """The columns that are asked for, by the names that are asked for, in that order.

    Rows that have none of the places asked for are left out: objects in a table of points, and points in
    one of boxes. Places and frames count as the choice says. Where no column says which are points, their
    trajectories are numbered after those of the objects.

    Raises:
        StudioError: the choice names no frame, no track, no place or a column twice, or its program's tables
            are never like this.
    """
    if choice is None:
        return columns
    names = _names(choice)
    columns = dict(columns) | _sizes(columns)
    if {*PLACES, "w", "h"} <= set(names):
        columns |= {"x": columns["x1"], "y": columns["y1"]}
    there, is_point = np.zeros(len(columns["frame"]), bool), np.isnan(columns["x1"])
    if "kind" not in names and {"points", "boxes"} <= held(choice):
        most = int(columns["trajectory"][~is_point].max(initial=0))
        columns["trajectory"] = columns["trajectory"] + most * is_point
    for role in names:
        if role in _PLACED:
            there |= ~np.isnan(columns[role])
            columns[role] = _placed(columns[role], role, choice)
    columns["frame"] = columns["frame"] + (choice.first or 0)
    return {name: columns[role][there] for role, name in names.items()}


_PLACED = {role for roles in SHAPES.values() for role in roles}


def _names(choice: ColumnChoice) -> dict[str, str]:
    """Role → the name of its column."""
    preset = choice.preset
    if preset is not None and preset.stacked:
        raise StudioError(f"Tables of {preset.title} are written as CSV alone; choose that format.")
    names = dict((preset.writes or preset.layouts[0]) if preset else {}) | dict(choice.columns)
    is_placed = any(set(roles) <= set(names) for roles in SHAPES.values())
    if not ({"frame", "trajectory"} <= set(names) and is_placed):
        raise StudioError(
            "The columns name no frame, track or place; write such as --columns frame=t,id=particle,x=x,y=y."
        )
    twice = [name for name in names.values() if list(names.values()).count(name) > 1]
    if twice:
        raise StudioError(f"Two columns are called {twice[0]!r}; call each by a name of its own.")
    return names


def _placed(column: np.ndarray, role: str, choice: ColumnChoice) -> np.ndarray:
    """Places, or sizes, in the units of a choice."""
    centre = choice.centre
    if centre is None:
        centre = choice.preset.centre if choice.preset else _CENTRE
    moved = 0 if role in ("w", "h") else centre - _CENTRE
    if moved == 0 and choice.scale is None:
        return column
    return ((column.astype(np.float64) + moved) / (choice.scale or 1)).astype(column.dtype)


def _sizes(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns of boxes by their sizes."""
    x1, y1, x2, y2 = (columns[name] for name in CORNERS)
    return {"w": x2 - x1, "h": y2 - y1, "cx": (x1 + x2) / 2, "cy": (y1 + y2) / 2}
