"""The patches that excite each conv1 filter most: `results/excitations/step-NNNNNN.npz`.

```
patch_*    (F, K)     the patches, the most exciting first, see `PatchPlaces` for the arrays
response   (F, K)     float32, the filter's highest response in the patch, before ReLU
spot       (F, K, 4)  float32, pixels of the frame: where in it the filter lies that responds so
```

All patches are of one sample that stays the same at every step of a run, each at most once for a filter.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.array_file import Form, measured, read_arrays
from core.pretraining.record.patch_places import PatchPlaces
from core.pretraining.record.step_files import step_file, write_step

ROOM = "excitations"

KEPT = 9
"""Patches that are kept of each filter."""

_FORMS = {
    **PatchPlaces.forms("patch", "F", "K"),
    "response": measured("f4", "F", "K"),
    "spot": Form("f4", ("F", "K", 4)),
}


@dataclass(frozen=True, eq=False)
class Excitations:
    """Of one step; see the module."""

    step: int
    patch: PatchPlaces
    response: np.ndarray
    spot: np.ndarray

    @property
    def silent(self) -> np.ndarray:
        """(F,) bool: no patch of the sample makes the filter pass the ReLU behind it."""
        return self.response.max(axis=1) <= 0

    def write(self, folder: Path) -> None:
        """Write the file of its step in a run's folder.

        Raises:
            OSError: it cannot be written.
        """
        arrays = {**self.patch.arrays("patch"), "response": self.response, "spot": self.spot}
        write_step(folder, ROOM, self.step, arrays)


def read_excitations(folder: Path, step: int) -> Excitations:
    """Those of a step.

    Raises:
        StudioError: they were not recorded at this step, or the file is damaged.
    """
    arrays = read_arrays(step_file(folder, ROOM, step), _FORMS)
    return Excitations(step, PatchPlaces.of_arrays(arrays, "patch"), arrays["response"], arrays["spot"])


def spots(
    boxes: np.ndarray, places: np.ndarray, size: int, *, side: int, stride: int, pad: int
) -> np.ndarray:
    """Where in their frames filters lie that respond at some places of their maps.

    Args:
        boxes: (..., 4) float32, the patches' boxes in their frames, pixels.
        places: (..., 2) int, row and column in the filter's map.
        size: side of a patch as the network sees it, in pixels.
        side, stride, pad: of the filter, in pixels of that patch.

    Returns:
        (..., 4) float32, pixels of the frames.
    """
    corner = places[..., ::-1] * stride - pad  # x, y in the patch
    share = np.concatenate([corner, corner + side], axis=-1) / size
    origin, extent = boxes[..., :2], boxes[..., 2:] - boxes[..., :2]
    pixels = np.tile(origin, 2) + share * np.tile(extent, 2)
    return pixels.astype(np.float32)
