"""What trajectories amount to, in a few words."""

from collections.abc import Sequence

import numpy as np

from core.trajectories.exchange.assembling import counted
from core.trajectories.model import ObjectTrajectory, PointTrajectories


def summary(points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> str:
    """Such as "3 objects and 120 points with 2,000 observations in 40 frames"."""
    frames = np.concatenate([points.frame, *(one.frames for one in objects)])
    parts = [counted(len(objects), "object")] if objects else []
    if len(points) or not objects:
        parts.append(counted(len(points), "point"))
    seen = counted(len(frames), "observation")
    return f"{' and '.join(parts)} with {seen} in {counted(len(np.unique(frames)), 'frame')}"
