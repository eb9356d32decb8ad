"""The labels that trajectories have, counted, and changed in all clips at once."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.recorder import Recorder

_t = schema.trajectory.c


def label_counts(connection: Connection, clip_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Clip id → label → trajectories that have it, of any annotator; the empty one is the nameless'."""
    query = select(_t.label, func.count()).group_by(_t.label)  # clip by clip: less for a database to sort
    return {
        clip_id: {label: count for label, count in connection.execute(query.where(_t.clip_id == clip_id))}
        for clip_id in clip_ids
    }


@dataclass(frozen=True)
class ReplaceLabel:
    """Give every trajectory that has a label another one, in all clips.

    Attributes:
        label: the one they have.
        by: the one they get; empty for none.
        tracks: how many there are, as they were counted.
    """

    label: str
    by: str
    tracks: int
    clip_id: None = None

    @property
    def rows(self) -> int:
        return self.tracks

    @property
    def text(self) -> str:
        return self._text(self.tracks)

    def write(self, rows: Recorder) -> None:
        ids = list(rows.connection.scalars(select(_t.id).where(_t.label == self.label).order_by(_t.id)))
        if not ids:
            raise StudioError(f"No track has the label {self.label!r} any more; choose another.")
        rows.update(schema.trajectory, {(id,): {"label": self.by} for id in ids})
        rows.text = self._text(len(ids))

    def _text(self, count: int) -> str:
        which = f"{count:,} track{'s' if count != 1 else ''}"
        if not self.by:
            return f"Take the label {self.label!r} off {which}"
        return f"Label {which} {self.by!r} instead of {self.label!r}"
