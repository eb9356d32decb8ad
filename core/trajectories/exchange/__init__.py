"""Trajectories in other programs' formats, one module a format."""

from collections.abc import Callable, Sequence
from pathlib import Path

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange import brox, coco, davis, mot, table, tapvid
from core.trajectories.model import ObjectTrajectory, PointTrajectories

Writer = Callable[[Clip, PointTrajectories, Sequence[ObjectTrajectory], Path], None]

FORMATS: dict[str, tuple[Writer, str]] = {
    "brox": (brox.write, ".dat"),
    "tapvid": (tapvid.write, ".npz"),
    "davis": (davis.write, ""),  # a folder of pictures
    "mot": (mot.write, ".txt"),
    "coco": (coco.write, ".json"),
    "csv": (table.write, ".csv"),
}
"""What writes a format, and the suffix of what it writes."""


def export_clip(
    format: str, clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], folder: Path
) -> Path:
    """Write one clip's trajectories as `<folder>/<clip name><suffix>`, whole or not at all.

    Every trajectory given is written, rejected ones too: leave out beforehand what is not wanted.

    Returns:
        The path written.

    Raises:
        StudioError: there is no such format, the format cannot number that much, or the folder
            cannot be written to.
    """
    if format not in FORMATS:
        raise StudioError(f"There is no export format {format!r}; choose {', '.join(FORMATS)}.")
    write, suffix = FORMATS[format]
    path = folder / (clip.name.replace("/", "_").replace("\\", "_") + suffix)
    write(clip, points, objects, path)
    return path
