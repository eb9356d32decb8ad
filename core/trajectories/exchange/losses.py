"""What a format cannot hold, in sentences for whoever exports."""

from collections.abc import Sequence

from core.trajectories.exchange import FORMATS
from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review


def losses(format: str, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> list[str]:
    """A sentence for each kind of thing that is there and that the format does not keep; often none."""
    holds = FORMATS[format].holds
    has_objects = bool(holds & {"boxes", "masks"})
    masks = sum(runs is not None for one in objects for runs in one.masks)
    boxes = sum(len(one.frames) for one in objects)
    kept_labels = list(points.labels) * ("points" in holds) + [one.label for one in objects] * has_objects
    kept_reviews = [*points.review.tolist()] * ("points" in holds) + [
        one.review for one in objects
    ] * has_objects
    facts = {
        f"{len(points)} point trajectories are left out": len(points) and "points" not in holds,
        f"{len(objects)} object trajectories are left out": len(objects) and not has_objects,
        f"{masks} masks become boxes": masks and "boxes" in holds and "masks" not in holds,
        f"{boxes - masks} boxes without a mask are left out": boxes > masks and holds == {"masks"},
        "labels are not kept": any(kept_labels) and "labels" not in holds,
        "what was annotated, edited or propagated is not told apart": (
            kept_reviews and not holds & {"origins", "keyframes"}
        ),
        "accepted and rejected trajectories are not told apart": (
            any(review != Review.OPEN for review in kept_reviews) and "reviews" not in holds
        ),
    }
    return [f"In {format}, {fact}." for fact, applies in facts.items() if applies]
