"""Which frames an exchange of rows changes, to show them."""

from collections.abc import Iterable, Sequence

import numpy as np

from core.trajectories.table_rows import Key, Row

_PATH = ("first", "last", "xy", "error", "origin")


class ChangedFrames:
    """The frames that differ between rows and what they become, first and last.

    A change of a name or a review, which is of no frame, counts as one of the whole trajectory where
    nothing else changed.
    """

    def __init__(self) -> None:
        self._precise: list[int] = []
        self._whole: list[int] = []

    def add(
        self, table: str, keys: Sequence[Key], before: Iterable[Row | None], after: Iterable[Row | None]
    ) -> None:
        """Take note of rows of a table, before and after."""
        if table == "observation":
            self._precise += [key[1] for key in keys]
        elif table == "trajectory":
            for old, new in zip(before, after, strict=True):
                self._add_trajectory(old, new)

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last of them; None where there is none."""
        frames = self._precise or self._whole
        return (min(frames), max(frames)) if frames else None

    def _add_trajectory(self, old: Row | None, new: Row | None) -> None:
        points = [row for row in (old, new) if row is not None and row["xy"] is not None]
        if len(points) == 2 and any(points[0][name] != points[1][name] for name in _PATH):
            self._precise += _differing(points[0], points[1])
            return
        for row in (old, new):
            if row is not None:
                frames = (int(row["first"]), int(row["last"]))
                (self._precise if len(points) == 1 else self._whole).extend(frames)


def _differing(old: Row, new: Row) -> list[int]:
    """First and last frame where two paths of a point differ."""
    first, last = max(old["first"], new["first"]), min(old["last"], new["last"])
    frames: list[int] = []
    if old["first"] != new["first"]:
        frames += [min(old["first"], new["first"]), max(old["first"], new["first"]) - 1]
    if old["last"] != new["last"]:
        frames += [min(old["last"], new["last"]) + 1, max(old["last"], new["last"])]
    if first <= last:
        a, b = (
            np.frombuffer(row["xy"], "<f4").reshape(-1, 2)[first - row["first"] : last - row["first"] + 1]
            for row in (old, new)
        )
        moved = first + np.flatnonzero((a != b).any(axis=1))
        frames += [int(moved[0]), int(moved[-1])] if len(moved) else []
    return frames or [int(new["first"]), int(new["last"])]
