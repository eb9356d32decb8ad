"""Which clips a job is to work on, and about how long that takes by what earlier runs took."""

import enum
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.datasets.clip import Clip
from core.runs.provenance import last_start
from core.runs.run_folder import State
from studio.runs.run import Run
from studio.runs.words import duration

LOOKED_AT = 3
"""Earlier runs, the newest, whose pace counts."""


class Scope(enum.StrEnum):
    """What a job works on."""

    SELECTED = "selected"
    SHOWN = "shown"
    ALL = "all"


@dataclass(frozen=True)
class Choice:
    """One choice of clips: `clips`, in words."""

    scope: Scope
    clips: tuple[Clip, ...]
    text: str


def choices(shown: Clip | None, selected: Sequence[Clip], every: Sequence[Clip]) -> list[Choice]:
    """What can be chosen: the selected clips, of several the one that is shown, and all where that is more.

    Args:
        shown: the clip that is looked at.
        selected: those that are selected; the shown one counts where there are none.
        every: all of the project.
    """
    chosen = tuple(selected) or ((shown,) if shown is not None else ())
    found = []
    if len(chosen) == 1:
        found.append(Choice(Scope.SELECTED, chosen, f"only {chosen[0].name}"))
    elif 1 < len(chosen) < len(every):
        found.append(Choice(Scope.SELECTED, chosen, f"the {len(chosen):,} selected clips"))
    if shown is not None and len(chosen) > 1:
        found.append(Choice(Scope.SHOWN, (shown,), f"only {shown.name}"))
    if len(every) > 1:
        scope = Scope.SELECTED if len(chosen) == len(every) else Scope.ALL
        word = "the 2 clips" if len(every) == 2 else f"all {len(every):,} clips"
        everything = Choice(scope, tuple(every), word)
        found.insert(0 if scope is Scope.SELECTED else len(found), everything)
    return found


def seconds(
    job: str,
    settings: Mapping[str, Any],
    clips: Sequence[Clip],
    every: Sequence[Clip],
    runs: Sequence[Run],
) -> float | None:
    """About how long a job takes on some clips, by the newest runs of it that were done.

    Those with the same settings count if there are any, else any.

    Args:
        settings: as plain values.
        clips: what it is to work on.
        every: the clips of the project.
        runs: all of the project, the newest first.

    Returns:
        None where no run says it.
    """
    known = {clip.name: _size(clip) for clip in every}
    done = [run for run in runs if run.job == job and run.state is State.DONE]
    alike = [run for run in done if dict(run.settings) == dict(settings)]
    paces = []
    for run in (alike or done)[:LOOKED_AT]:
        began = last_start(run.folder) if run.folder is not None else None
        if began is not None and run.clips and all(name in known for name in run.clips):
            size = sum(known[name] for name in run.clips)
            paces.append(max(run.status.updated - began, 0.0) / size)
    return statistics.median(paces) * sum(map(_size, clips)) if paces else None


def words(clips: Sequence[Clip], about: float | None) -> str:
    """Such as `3 clips · 412 frames · about 4 min`."""
    frames = sum(clip.frames for clip in clips)
    parts = [f"{len(clips):,} clip{'s' if len(clips) != 1 else ''}"]
    parts.append(f"{frames:,} frame{'s' if frames != 1 else ''}")
    if about is not None:
        parts.append(f"about {duration(about)}" if about >= 1 else "about a second")
    return " · ".join(parts)


def _size(clip: Clip) -> float:
    """What the work on a clip grows with: millions of pixels of all its frames."""
    return clip.frames * clip.width * clip.height / 1e6
