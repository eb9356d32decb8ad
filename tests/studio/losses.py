"""Losses of a run, made by hand."""

import numpy as np

from core.overlay.track_losses import TrackLosses
from core.pretraining.record.trajectory_losses import TrajectoryLosses


def losses(means: dict[int, float]) -> TrackLosses:
    """Of a run called `a run`: id → mean loss, NaN where it never drew the track as an anchor."""
    ids = np.array(sorted(means), np.int64)
    mean = np.array([means[id] for id in ids.tolist()], np.float32)
    drawn = np.isfinite(mean).astype(np.int32)
    return TrackLosses(
        "a run",
        TrajectoryLosses(
            ids, 3 * drawn, 2 * drawn, drawn, mean, mean + np.float32(0.5), (100 * drawn).astype(np.int32)
        ),
    )
