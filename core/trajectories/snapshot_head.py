"""What a snapshot is of: read without the database, which few commands need and none loads for nothing."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from core.datasets.clip import Clip, Use
from core.errors import StudioError
from core.record_file import read_record

HEAD = "snapshot.json"


@dataclass(frozen=True, kw_only=True)
class Entry(Clip):
    """What `snapshot.json` says of a clip: all of it, and the labels of its trajectories in their order.

    Snapshots of older versions do not say `use`, nor `upright`, since they held frames as stored.
    """

    width: int = field(metadata={"minimum": 0, "maximum": 2**31})
    height: int = field(metadata={"minimum": 0, "maximum": 2**31})
    start: int = field(default=0, metadata={"minimum": 0})
    step: int = field(default=1, metadata={"minimum": 1})
    annotator: int = field(default=0, metadata={"minimum": 0, "maximum": 2**15 - 1})
    id: int = field(default=0, metadata={"minimum": 0})
    upright: bool = False
    point_labels: tuple[str, ...]
    object_labels: tuple[str, ...]

    @property
    def clip(self) -> Clip:
        return Clip(**{one.name: getattr(self, one.name) for one in dataclasses.fields(Clip)})


@dataclass(frozen=True)
class SnapshotHead:
    """What a snapshot is of, without its trajectories; `project` is the folder of its project."""

    revision: int = field(metadata={"minimum": 0})
    project: str
    clips: tuple[Entry, ...]

    @property
    def uses(self) -> dict[str, Use]:
        """Name of each clip → its use."""
        return {one.name: one.use for one in self.clips}


def read_head(folder: Path) -> SnapshotHead | None:
    """The head of the snapshot in a folder; None where there is none, or it is damaged."""
    try:
        return read_record(SnapshotHead, folder / HEAD)
    except StudioError:
        return None
