"""What the window remembers between starts; of a project what was looked at last. No data."""

import contextlib
import datetime
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

_OLDER = ("theme", "fill_again", "jobs_at_once", "carry_confidence")
"""Preferences that older versions kept under their bare names."""

RECENT = 12
"""Projects remembered."""


@dataclass(frozen=True)
class Recent:
    """A project that was open; `opened` in UTC."""

    path: Path
    opened: datetime.datetime


@dataclass(frozen=True)
class LastView:
    """What of a project was looked at when it was closed; `tracks` is the line of the filter."""

    clip: str = ""
    frame: int = 0
    workspace: str = "curate"
    tracks: str = ""


class WindowSettings:
    """Settings in an INI file of its own, or where the platform keeps those of this user."""

    def __init__(self, path: Path | None = None) -> None:
        self._store = QSettings() if path is None else QSettings(str(path), QSettings.Format.IniFormat)

    def preference(self, name: str) -> str:
        """A preference as JSON; empty before it was set."""
        kept = str(self._store.value(f"preferences/{name}", ""))
        if not kept and name in _OLDER:
            kept = str(self._store.value(name, "")).lower()
            return json.dumps(kept) if name == "theme" else kept
        return kept

    def set_preference(self, name: str, text: str) -> None:
        self._store.setValue(f"preferences/{name}", text)

    @property
    def keys(self) -> str:
        """The keys that were chosen as JSON; empty at first."""
        return str(self._store.value("keys", ""))

    @keys.setter
    def keys(self, text: str) -> None:
        self._store.setValue("keys", text)

    @property
    def smoothing(self) -> str:
        """How curves are smoothed, by name; empty before it was chosen."""
        return str(self._store.value("smoothing", ""))

    @smoothing.setter
    def smoothing(self, name: str) -> None:
        self._store.setValue("smoothing", name)

    @property
    def last_export(self) -> dict[str, str]:
        """What was chosen in the last export, by name."""
        names = ("format", "kinds", "reviews")
        return {name: str(self._store.value(f"export/{name}", "")) for name in names}

    @last_export.setter
    def last_export(self, chosen: dict[str, str]) -> None:
        for name, value in chosen.items():
            self._store.setValue(f"export/{name}", value)

    @property
    def geometry(self) -> QByteArray:
        """Where the window was, as `saveGeometry` gave it; empty at first."""
        return self._bytes("geometry")

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._store.setValue("geometry", geometry)

    def layout(self, workspace: str) -> QByteArray:
        """The panels of a workspace, as `saveState` gave them; empty at first."""
        return self._bytes(f"layout/{workspace}")

    def set_layout(self, workspace: str, layout: QByteArray | None) -> None:
        """Remember a layout; None forgets it."""
        if layout is None:
            self._store.remove(f"layout/{workspace}")
        else:
            self._store.setValue(f"layout/{workspace}", layout)

    @property
    def recent(self) -> list[Recent]:
        """Projects, latest first, those that are gone included; what is damaged is passed over."""
        found = []
        for place in range(self._store.beginReadArray("recent")):
            self._store.setArrayIndex(place)
            path, opened = str(self._store.value("path", "")), str(self._store.value("opened"))
            with contextlib.suppress(ValueError):  # somebody else wrote it
                found.append(Recent(Path(path), datetime.datetime.fromisoformat(opened)))
        self._store.endArray()
        return found

    def add_recent(self, path: Path) -> None:
        """Put a project first."""
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        kept = [one for one in self.recent if one.path != path]
        self._write_recent([Recent(path, now), *kept][:RECENT])

    def forget_recent(self, path: Path) -> None:
        """Take a project off the list; its folder stays."""
        self._write_recent([one for one in self.recent if one.path != path])

    def last_view(self, project: Path) -> LastView:
        """What of a project was looked at last."""
        self._store.beginGroup(_group(project))
        clip = str(self._store.value("clip", ""))
        frame = _frame(str(self._store.value("frame", 0)))
        workspace = str(self._store.value("workspace", "curate"))
        tracks = str(self._store.value("tracks", ""))
        self._store.endGroup()
        return LastView(clip, frame, workspace, tracks)

    def set_last_view(self, project: Path, last: LastView) -> None:
        self._store.beginGroup(_group(project))
        self._store.setValue("clip", last.clip)
        self._store.setValue("frame", last.frame)
        self._store.setValue("workspace", last.workspace)
        self._store.setValue("tracks", last.tracks)
        self._store.endGroup()

    def form(self, project: Path, name: str) -> dict[str, Any]:
        """What a form of a project held last, as plain values; empty at first."""
        try:
            values = json.loads(str(self._store.value(f"{_group(project)}/form/{name}", "{}")))
        except (ValueError, RecursionError):
            return {}
        return values if isinstance(values, dict) else {}

    def set_form(self, project: Path, name: str, values: Mapping[str, Any]) -> None:
        self._store.setValue(f"{_group(project)}/form/{name}", json.dumps(dict(values)))

    def scope(self, project: Path, job: str) -> str:
        """Which clips a job of a project was started on last, by `Scope`; empty at first."""
        return str(self._store.value(f"{_group(project)}/scope/{job}", ""))

    def set_scope(self, project: Path, job: str, scope: str) -> None:
        self._store.setValue(f"{_group(project)}/scope/{job}", scope)

    def pace(self, job: str) -> float | None:
        """Seconds that a job took last for a million pixels, in whatever project; None before it was done."""
        kept = self._store.value(f"pace/{job}")
        try:
            pace = float(str(kept))
        except ValueError:
            return None
        return pace if 0 < pace < math.inf else None

    def set_pace(self, job: str, pace: float) -> None:
        self._store.setValue(f"pace/{job}", pace)

    def last_folder(self, purpose: str) -> Path:
        """The folder that was chosen last for a purpose; the user's home at first."""
        return Path(str(self._store.value(f"folder/{purpose}", str(Path.home()))))

    def set_last_folder(self, purpose: str, folder: Path) -> None:
        self._store.setValue(f"folder/{purpose}", str(folder))

    def sync(self) -> None:
        """Write to disk now."""
        self._store.sync()

    def _write_recent(self, entries: list[Recent]) -> None:
        self._store.remove("recent")
        self._store.beginWriteArray("recent", len(entries))
        for place, one in enumerate(entries):
            self._store.setArrayIndex(place)
            self._store.setValue("path", str(one.path))
            self._store.setValue("opened", one.opened.isoformat())
        self._store.endArray()

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()


def _frame(text: str) -> int:
    """A frame that was kept; the first where that is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _group(project: Path) -> str:
    return "view/" + str(project).encode().hex()
