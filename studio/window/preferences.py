"""What a person prefers in every project: how the window looks, what it may use of the machine."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core import agreements, config
from core.config import setting
from core.errors import StudioError
from core.overlay.layers import LONGEST_TRAIL, Layers
from core.trajectories.backups import MEGABYTES
from studio.theme import THEMES
from studio.window.settings import WindowSettings

MOST_AT_ONCE = 8
"""Jobs that run at the same time at most."""


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """Each field is used wherever it applies as soon as it changes; a new one needs its line here alone."""

    theme: str = setting("system", "Light, dark, or like the system", choices=THEMES)
    trail_length: int = setting(
        Layers.trail,
        "Path drawn behind a point",
        "frames",
        minimum=0,
        maximum=LONGEST_TRAIL,
        zero="none",
    )
    mask_opacity: int = setting(
        Layers.opacity, "How much of the frame the inside of masks hides", "%", minimum=0, maximum=100
    )
    cache_megabytes: int = setting(
        512,
        "Memory for the frames around the one that is shown",
        "MB",
        minimum=64,
        maximum=65_536,
        label="frames in memory",
    )
    workers: int = setting(
        1,
        "Clips that a job works on at the same time, unless its form says otherwise",
        minimum=1,
        maximum=1_000,
        label="clips at once",
    )
    jobs_at_once: int = setting(
        1, "Jobs that run at the same time; the others wait in line", minimum=1, maximum=MOST_AT_ONCE
    )
    fill_again: bool = setting(
        True,
        "What lies between an edited keyframe and those beside it is filled at once",
        label="fill after edits",
    )
    carry_confidence: float = setting(
        0.5,
        "The confidence below which an object is carried no farther",
        minimum=0,
        maximum=1,
        label="carry until",
    )
    backup_megabytes: int = setting(
        MEGABYTES,
        "Disk for the backups of a project; the newest one is always kept",
        "MB",
        minimum=64,
        label="backups",
    )
    segmenter: str = setting(
        "",
        "A segmentation model for click to segment, in a file on this machine; none for the one built in. "
        "A file can run any code, so name only files you trust",
        label="segmentation model",
    )

    def __post_init__(self) -> None:
        config.check(self)


class PreferencesStore(QObject):
    """The preferences in force, kept in the window's settings.

    Attributes:
        now: the preferences in force.

    Signals:
        changed(Preferences): they are others now.
    """

    changed = Signal(object)

    def __init__(self, settings: WindowSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.now = _read(settings)

    def set(self, preferences: Preferences) -> None:
        """Put others in force and keep them; nothing happens where they are the same."""
        before, self.now = self.now, preferences
        if preferences == before:
            return
        if preferences.segmenter not in ("", before.segmenter) and Path(preferences.segmenter).is_file():
            agreements.agree(agreements.program(Path(preferences.segmenter)).key)  # who chooses it trusts it
        for name, value in config.as_dict(preferences).items():
            if value != getattr(before, name):
                self._settings.set_preference(name, json.dumps(value))
        self.changed.emit(preferences)


def _read(settings: WindowSettings) -> Preferences:
    """What was kept; a field that is damaged, or was never set, has its default."""
    kept = {}
    for field in fields(Preferences):
        try:
            value = {field.name: json.loads(settings.preference(field.name))}
            config.from_dict(Preferences, value)
        except (ValueError, RecursionError, StudioError):
            continue
        kept.update(value)
    return config.from_dict(Preferences, kept)
