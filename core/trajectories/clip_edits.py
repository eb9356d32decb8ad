"""What a person chooses for whole clips, each a step of undo (see `journal.py`)."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select

from core.datasets.clip import Clip, Use
from core.datasets.folder import same_name
from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.recorder import Recorder

VERBS = {Use.TRAIN: "Train on", Use.HELD_OUT: "Hold out", Use.LEFT_OUT: "Leave out"}
"""What is done to a clip that is to be used so."""

LONGEST = 200
"""Letters of a name."""

_NOT_IN_NAMES = set('/\\:*?"<>|')
"""What some file system does not take."""


@dataclass(frozen=True)
class ChooseAnnotator:
    """Choose whose objects of a clip are shown and used."""

    clip_id: int
    annotator: int
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Use annotator {self.annotator + 1}"

    def write(self, rows: Recorder) -> None:
        rows.update(schema.clip, {(self.clip_id,): {"annotator": self.annotator}})


@dataclass(frozen=True)
class ChooseUse:
    """Choose which clips train, are held out or are left out; `clips` as they are to be used.

    Raises:
        StudioError: one of them is no longer in the project.
    """

    clips: tuple[Clip, ...]

    @property
    def clip_id(self) -> int | None:
        return self.clips[0].id if len(self.clips) == 1 else None

    @property
    def rows(self) -> int:
        return len(self.clips)

    @property
    def text(self) -> str:
        what = self.clips[0].name if len(self.clips) == 1 else f"{len(self.clips):,} clips"
        uses = {clip.use for clip in self.clips}
        return f"{VERBS[uses.pop()]} {what}" if len(uses) == 1 else f"Choose the use of {what}"

    def write(self, rows: Recorder) -> None:
        _check_there(rows, self.clips)
        rows.update(schema.clip, {(clip.id,): {"use": clip.use.value} for clip in self.clips})


@dataclass(frozen=True)
class RenameClip:
    """Call a clip something else; its tracks and what runs say of it stay.

    Raises:
        StudioError: the name is empty, no name of a file, or that of another clip; or the clip is gone.
    """

    clip: Clip
    name: str
    rows: ClassVar[int] = 1

    @property
    def clip_id(self) -> int:
        return self.clip.id

    @property
    def text(self) -> str:
        return f"Rename {self.clip.name} to {self.name.strip()}"

    def write(self, rows: Recorder) -> None:
        name = self.name.strip()
        if not name:
            raise StudioError("A clip needs a name; type at least one letter.")
        if len(name) > LONGEST or name in (".", "..") or not name.isprintable() or set(name) & _NOT_IN_NAMES:
            raise StudioError(
                f"A clip cannot be named {name!r}, since its name becomes that of files; use at most "
                f"{LONGEST} letters, and none of {' '.join(sorted(_NOT_IN_NAMES))}."
            )
        _check_there(rows, (self.clip,))
        others = (clip.name for clip in store.clips(rows.connection) if clip.id != self.clip.id)
        if same_name(name) in map(same_name, others):
            raise StudioError(f"There is a clip {name} already; choose another name.")
        rows.update(schema.clip, {(self.clip.id,): {"name": name}})


@dataclass(frozen=True)
class RemoveClips:
    """Take clips out of the project with all their tracks; their frames stay where they are.

    Attributes:
        clips: the clips.
        tracks: about how many tracks they have: what it costs to remove them.

    Raises:
        StudioError: one of them is no longer in the project.
    """

    clips: tuple[Clip, ...]
    tracks: int

    @property
    def clip_id(self) -> int | None:
        return self.clips[0].id if len(self.clips) == 1 else None

    @property
    def rows(self) -> int:
        return len(self.clips) + self.tracks

    @property
    def text(self) -> str:
        what = f"clip {self.clips[0].name}" if len(self.clips) == 1 else f"{len(self.clips):,} clips"
        tracks = f" with {self.tracks:,} track{'s' if self.tracks != 1 else ''}" if self.tracks else ""
        return f"Remove {what}{tracks}"

    def write(self, rows: Recorder) -> None:
        _check_there(rows, self.clips)
        t, o = schema.trajectory.c, schema.observation.c
        ids = [clip.id for clip in self.clips]
        tracks = rows.connection.scalars(select(t.id).where(t.clip_id.in_(ids)).order_by(t.id)).all()
        seen = (
            select(o.trajectory_id, o.frame)
            .join(schema.trajectory, t.id == o.trajectory_id)
            .where(t.clip_id.in_(ids))
            .order_by(o.trajectory_id, o.frame)
        )
        rows.delete(schema.observation, [tuple(row) for row in rows.connection.execute(seen)])
        rows.delete(schema.trajectory, [(id,) for id in tracks])
        rows.delete(schema.clip, [(id,) for id in ids])


def _check_there(rows: Recorder, clips: tuple[Clip, ...]) -> None:
    there = {clip.id for clip in store.clips(rows.connection, [clip.id for clip in clips])}
    for clip in clips:
        if clip.id not in there:
            raise StudioError(f"The clip {clip.name} is no longer in the project; choose another one.")
