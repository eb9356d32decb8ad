"""Our columns as another program, or a person, wants to have them."""

from collections.abc import Mapping

import numpy as np

from core.errors import StudioError
from core.trajectories.exchange.column_mapping import CORNERS, PLACES, ColumnChoice

_CENTRE = 0.5  # of the top left pixel, here


def chosen(columns: Mapping[str, np.ndarray], choice: ColumnChoice | None) -> Mapping[str, np.ndarray]:
    """The columns that are asked for, by the names that are asked for, in that order.

    Rows that have none of the places asked for are left out: objects in a table of points, and points in
    one of boxes. Places and frames count as the choice says.

    Raises:
        StudioError: the choice names no frame or no place, or its program's tables are not written.
    """
    if choice is None:
        return columns
    preset = choice.preset
    if preset is not None and not preset.written:
        raise StudioError(f"Tables of {preset.title} are read, not written; choose another preset.")
    names = dict(preset.layouts[0]) | dict(choice.columns) if preset else dict(choice.columns)
    all_columns = dict(columns) | _sizes(columns)
    placed = [role for role in names if role in (*PLACES, *CORNERS, "w", "h", "cx", "cy")]
    if "frame" not in names or not placed:
        raise StudioError(
            "The columns name no frame or no place; write such as --columns frame=t,id=particle,x=x,y=y."
        )
    there = np.zeros(len(columns["frame"]), bool)
    values = {}
    moved = (choice.centre if choice.centre is not None else preset.centre if preset else _CENTRE) - _CENTRE
    for role in names:
        column = all_columns[role]
        if role in placed:
            there |= ~np.isnan(column)
            if role not in ("w", "h"):
                column = (column.astype(np.float64) + moved).astype(column.dtype)
            if choice.scale is not None:
                column = (column / choice.scale).astype(column.dtype)
        if role == "frame" and choice.first:
            column = column + choice.first
        values[role] = column
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    if twice:
        raise StudioError(f"Two columns are called {min(twice)!r}; call each by a name of its own.")
    return {names[role]: column[there] for role, column in values.items()}


def _sizes(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns of boxes by their sizes."""
    x1, y1, x2, y2 = (columns[name] for name in CORNERS)
    return {"w": x2 - x1, "h": y2 - y1, "cx": (x1 + x2) / 2, "cy": (y1 + y2) / 2}
