"""What a person said is no error, so that it is not proposed again; kept among the provenances.

A dismissal is the row of a job of its own, whose settings hold what was dismissed; taken back, the row
stays and holds nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, select

from core.trajectories import schema, store
from core.trajectories.recorder import Recorder
from core.version import code_version

JOB = "dismissal"


@dataclass(frozen=True, eq=False)
class Dismiss:
    """Say of something that was proposed that it is no error.

    Attributes:
        clip_id: the clip.
        subject: what it is, in a few words.
        proposal: it, as plain values.
    """

    clip_id: int
    subject: str
    proposal: Mapping[str, Any]
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Dismiss {self.subject}"

    def write(self, rows: Recorder) -> None:
        row = store.add_provenance(rows.connection, JOB, {}, code_version())
        rows.update(schema.provenance, {(row,): {"settings": {"dismissed": dict(self.proposal)}}})


def dismissed(connection: Connection) -> list[dict[str, Any]]:
    """All that is dismissed, as plain values, the oldest first."""
    p = schema.provenance.c
    rows = connection.scalars(select(p.settings).where(p.job == JOB).order_by(p.id))
    return [settings["dismissed"] for settings in rows if "dismissed" in settings]
