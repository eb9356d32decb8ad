"""What a person does to whole trajectories, each a step of undo (see `journal.py`).

Frames count from 0. A trajectory that is split keeps its id for the first part.
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select

from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.accept_suggestions import make_keyframes, reopened
from core.trajectories.merging import dropped_by_merge, sentence
from core.trajectories.model import EndReason, Kind, Review
from core.trajectories.recorder import Recorder
from core.trajectories.trajectory_rows import (
    add_path,
    copy_of,
    head_of,
    joined,
    keep_occluded,
    merge_observations,
    move_observations,
    origins_of,
    part_of,
    read_path,
    set_heads,
    set_path,
    set_span,
    swap_observations,
    swap_paths,
    take_out,
)

VERBS = {
    Review.OPEN: "Reopen",
    Review.ACCEPTED: "Accept",
    Review.REJECTED: "Reject",
    Review.SUGGESTED: "Suggest",
}
"""What a trajectory is given each review by."""


@dataclass(frozen=True)
class OfTracks:
    """An edit of each of several trajectories."""

    clip_id: int
    trajectory_ids: tuple[int, ...]

    @property
    def rows(self) -> int:
        return len(self.trajectory_ids)

    @property
    def named(self) -> str:
        ids = self.trajectory_ids
        return f"track {ids[0]}" if len(ids) == 1 else f"{len(ids):,} tracks"


@dataclass(frozen=True)
class DeleteTrajectories(OfTracks):
    """Delete whole trajectories."""

    @property
    def text(self) -> str:
        return f"Delete {self.named}"

    def write(self, rows: Recorder) -> None:
        for trajectory_id in self.trajectory_ids[:1]:
            head_of(rows, trajectory_id)
        o = schema.observation.c
        for some in store.batches(self.trajectory_ids):
            query = select(o.trajectory_id, o.frame).where(o.trajectory_id.in_(some))
            rows.delete(schema.observation, [tuple(row) for row in rows.connection.execute(query)])
        rows.delete(schema.trajectory, [(trajectory_id,) for trajectory_id in self.trajectory_ids])


@dataclass(frozen=True)
class Split:
    """Cut a trajectory: the frames from `frame` on become a new one."""

    clip_id: int
    trajectory_id: int
    frame: int
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Split track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        head = head_of(rows, self.trajectory_id)
        if not head.first < self.frame <= head.last:
            raise StudioError(
                f"Track {head.id} runs from frame {head.first} to {head.last}; split it at a frame inside."
            )
        if head.kind == Kind.OBJECT:
            (new,) = rows.insert(schema.trajectory, [copy_of(head)])
            move_observations(rows, head.id, new, self.frame)
            set_span(rows, head.id)
            set_span(rows, new)
        else:
            place = self.frame - head.first
            path = read_path(head)
            set_path(rows, head.id, head.first, part_of(path, slice(0, place)), EndReason.EDITED)
            new = add_path(rows, head, self.frame, part_of(path, slice(place, None)))
        rows.text = f"Split track {head.id} at frame {self.frame}; from there it is {new}"


@dataclass(frozen=True)
class Merge(OfTracks):
    """Make one trajectory of several; the one that starts first keeps its id.

    Points may not share frames; the gap between them is filled by straight lines, marked as propagated.

    Attributes:
        overlapping: merge objects also where they share frames: there a keyframe wins, then the earlier
            trajectory, and the rest is dropped.

    Raises:
        StudioError: they are of two kinds, or share frames.
    """

    overlapping: bool = False

    @property
    def text(self) -> str:
        return f"Merge {self.named}"

    def write(self, rows: Recorder) -> None:
        heads = [head_of(rows, trajectory_id) for trajectory_id in dict.fromkeys(self.trajectory_ids)]
        heads.sort(key=lambda head: (head.first, head.id))
        if len(heads) < 2 or len({head.kind for head in heads}) > 1:
            raise StudioError("Select at least two tracks of one kind, objects or points, to merge them.")
        first = heads[0]
        if first.kind == Kind.OBJECT:
            self._look_for_shared(rows)
            merge_observations(rows, [head.id for head in heads])
        else:
            path, end = read_path(first), first.last
            for head in heads[1:]:
                if head.first <= end:
                    raise StudioError(
                        f"Points {first.id} and {head.id} overlap in time; trim one of them, then merge."
                    )
                path, end = joined(path, read_path(head), head.first - end - 1), head.last
            set_path(rows, first.id, first.first, path, EndReason(heads[-1].end_reason))
        rows.delete(schema.trajectory, [(head.id,) for head in heads[1:]])
        others = [str(head.id) for head in heads[1:]]
        which = others[0] if len(others) == 1 else f"{len(others):,} others"
        verb = "Merge tracks" if first.kind == Kind.OBJECT else "Bridge points"
        rows.text = f"{verb} {first.id} and {which} into {first.id}"

    def _look_for_shared(self, rows: Recorder) -> None:
        dropped = dropped_by_merge(store.some_objects(rows.connection, self.trajectory_ids))
        if dropped and not self.overlapping:
            raise StudioError(f"{sentence(dropped)} Trim one of them, then merge.")


@dataclass(frozen=True)
class Swap:
    """Exchange what two trajectories of one kind are from a frame on (an identity swap, undone)."""

    clip_id: int
    first_id: int
    second_id: int
    frame: int
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Swap tracks {self.first_id} and {self.second_id} from frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        a, b = head_of(rows, self.first_id), head_of(rows, self.second_id)
        if a.kind != b.kind or a.id == b.id:
            raise StudioError("Select two tracks of one kind, objects or points, to swap them.")
        for head in (a, b):
            if not head.first < self.frame <= head.last:
                raise StudioError(
                    f"Track {head.id} does not run through frame {self.frame}; it cannot be swapped."
                )
        if a.kind == Kind.OBJECT:
            swap_observations(rows, a.id, b.id, self.frame)
        else:
            swap_paths(rows, a, b, self.frame)


@dataclass(frozen=True)
class Trim:
    """Keep only the frames `first` to `last`, both included."""

    clip_id: int
    trajectory_id: int
    first: int
    last: int
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Trim track {self.trajectory_id} to frames {self.first} to {self.last}"

    def write(self, rows: Recorder) -> None:
        head = head_of(rows, self.trajectory_id)
        first, last = max(self.first, head.first), min(self.last, head.last)
        if (first, last) == (head.first, head.last):
            raise StudioError(
                f"Track {head.id} has nothing outside frames {self.first} to {self.last} to trim."
            )
        if head.kind == Kind.OBJECT:
            frames = origins_of(rows, head.id)
            gone = [(head.id, frame) for frame in frames if not first <= frame <= last]
            if len(gone) == len(frames):
                raise StudioError(f"Trimming would leave nothing of track {head.id}; delete it instead.")
            keep_occluded(rows, head.id, first)
            rows.delete(schema.observation, gone)
            set_span(rows, head.id)
        else:
            if first > last:
                raise StudioError(f"Trimming would leave nothing of point {head.id}; delete it instead.")
            path = part_of(read_path(head), slice(first - head.first, last - head.first + 1))
            reason = EndReason.EDITED if last < head.last else EndReason(head.end_reason)
            set_path(rows, head.id, first, path, reason)


@dataclass(frozen=True)
class DeletePart(OfTracks):
    """Take away what trajectories have from frame `first` to `last`, both included.

    A point trajectory falls in two there; one that lies within is deleted whole.

    Raises:
        StudioError: none of them has anything there.
    """

    first: int
    last: int

    @property
    def rows(self) -> int:
        return len(self.trajectory_ids) * (self.last - self.first + 1)

    @property
    def text(self) -> str:
        return f"Delete frames {self.first} to {self.last} of {self.named}"

    def write(self, rows: Recorder) -> None:
        whole, new, cut = [], list[int](), 0
        for trajectory_id in dict.fromkeys(self.trajectory_ids):
            head = head_of(rows, trajectory_id)
            if head.first > self.last or head.last < self.first:
                continue
            if self.first <= head.first and head.last <= self.last:
                whole.append(head.id)
            elif head.kind == Kind.OBJECT:
                there = [frame for frame in origins_of(rows, head.id) if self.first <= frame <= self.last]
                rows.delete(schema.observation, [(head.id, frame) for frame in there])
                cut += bool(there)
                if there:
                    set_span(rows, head.id)
            else:
                cut += 1
                part = take_out(rows, head, self.first, self.last)
                new += [] if part is None else [part]
        if whole:
            DeleteTrajectories(self.clip_id, tuple(whole)).write(rows)
        if not whole and not cut:
            raise StudioError(f"Nothing of {self.named} lies in frames {self.first} to {self.last}.")
        if new:
            following = str(new[0]) if len(new) == 1 else f"{len(new):,} new tracks"
            rows.text = f"{self.text}; what follows is {following}"


@dataclass(frozen=True)
class Relabel(OfTracks):
    """Name trajectories."""

    label: str

    @property
    def text(self) -> str:
        return f"Label {self.named} {self.label!r}"

    def write(self, rows: Recorder) -> None:
        set_heads(rows, self.trajectory_ids, label=self.label[:255])


@dataclass(frozen=True)
class SetReview(OfTracks):
    """Accept, reject or reopen trajectories.

    A suggested object that is accepted gets keyframes; one that is reopened and has none is a suggestion
    again (`accept_suggestions.py`).
    """

    review: Review

    @property
    def text(self) -> str:
        return f"{VERBS[self.review]} {self.named}"

    def write(self, rows: Recorder) -> None:
        if self.review is Review.OPEN:
            again: dict[Review, list[int]] = {}
            for trajectory_id, review in reopened(rows, self.trajectory_ids).items():
                again.setdefault(review, []).append(trajectory_id)
            for review, ids in again.items():
                set_heads(rows, ids, review=int(review))
            return
        if self.review is Review.ACCEPTED:
            make_keyframes(rows, self.trajectory_ids)
        set_heads(rows, self.trajectory_ids, review=int(self.review))
