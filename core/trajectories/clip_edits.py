"""What a person chooses for whole clips, each a step of undo (see `journal.py`)."""

from dataclasses import dataclass
from typing import ClassVar

from core.datasets.clip import Clip, Use
from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.journal import Recorder

VERBS = {Use.TRAIN: "Train on", Use.HELD_OUT: "Hold out", Use.LEFT_OUT: "Leave out"}
"""What is done to a clip that is to be used so."""


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
        what = self.clips[0].name if len(self.clips) == 1 else f"{len(self.clips)} clips"
        uses = {clip.use for clip in self.clips}
        return f"{VERBS[uses.pop()]} {what}" if len(uses) == 1 else f"Choose the use of {what}"

    def write(self, rows: Recorder) -> None:
        there = {clip.id for clip in store.clips(rows.connection, [clip.id for clip in self.clips])}
        for clip in self.clips:
            if clip.id not in there:
                raise StudioError(f"The clip {clip.name} is no longer in the project; choose another one.")
        rows.update(schema.clip, {(clip.id,): {"use": clip.use.value} for clip in self.clips})
