"""An object carried on from the frame that is seen, up to its next keyframe."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.datasets.clip import Clip
from core.datasets.reading import Backwards, open_frames
from core.events import OnProgress
from core.tracking.carrying import Carried, carry
from core.tracking.config import DensifyConfig
from core.trajectories.model import ObjectTrajectory, Origin
from core.trajectories.observation_edits import CarryObservations
from studio.editing.carrying import Way


@dataclass(eq=False, kw_only=True)
class ObjectWay(Way[Carried]):
    """An object on its way from frame `start` to `end`; `others` keep their pixels."""

    object: ObjectTrajectory
    start: int
    end: int
    config: DensifyConfig
    others: list[ObjectTrajectory] = field(default_factory=list)

    @staticmethod
    def of(
        clip: Clip,
        one: ObjectTrajectory,
        start: int,
        end: int,
        config: DensifyConfig,
        others: list[ObjectTrajectory],
    ) -> "ObjectWay":
        """From a frame where the object is to another."""
        first, last = min(start, end), max(start, end)
        return ObjectWay(
            clip, one.id, first, last, start, object=one, start=start, end=end, config=config, others=others
        )

    @property
    def in_words(self) -> str:
        return "An object is being carried"

    def run(self, report: OnProgress) -> None:
        with open_frames(self.clip) as frames:
            read = Backwards(frames) if self.end < self.start and self.clip.is_video else frames
            for one in carry(read, self.object, self.start, self.end, self.config, self.others):
                self.found.append(one)
                report(len(self.found), abs(self.end - self.start), "")

    def edit(self, new: Sequence[Carried], ended: bool, stopped: bool) -> CarryObservations | None:
        if not new:
            return None
        found = sorted(new, key=lambda each: each.frame)
        together = replace(
            self.object,
            frames=np.array([each.frame for each in found], np.int32),
            boxes=np.array([each.box for each in found], np.float32),
            origin=np.full(len(found), Origin.PROPAGATED, np.uint8),
            confidence=np.array([each.confidence for each in found], np.float32),
            masks=tuple(each.mask for each in found),
            overlap=np.full(len(found), np.nan, np.float32),
            flags=np.zeros(len(found), np.uint8),
        )
        return CarryObservations(self.clip.id, self.object.id, self.start, together)

    def sentence(self, stopped: bool) -> str:
        found = self.kept
        last = found[-1].frame if found else self.start
        count = f"{len(found):,} frame{'s' if len(found) != 1 else ''}"
        why = ""
        if stopped:
            why = f"; stopped at frame {last}" if found else ""
        elif last != self.end:
            why = f"; its confidence falls below {self.config.min_confidence:g} after frame {last}"
        return f"Carried track {self.object.id} over {count}{why}."


def destination(one: ObjectTrajectory, frame: int, by: int, frames: int) -> int:
    """The last frame that an object can be carried to: the one before its next keyframe, or the clip's last.

    Args:
        by: 1 for on, -1 for back.
        frames: how many the clip has.
    """
    keys = one.keyframes[one.keyframes > frame] if by > 0 else one.keyframes[one.keyframes < frame]
    if by > 0:
        return int(keys[0]) - 1 if len(keys) else frames - 1
    return int(keys[-1]) + 1 if len(keys) else 0
