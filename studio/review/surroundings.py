"""The part of the frame to show for an item: its tracks, with room around them."""

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QRectF

from core.review.findings import Item
from core.tracking.movers import Mover
from core.trajectories.model import ObjectTrajectory, PointTrajectories

LEAST = 100.0
"""Frame pixels kept free on each side at least."""

SHARE = 0.5
"""Of the tracks' own size, kept free on each side where that is more."""


def surroundings(
    item: Item, points: PointTrajectories, objects: Mapping[int, ObjectTrajectory]
) -> QRectF | None:
    """In pixels of the frame; of a track that is not in the item's frame, where it is nearest in time."""
    corners = []
    if isinstance(item.proposal, Mover):
        corners.append(item.proposal.boxes[item.proposal.best].reshape(2, 2))
    for id in item.tracks:
        if id in objects:
            one = objects[id]
            place = int(np.abs(one.frames - item.frame).argmin())
            corners.append(one.boxes[place].reshape(2, 2))
        else:
            for at in np.flatnonzero(points.ids == id).tolist():
                frame = min(max(item.frame, int(points.first[at])), int(points.last[at]))
                corners.append(points.points(at)[frame - int(points.first[at])][None])
    if not corners:
        return None
    joined = np.concatenate(corners).astype(float)
    low, high = joined.min(axis=0), joined.max(axis=0)
    space = np.maximum((high - low) * SHARE, LEAST)
    (x, y), (width, height) = (low - space).tolist(), (high - low + 2 * space).tolist()
    return QRectF(x, y, width, height)
