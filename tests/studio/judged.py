"""What the densifier says of an object that is in a project: audits of its keyframes, frames to check."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from core.trajectories.bulk_edits import FillObservations
from core.trajectories.model import Flag, Origin
from studio.document import Document


def judge(
    document: Document, clip_id: int, id: int, audit: Mapping[int, float], to_check: Collection[int]
) -> None:
    """Store `audit`, keyframe → overlap, and flag the filled frames `to_check`, as one edit."""
    one = document.objects(clip_id)[id]
    rows = np.flatnonzero(one.origin == Origin.PROPAGATED)
    names = ("frames", "boxes", "origin", "confidence", "overlap")
    filled = replace(
        one,
        **{name: getattr(one, name)[rows] for name in names},
        masks=tuple(one.masks[row] for row in rows),
        flags=np.where(np.isin(one.frames[rows], list(to_check)), Flag.DISAGREES, 0).astype(np.uint8),
    )
    assert document.perform(FillObservations({clip_id: {id: filled}}, audit={clip_id: {id: audit}}))
