"""Which frame of a track is gone to when it is chosen in the table."""

import numpy as np

from core.trajectories.model import ObjectTrajectory, PointTrajectories

WORST_BY = ("mean_error", "max_error", "confidence", "audit", "to_check")
"""Columns of the table: sorted by one of them, what stands for it at its worst is shown."""


def frame_to_show(track: ObjectTrajectory | PointTrajectories, frame: int, column: str) -> int:
    """The frame of a track where what a column says is at its worst; of other columns the nearest.

    Args:
        track: an object, or one point.
        frame: what is looked at now.
        column: the column that the table is sorted by.
    """
    frames = track.frames if isinstance(track, ObjectTrajectory) else track.frame
    worst = _worst(track, column)
    if worst is not None:
        return int(frames[worst])
    near = track.to_check if column == "to_check" and isinstance(track, ObjectTrajectory) else frames
    near = near if len(near) else frames
    return int(near[np.abs(near - frame).argmin()])


def _worst(track: ObjectTrajectory | PointTrajectories, column: str) -> int | None:
    """The place of the worst observation; None where the column does not say."""
    if isinstance(track, ObjectTrajectory):
        values = {"confidence": track.confidence, "audit": track.overlap}.get(column)
    elif column in ("mean_error", "max_error"):
        values = -track.error
        values[:1] = np.nan  # no link led to the first
    else:
        values = None
    return None if values is None or np.isnan(values).all() else int(np.nanargmin(values))
