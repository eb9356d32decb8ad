"""A point followed beyond its ends, or both ways from where a person put it."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import numpy as np

from core.datasets.clip import Clip
from core.datasets.reading import Backwards, open_frames
from core.events import OnProgress
from core.tracking.flow_stream import one_thread_in_opencv
from core.tracking.following import Followed, follow_point
from core.trajectories.model import EndReason, PointTrajectories
from core.trajectories.point_edits import ExtendPoint
from core.trajectories.steps import HistoryEntry
from studio.editing.carrying import Way

_WHY = {
    EndReason.LEFT_FRAME: "it leaves the frame",
    EndReason.INCONSISTENT: "the ways there and back disagree",
    EndReason.APPEARANCE: "it stops looking like itself",
}
"""Why a point cannot be followed, in words."""


@dataclass(eq=False, kw_only=True)
class PointWay(Way[Followed]):
    """A point on its way from its ends to frames `first` and `last`, a step one way, then one the other.

    Attributes:
        ends: by direction (1, -1) in which it goes, the frame and (2,) place where it sets out.
        why: by direction, why it ended; those that go on still are left out.
    """

    ends: dict[int, tuple[int, np.ndarray]]
    why: dict[int, EndReason] = field(default_factory=dict)

    @staticmethod
    def of(clip: Clip, track: PointTrajectories, first: int, last: int) -> "PointWay":
        """Of one trajectory, from its first frame back to `first` and from its last on to `last`."""
        begins, ends = int(track.first[0]), int(track.last[0])
        way = PointWay(clip, int(track.ids[0]), min(first, begins), max(last, ends), ends, ends={})
        if last > ends:
            way.ends[1] = ends, track.xy[-1]
        if first < begins:
            way.ends[-1] = begins, track.xy[0]
            way.seen = begins
        return way

    def as_part_of(self, step: HistoryEntry | None) -> "PointWay":
        """The same as part of the step that made the point; the frame that is seen stays where it is."""
        self.step, self.goes_along = step, False
        return self

    @property
    def in_words(self) -> str:
        return "A point is being followed"

    def run(self, report: OnProgress) -> None:
        with ExitStack() as open_ones:
            open_ones.enter_context(one_thread_in_opencv())  # once for both, which end in any order
            going: dict[int, Generator[Followed, None, EndReason]] = {}
            for by, (frame, xy) in self.ends.items():
                frames = open_ones.enter_context(open_frames(self.clip))
                end = self.last if by > 0 else self.first
                read = Backwards(frames) if by < 0 and self.clip.is_video else frames
                going[by] = open_ones.enter_context(closing(follow_point(read, xy, frame, end)))
            while going:
                for by in tuple(going):
                    try:
                        self.found.append(next(going[by]))
                    except StopIteration as ended:
                        self.why[by] = ended.value
                        del going[by]
                    report(len(self.found), self.last - self.first, "")

    def edit(self, new: Sequence[Followed], ended: bool, stopped: bool) -> ExtendPoint | None:
        why = None
        if ended and 1 in self.ends:
            ahead = any(one.frame > self.ends[1][0] for one in (*self.kept, *new))
            why = self.why.get(1, EndReason.EDITED if ahead else None)
        if not new and why is None:
            return None
        found = sorted(new, key=lambda one: one.frame)
        return ExtendPoint(
            self.clip.id,
            self.trajectory_id,
            np.array([one.frame for one in found], np.int64),
            np.array([one.xy for one in found], np.float32).reshape(-1, 2),
            np.array([one.error for one in found], np.float32),
            why,
        )

    def sentence(self, stopped: bool) -> str:
        id, parts = self.trajectory_id, []
        if not self.kept and not stopped:
            (by, (frame, _)), *_ = self.ends.items()
            way = "beyond" if by > 0 else "before"
            where = "later" if by > 0 else "earlier"
            return (
                f"Point {id} cannot be followed {way} frame {frame}: {_WHY[self.why[by]]}. "
                f"Click where it is seen {where} ({{tool_point}}), then bridge the two ({{bridge}})."
            )
        for by, word in ((-1, "before"), (1, "after")):
            if self.why.get(by) in _WHY:
                parts.append(f"{word} frame {self._reached(by)}, {_WHY[self.why[by]]}")
        count = f"{len(self.kept):,} frame{'s' if len(self.kept) != 1 else ''}"
        why = "; stopped" if stopped else "".join(f"; {part}" for part in parts)
        return f"Followed point {id} over {count}{why}."

    def _reached(self, by: int) -> int:
        """The last frame that it came to one way."""
        start = self.ends[by][0]
        return start + by * sum((one.frame - start) * by > 0 for one in self.kept)
