"""Colours of what is in a scene."""

import numpy as np

from core.overlay.colours import Colouring, colouring
from core.overlay.layers import Layers
from core.overlay.scene import Scene


def point_colours(scene: Scene, layers: Layers) -> Colouring:
    """Of the points, in their order."""
    points, rows, by_label = scene.points, scene.rows, layers.colour_by == "label"
    return colouring(
        layers.colour_by,
        scene.ids,
        points.error[rows],
        points.origin[rows],
        points.review[scene.places],
        layers.losses,
        layers.labels.of_points(points, scene.places) if by_label else None,
    )


def object_colours(scene: Scene, layers: Layers) -> Colouring:
    """Of the objects, in their order; they have no forward-backward error."""
    here = scene.objects
    return colouring(
        layers.colour_by,
        np.array([one.id for one in here], np.int64),
        np.full(len(here), np.nan, np.float32),
        np.array([one.trajectory.origin[one.place] for one in here], np.int64),
        np.array([one.trajectory.review for one in here], np.int64),
        layers.losses,
        layers.labels.colouring([one.trajectory.label for one in here]),
    )
