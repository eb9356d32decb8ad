"""What of a clip goes into another program's format."""

from sqlalchemy import Connection

from core.datasets.clip import Clip
from core.trajectories import store
from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review


def exported(
    connection: Connection, clip: Clip, rejected: bool = False
) -> tuple[PointTrajectories, list[ObjectTrajectory]]:
    """The trajectories of a clip and of its chosen annotator; rejected ones only where that is asked for."""
    points = store.points(connection, clip.id)
    objects = store.objects(connection, clip.id, clip.annotator)
    if not rejected:
        points = points.take(points.review != Review.REJECTED)
        objects = [one for one in objects if one.review != Review.REJECTED]
    return points, objects
