"""About how long a job takes on clips where no run tells it yet: by what it took on another machine."""

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from core.datasets.clip import Clip

_TRACKING = {"fast": 0.25, "balanced": 0.4, "quality": 1.2, "best": 2.3}
_DENSIFYING = {"flow": 0.55, "shape": 0.1, "box": 0.005}
"""Seconds of one core for a million pixels, by preset and by method."""

_GROUPING = 0.1
"""As much, of the groups and masks of suggested objects."""

_START = 2.0
"""Seconds until a worker begins."""


def kind_of(job: str, settings: Mapping[str, Any]) -> str:
    """A job with the setting on which its time depends most, such as `track fast`."""
    return f"{job} {settings.get('preset') or settings.get('method') or ''}".rstrip()


def first_guess(
    job: str, settings: Mapping[str, Any], clips: Sequence[Clip], bare: Collection[int]
) -> float | None:
    """Seconds; right within a factor of three or so.

    None where the machine says too little: a flow network, a cluster, and the search for identity errors,
    whose time depends on tracks more than on frames.

    Args:
        settings: as plain values.
        clips: what it is to work on.
        bare: ids of clips without points, which are tracked before objects are suggested.
    """
    if settings.get("cluster") or settings.get("flow"):
        return None
    longest = int(settings.get("max_side", 0)) or None
    size = sum(_worked_on(clip, longest) for clip in clips)
    preset, method = str(settings.get("preset", "")), str(settings.get("method", ""))
    if job == "track" and preset in _TRACKING:
        work = size * _TRACKING[preset]
    elif job == "suggest" and preset in _TRACKING:
        untracked = sum(_worked_on(clip, longest) for clip in clips if clip.id in bare)
        work = size * _GROUPING + untracked * _TRACKING[preset]
    elif job == "densify" and method in _DENSIFYING:
        passes = bool(settings.get("fill", True)) + bool(settings.get("audit"))
        work = size * _DENSIFYING[method] * passes
    else:
        return None
    at_once = int(settings.get("threads", 1)) * min(int(settings.get("workers", 1)), len(clips))
    return _START + work / max(1, min(at_once, os.cpu_count() or 1))


def _worked_on(clip: Clip, longest: int | None) -> float:
    """Millions of pixels of all its frames, shrunk by a whole number where a side is longer."""
    shrunk = -(-max(clip.width, clip.height) // longest) if longest else 1
    return clip.frames * clip.width * clip.height / shrunk**2 / 1e6
