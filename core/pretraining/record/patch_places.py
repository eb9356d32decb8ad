"""Where patches lie that a run remarked on, by the rows of the project's database."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from core.array_file import Form


@dataclass(frozen=True, eq=False)
class PatchPlaces:
    """Patches in an array of any shape.

    Attributes:
        trajectory: (...) int64, ids.
        clip_id: (...) int64.
        frame: (...) int32.
        box: (..., 4) float32, pixels of the frame; may reach over its border.
    """

    trajectory: np.ndarray
    clip_id: np.ndarray
    frame: np.ndarray
    box: np.ndarray

    def __len__(self) -> int:
        return len(self.trajectory)

    def take(self, rows: np.ndarray) -> "PatchPlaces":
        """Those at some rows (int index of any shape)."""
        return PatchPlaces(self.trajectory[rows], self.clip_id[rows], self.frame[rows], self.box[rows])

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """By name, each behind a prefix, for an `.npz`."""
        return {f"{prefix}_{field.name}": getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def forms(prefix: str, *shape: str) -> dict[str, Form]:
        """Of the arrays that `arrays` gives, of patches in an array of a shape."""
        return {
            f"{prefix}_trajectory": Form("i8", shape),
            f"{prefix}_clip_id": Form("i8", shape),
            f"{prefix}_frame": Form("i4", shape, low=0),
            f"{prefix}_box": Form("f4", (*shape, 4)),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray], prefix: str) -> "PatchPlaces":
        """From what `arrays` gave."""
        return cls(*(arrays[f"{prefix}_{field.name}"] for field in fields(cls)))
