"""The colours of labels, as a project's list of labels has them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.overlay.colours import TRACK_COLOURS, Colouring
from core.project.labels import LabelList
from core.trajectories.model import PointTrajectories

PALETTE = tuple("#{:02x}{:02x}{:02x}".format(*rgb) for rgb in TRACK_COLOURS.tolist())
"""The colours that labels get unless a person chooses others, `#rrggbb`."""

UNNAMED = np.array((0xE2, 0xE2, 0xE2), np.uint8)
"""RGB of what has no label; lighter than what was rejected."""


@dataclass(frozen=True)
class LabelColours:
    """Name and colour, `#rrggbb`, of each label, in the order of the list."""

    labels: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(labels: LabelList, used: Iterable[str] = ()) -> "LabelColours":
        """As a list has them, with labels that only tracks have."""
        together = labels.with_names(sorted(used), PALETTE)
        return LabelColours(tuple((one.name, one.colour) for one in together.labels))

    @cached_property
    def table(self) -> np.ndarray:
        """(n + 1, 3) uint8 RGB, those of the labels and at the end that of the nameless."""
        colours = [bytes.fromhex(colour[1:]) for _, colour in self.labels]
        return np.vstack((np.frombuffer(b"".join(colours), np.uint8).reshape(-1, 3), UNNAMED[None]))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, (name, _) in enumerate(self.labels)}

    def colouring(self, names: Sequence[str]) -> Colouring:
        """A colour for each of N names; one that is not in the list is like no name."""
        places = self._places
        index = np.array([places.get(name, len(places)) for name in names], np.int64)
        return Colouring(index, self.table)

    def of_points(self, points: PointTrajectories, places: np.ndarray) -> Colouring:
        """A colour for each of the points at (K,) int places."""
        names, which = points.label_places
        found = self.colouring(names)
        return Colouring(found.index[which[places]], found.table)

    def rgb(self, name: str) -> np.ndarray:
        """(3,) uint8 RGB of a label."""
        return self.table[self._places.get(name, len(self.labels))]
