"""The filter of tracks that drives the window, and those that the project keeps under names."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import StudioError
from core.project.saved_filters import BUILT_IN, checked_name, read_filters, write_filters
from core.trajectories.filter_text import parse, text_of
from core.trajectories.track_filter import EVERYTHING, TrackFilter


class TrackFilters(QObject):
    """One filter at a time; the named ones are written at once.

    Signals:
        changed(TrackFilter): another one drives.
        saved_changed(): others are kept.
        told(str): what became of a named one, in a sentence.
        failed(str): the named ones cannot be read or written, or a name is refused; one sentence.
    """

    changed = Signal(object)
    saved_changed = Signal()
    told = Signal(str)
    failed = Signal(str)

    def __init__(self, project: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self.now: TrackFilter = EVERYTHING
        self.saved: Mapping[str, str] = {}
        self.problem = ""
        try:
            self.saved = read_filters(project)
        except StudioError as error:
            self.problem = str(error)

    @property
    def named(self) -> dict[str, str]:
        """Name → line of all, those that are built in first."""
        return {**BUILT_IN, **self.saved}

    @property
    def name(self) -> str:
        """What the filter that drives is called; empty where it has no name."""
        return self.name_of(text_of(self.now))

    def name_of(self, line: str) -> str:
        """What a filter is called, a person's name for it first; empty where it has none."""
        found = [name for name, other in self.named.items() if other == line]
        return found[-1] if found else ""

    def set(self, wanted: TrackFilter) -> None:
        """Let another filter drive."""
        if wanted != self.now:
            self.now = wanted
            self.changed.emit(wanted)

    def restore(self, line: str) -> None:
        """Let the filter of a line drive that was kept; nothing happens where it cannot be understood."""
        try:
            self.set(parse(line))
        except StudioError:
            return

    def save(self, name: str) -> None:
        """Keep the filter that drives under a name."""
        line = text_of(self.now)
        try:
            name = checked_name(name)
        except StudioError as error:
            self.failed.emit(str(error))
            return
        before = self.saved.get(name)
        if self._write({**self.saved, name: line}):
            was = f"; it was {before}" if before not in (None, line) else ""
            self.told.emit(f"The filter {name} is kept: {line}{was}.")

    def rename(self, name: str, other: str) -> None:
        """Call a filter that is kept otherwise."""
        try:
            other = checked_name(other)
            if other != name and other in self.saved:
                raise StudioError(f"There is a filter {other} already; choose another name.")
        except StudioError as error:
            self.failed.emit(str(error))
            return
        self._write({other if one == name else one: line for one, line in self.saved.items()})

    def delete(self, name: str) -> None:
        """Keep a filter no longer; where it drives, it goes on to."""
        line = self.saved[name]
        if self._write({one: line for one, line in self.saved.items() if one != name}):
            self.told.emit(f"The filter {name} is deleted; it was {line}.")

    def _write(self, filters: Mapping[str, str]) -> bool:
        try:
            write_filters(self._project, filters)
        except StudioError as error:
            self.failed.emit(str(error))
            return False
        self.saved = dict(sorted(filters.items(), key=lambda item: item[0].casefold()))
        self.saved_changed.emit()
        return True
