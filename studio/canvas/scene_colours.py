"""Colours of what is in a scene."""

import numpy as np
from PySide6.QtGui import QColor

from studio.canvas.colours import Colouring, colouring
from studio.canvas.scene import Scene
from studio.view_state import Layers


def point_colours(scene: Scene, layers: Layers) -> Colouring:
    """Of the points, in their order."""
    points, rows = scene.points, scene.rows
    return colouring(
        layers.colour_by,
        scene.ids,
        points.error[rows],
        points.origin[rows],
        points.review[scene.places],
        layers.losses,
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
    )


def colour_of(scene: Scene, trajectory_id: int, layers: Layers) -> QColor:
    """Of one trajectory that is in the scene."""
    alone = scene.among({trajectory_id})
    colours = object_colours(alone, layers) if alone.objects else point_colours(alone, layers)
    return QColor(*(int(value) for value in colours.table[colours.index[0]]))
