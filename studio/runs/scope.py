"""Which clips a job is to work on, and about how long that takes by what earlier runs took."""

import enum
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.datasets.clip import Clip
from core.runs.provenance import last_start
from core.runs.run_folder import State
from studio.runs.first_guess import first_guess
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


@dataclass(frozen=True)
class Estimate:
    """About how long a job takes, in seconds; `guessed` where no run on this machine says it."""

    seconds: float
    guessed: bool = False


def estimate(
    job: str,
    settings: Mapping[str, Any],
    clips: Sequence[Clip],
    every: Sequence[Clip],
    runs: Sequence[Run],
    pace: float | None = None,
    bare: Collection[int] = (),
) -> Estimate | None:
    """About how long a job takes on some clips.

    By the newest runs of it in the project that were done, by those with the same settings if there are any;
    else by the pace in other projects; else by what it took on another machine.

    Args:
        settings: as plain values.
        clips: what it is to work on.
        every: the clips of the project.
        runs: all of the project, the newest first.
        pace: what was kept of runs in other projects, as `pace_of` gave it.
        bare: ids of the clips without points.

    Returns:
        None where nothing says it.
    """
    done = [run for run in runs if run.job == job and run.state is State.DONE]
    alike = [run for run in done if dict(run.settings) == dict(settings)]
    paces = [pace_of(run, every) for run in (alike or done)[:LOOKED_AT]]
    known = [one for one in paces if one is not None] or ([pace] if pace is not None else [])
    if known:
        return Estimate(statistics.median(known) * sum(map(_size, clips)))
    guess = first_guess(job, settings, clips, bare)
    return Estimate(guess, guessed=True) if guess is not None else None


def pace_of(run: Run, every: Sequence[Clip]) -> float | None:
    """Seconds that a run took for a million pixels; None where that is not known.

    Args:
        every: the clips of the project.
    """
    sizes = {clip.name: _size(clip) for clip in every}
    began = last_start(run.folder) if run.folder is not None else None
    if began is None or not run.clips or any(name not in sizes for name in run.clips):
        return None
    return max(run.status.updated - began, 0.0) / sum(sizes[name] for name in run.clips)


def words(clips: Sequence[Clip], about: Estimate | None) -> str:
    """Such as `3 clips · 412 frames · about 4 min`, with `on a first guess` where no run says it."""
    frames = sum(clip.frames for clip in clips)
    parts = [f"{len(clips):,} clip{'s' if len(clips) != 1 else ''}"]
    parts.append(f"{frames:,} frame{'s' if frames != 1 else ''}")
    if about is not None:
        long = f"about {duration(about.seconds)}" if about.seconds >= 1 else "about a second"
        parts.append(f"{long} on a first guess" if about.guessed else long)
    return " · ".join(parts)


def _size(clip: Clip) -> float:
    """What the work on a clip grows with: millions of pixels of all its frames."""
    return clip.frames * clip.width * clip.height / 1e6
