"""The summary of a clip from its trajectories that are in memory."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review
from core.trajectories.store import ClipSummary


def counted(
    before: ClipSummary, points: PointTrajectories, objects: Collection[ObjectTrajectory]
) -> ClipSummary:
    """The summary of a clip from its trajectories: counting in the database takes a scan of them all."""
    review = np.concatenate([points.review, np.array([one.review for one in objects], np.uint8)])
    keyframes = np.concatenate([np.zeros(0, np.int32), *(one.keyframes for one in objects)])
    return replace(
        before,
        annotated=len(np.unique(keyframes)),
        objects=len(objects),
        points=len(points),
        accepted=int((review == Review.ACCEPTED).sum()),
        rejected=int((review == Review.REJECTED).sum()),
        suggested=int((review == Review.SUGGESTED).sum()),
    )
