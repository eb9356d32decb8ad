"""The items that are left, in the order in which they are gone through."""

from collections.abc import Collection

import numpy as np

from core.review.findings import Findings, Item
from core.review.recipes import TO_CHECK, Recipe, clip_of, first_track


class QueueOrder:
    """Rows of findings beyond a threshold, sorted.

    Attributes:
        findings: all that was found, also what is not beyond the threshold, or was decided since.
        rows: (K,) int64, the rows of `findings` that are left, in order.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self.findings = Findings()
        self.rows = np.zeros(0, np.int64)
        self._dropped = np.zeros(0, bool)  # by row; a million are not copied because one was decided
        self.column = "tracks" if recipe.name == TO_CHECK else "value"
        self.descending = recipe.from_high and self.column == "value"
        self._places: np.ndarray | None = None  # row → its place

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def undecided(self) -> int:
        """How many were found and not decided since, also those that are not beyond the threshold."""
        return len(self.findings) - int(np.count_nonzero(self._dropped))

    def replace(self, clip_ids: Collection[int], findings: Findings) -> None:
        """Take what was found in some clips for what was there; `arrange` follows."""
        dropped = self._dropped[~np.isin(self.findings.clips, list(clip_ids))]
        self.findings = Findings.join([self.findings.without_clips(clip_ids), findings])
        self._dropped = np.concatenate([dropped, np.zeros(len(findings), bool)])
        self._set_rows(self.rows[:0])

    def drop(self, row: int) -> None:
        """Forget an item until its clip is looked through again; `arrange` follows."""
        self._dropped[row] = True
        self._set_rows(self.rows[:0])

    def arrange(self, threshold: float | None) -> None:
        """Have what lies beyond a threshold, the usual one where it is None."""
        values = self.findings.values[~self._dropped]
        if threshold is None:
            threshold = self._recipe.usual(values)
        flagged = self._recipe.flagged(self.findings.values, threshold)
        self._set_rows(np.flatnonzero(flagged & ~self._dropped))
        self.sort(self.column, self.descending)

    def sort(self, column: str, descending: bool) -> None:
        """Sort by `clip`, `tracks`, `frames` or `value`; among equals by clip, track and frame."""
        self.column, self.descending = column, descending
        rows, found = np.sort(self.rows), self.findings
        frames, tracks, clips = found.frames[rows, 2], found.tracks[rows, 0], found.clips[rows]
        keys = {"clip": clips, "tracks": tracks, "frames": frames, "value": found.values[rows]}
        chosen = keys[column] if not descending else -keys[column]
        in_place = column == "tracks" and not descending  # clip by clip
        by = (frames, tracks, clips) if in_place else (frames, tracks, clips, chosen)
        self._set_rows(rows[np.lexsort(by)])

    def row_of(self, key: str) -> int | None:
        """The row of `findings` with a key of the recipe; None where there is none."""
        if not key:
            return None
        rows = np.flatnonzero((self.findings.tracks[:, 0] == first_track(key)) & ~self._dropped).tolist()
        return next((row for row in rows if self._recipe.key(self.findings.item(row)) == key), None)

    def items_of(self, keys: Collection[str], clip_ids: Collection[int]) -> dict[str, Item]:
        """By key the items of some clips that have one of some keys, also those not beyond the threshold."""
        tracks = {first_track(key) for key in keys if clip_of(key) in clip_ids}
        here = np.isin(self.findings.clips, list(clip_ids)) & ~self._dropped
        rows = np.flatnonzero(here & np.isin(self.findings.tracks[:, 0], list(tracks))).tolist()
        items = {self._recipe.key(one): one for one in map(self.findings.item, rows)}
        return {key: one for key, one in items.items() if key in keys}

    def place_of(self, key: str) -> int | None:
        """Where the item of a key stands among those that are left; None where it does not."""
        row = self.row_of(key)
        if row is None:
            return None
        if self._places is None:
            self._places = np.full(len(self.findings), -1, np.int64)
            self._places[self.rows] = np.arange(len(self.rows))
        place = int(self._places[row])
        return place if place >= 0 else None

    def about(self, clip_id: int, tracks: Collection[int], frame: int) -> int | None:
        """The row of `findings` about some tracks, best one whose frames hold `frame`."""
        found, wanted = self.findings, sorted(tracks)
        if len(wanted) not in (1, 2):
            return None
        pair = np.array((0, *wanted) if len(wanted) == 1 else wanted)
        rows = np.flatnonzero((found.clips == clip_id) & ~self._dropped)
        rows = rows[(np.sort(found.tracks[rows], 1) == pair).all(1)]
        inside = rows[(found.frames[rows, 0] <= frame) & (frame <= found.frames[rows, 1])]
        best = inside if len(inside) else rows
        return int(best[0]) if len(best) else None

    def _set_rows(self, rows: np.ndarray) -> None:
        self.rows, self._places = rows, None
