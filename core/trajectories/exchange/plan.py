"""What an export will write and what will be lost, clip by clip, before anything is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from core.datasets.clip import Clip
from core.datasets.folder import some
from core.errors import StudioError
from core.events import OnProgress
from core.trajectories import store
from core.trajectories.exchange.choice import Choice, Count
from core.trajectories.exchange.spans import Spans
from core.trajectories.model import ObjectTrajectory, PointTrajectories

Losses = Callable[[Clip, PointTrajectories, Sequence[ObjectTrajectory]], list[str]]
"""What is lost of a clip's trajectories, in sentences."""

NOTHING_LEFT = "This choice leaves nothing to write; choose other tracks, frames or reviews."

_SHOWN = 20  # words of a list in a sentence


@dataclass(frozen=True)
class ClipPlan:
    """What is written of one clip.

    Attributes:
        clip: the clip.
        count: how much of it.
        losses: what is lost, in sentences.
    """

    clip: Clip
    count: Count
    losses: tuple[str, ...]


def plan_clip(
    clip: Clip,
    choice: Choice,
    points: PointTrajectories,
    objects: Sequence[ObjectTrajectory],
    losses: Losses,
) -> ClipPlan | None:
    """What is written of a clip, of which `choice` took these; None where it narrows and left nothing."""
    if choice.narrows and not len(points) and not objects:
        return None
    return ClipPlan(clip, Count.of(points, objects), tuple(losses(clip, points, objects)))


def plan(
    connection: Connection, choice: Choice, losses: Losses, on_progress: OnProgress
) -> tuple[list[ClipPlan], list[str]]:
    """What is written of every clip of a choice, and sentences about what of the choice is not there.

    Raises:
        StudioError: there are no clips or not one of a name, a track or label is in none of them, or
            nothing is left.
    """
    clips = store.clips(connection)
    if choice.clips is not None:
        clips = [store.clip(connection, name) for name in sorted(choice.clips)]
    if not clips:
        raise StudioError("The project holds no clips; import some first.")
    check_choice(connection, choice, clips)
    found = []
    for place, clip in enumerate(clips):
        on_progress(place, len(clips), clip.name)
        found.append(plan_clip(clip, choice, *choice.of(connection, clip), losses))
    kept = [one for one in found if one is not None]
    if not kept:
        raise StudioError(NOTHING_LEFT)
    without = [clip.name for clip, one in zip(clips, found, strict=True) if one is None]
    said = (
        [f"Nothing of this choice is in {some(without, _SHOWN)}; no file is written for it."]
        if without
        else []
    )
    return kept, said


def check_choice(connection: Connection, choice: Choice, clips: Sequence[Clip]) -> None:
    """See that every track and label that is named is in one of the clips.

    Raises:
        StudioError: one is in none of them.
    """
    ids = [clip.id for clip in clips]
    where = clips[0].name if len(clips) == 1 else f"these {len(clips)} clips"
    if choice.tracks is not None:
        known = store.trajectory_ids(connection, ids)
        bounds = np.searchsorted(known, np.array(choice.tracks.parts) + np.array((0, 1)))
        found = bounds[:, 0] < bounds[:, 1]
        missing = [part for part, is_there in zip(choice.tracks.parts, found, strict=True) if not is_there]
        if missing:
            raise StudioError(f"There is no track {Spans(tuple(missing))} in {where}; choose others.")
    if choice.labels is not None:
        labels = store.labels(connection, ids)
        unknown = sorted(choice.labels - set(labels))
        if unknown:
            there = some([label or "tracks without a label" for label in labels], _SHOWN) or "no tracks"
            what = f"label {some(unknown, _SHOWN)}" if any(unknown) else "track without a label"
            raise StudioError(f"There is no {what} in {where}: there are {there}; choose others.")
