"""An `.npz` with the arrays of TAP-Vid: every point in every frame, and whether it is seen there.

`tracks` (N, T, 2) float32, x and y in pixels of the frame, the centre of the top left pixel (0.5, 0.5),
0 where not visible; `visible` (N, T) bool; `ids` (N,) int64. Source: Doersch et al., TAP-Vid, NeurIPS
2022 (whose own files are pickles with coordinates in 0..1 and `occluded` instead of `visible`).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write point trajectories; objects have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    tracks = np.zeros((len(points), clip.frames, 2), np.float32)
    visible = np.zeros((len(points), clip.frames), bool)
    tracks[points.owner, points.frame] = points.xy
    visible[points.owner, points.frame] = True
    with replacing(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, tracks=tracks, visible=visible, ids=points.ids)
