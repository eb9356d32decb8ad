"""How far the review of a project is, kept beside its database: what was skipped, the place, the pace.

What was accepted or rejected is in the database; here stands how many of a recipe's items that were.
"""

import json
import os
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.record_file import read_record

FILE = "review.json"

PACE = 20
"""Decisions from whose times the pace is taken."""

PAUSE = 300.0
"""Seconds after which a person was not looking any more; such times are left out of the pace."""


@dataclass
class Progress:
    """Of one recipe; items go by `Recipe.key`.

    Attributes:
        threshold: the chosen one; None before there was one.
        decided: item → "accepted", "rejected" or "mended".
        skipped: items to come back to, in the order in which they were skipped.
        current: the item that was looked at last; empty for none.
        seconds: how long the last decisions took.
    """

    threshold: float | None = None
    decided: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    current: str = ""
    seconds: list[float] = field(default_factory=list, metadata={"minimum": 0, "maximum": 1e9})

    @property
    def pace(self) -> float | None:
        """Seconds that a decision takes, the median of the last ones; None before there were any."""
        return statistics.median(self.seconds) if self.seconds else None

    def decide(self, key: str, word: str, seconds: float) -> None:
        """Note a decision and how long it took."""
        self.decided[key] = word
        if key in self.skipped:
            self.skipped.remove(key)
        if seconds <= PAUSE:
            self.seconds = [*self.seconds, round(seconds, 1)][-PACE:]

    def skip(self, key: str) -> None:
        """Put an item at the end of what is to come back to."""
        if key in self.skipped:
            self.skipped.remove(key)
        self.skipped.append(key)


@dataclass
class ReviewProgress:
    """Of all recipes: the name of the one in use, and by name how far each is."""

    recipe: str = ""
    recipes: dict[str, Progress] = field(default_factory=dict)

    def of(self, recipe: str) -> Progress:
        """Of a recipe, new where it was not used yet."""
        return self.recipes.setdefault(recipe, Progress())


def read_progress(project: Path) -> ReviewProgress:
    """What was kept in a project folder; new where nothing was.

    Raises:
        StudioError: the file is damaged.
    """
    path = project / FILE
    if not os.path.lexists(path):
        return ReviewProgress()
    try:
        kept = read_record(ReviewProgress, path)
    except StudioError as error:
        raise StudioError(
            f"{path} is damaged: what was skipped in the review queue is lost, your decisions are not."
        ) from error
    for one in kept.recipes.values():
        one.seconds = one.seconds[-PACE:]
    return kept


def as_bytes(progress: ReviewProgress) -> bytes:
    """What the file of it holds."""
    return json.dumps(asdict(progress), indent=1).encode()


def write_progress(project: Path, data: bytes) -> None:
    """Keep what `as_bytes` gave in a project folder.

    Raises:
        StudioError: it cannot be written.
    """
    try:
        write_atomically(project / FILE, data)
    except OSError as error:
        raise StudioError(
            f"The place in the review queue was not kept ({error.strerror}); make room in {project}."
        ) from error
