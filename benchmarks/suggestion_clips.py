"""The sequences that suggestions are measured on: points, tracked once, and annotated frames."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.array_file import read_arrays, write_arrays
from core.datasets import moseg
from core.datasets.found import FoundClip
from core.datasets.reading import open_frames
from core.tracking.config import TrackConfig
from core.tracking.linking import FlowTracker
from core.trajectories.model import PointTrajectories
from core.trajectories.snapshot import POINTS, points_arrays, points_from_arrays

SEQUENCES = (
    *("cars2", "cars3", "cars6", "cars7", "cars8", "cars9"),
    *("marple10", "marple11", "marple13", "marple5", "marple8"),
)
"""Of BMS-26, those that the original program was run on."""

CHOSEN_ON = ("cars2", "cars6", "cars8", "marple10", "marple13")
"""The half that settings were chosen on; the others were looked at only to report them."""


@dataclass(frozen=True, eq=False)
class Sequence:
    """A sequence with its ground truth.

    Attributes:
        found: as the reader of BMS-26 has it.
        truth: frame → (H, W) int32, the region of each pixel, 0 the background.
        penalties: (R, R) float64, what it costs to take a region for another; Def.dat's.
    """

    found: FoundClip
    truth: dict[int, np.ndarray]
    penalties: np.ndarray


def read_sequence(data: Path, name: str) -> Sequence:
    """A sequence of `DIR/moseg_dataset`."""
    folder = data / "moseg_dataset" / name
    found = moseg.read_sequence(folder)
    truth = {one.frame: one.labels for one in moseg.read_labels(found)}
    return Sequence(found, truth, penalties(folder / f"{name}Def.dat", len(found.regions)))


def penalties(path: Path, regions: int) -> np.ndarray:
    """(R, R) float64: the matrix of a Def.dat."""
    text = path.read_text(encoding="latin-1")
    values = text.split("Confusion penality matrix:", 1)[1].split("Total", 1)[0].split()
    return np.array(values, np.float64).reshape(regions, regions)


def tracked(found: FoundClip, cache: Path | None, preset: str, spacing: int) -> PointTrajectories:
    """All points of a clip, short ones too; kept in a folder, and read from there where they are."""
    kept = None if cache is None else cache / f"{found.clip.name}-{preset}-{spacing}.npz"
    if kept is not None and kept.exists():
        return points_from_arrays(read_arrays(kept, POINTS))
    with open_frames(found.clip) as images:
        tracker = FlowTracker(images, TrackConfig(preset=preset, spacing=spacing, min_length=1))
        for _ in tracker.steps():
            pass
    points = tracker.trajectories()
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(kept, points_arrays(points))
    return points


def of_first_frames(points: PointTrajectories, frames: int, shortest: int) -> PointTrajectories:
    """What the tracker would have found had the clip only so many frames: it looks at no later ones."""
    there = points.take(points.first < frames)
    lengths = np.minimum(there.lengths, frames - there.first)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    rows = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - there.offsets[:-1], lengths)
    cut = PointTrajectories(
        ids=there.ids,
        first=there.first,
        offsets=offsets,
        xy=there.xy[rows],
        error=there.error[rows],
        origin=there.origin[rows],
        end_reason=there.end_reason,
        review=there.review,
        labels=there.labels,
    )
    return cut.take(cut.lengths >= min(shortest, frames))
