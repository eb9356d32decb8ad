"""Things that move though no object's track follows them, and what is decided on them."""

from core.review.findings import Findings, Item
from core.review.material import Material
from core.tracking.movers import Mover, movers
from core.trajectories.dismissals import Dismiss
from core.trajectories.found_object import AddFoundObject
from core.trajectories.model import Review

NAME = "untracked"

_MEETS = 0.5  # of the shorter span of two groups that meet: they are the same, found again


def untracked(material: Material) -> Findings:
    """Each group of points that moves in no object; the value is its speed against the camera.

    The track is the point nearest its middle, the frame that in which it has most points. One of which a
    person said that it is nothing is left out, in whatever frames around it is found again.
    """
    clip = material.clip
    followed = [one for one in material.objects.values() if one.review != Review.REJECTED]
    found = []
    for one in movers(material.points, followed, clip.width, clip.height):
        first, last = int(one.frames[0]), int(one.frames[-1])
        if not _is_dismissed(material, one):
            frame, id, count = (int(values[one.best]) for values in (one.frames, one.ids, one.points))
            found.append(Item(clip.id, (id,), first, last, frame, one.speed, count, one))
    return Findings.of_items(found)


def reason(item: Item) -> str:
    """Why it is to be looked at, for people."""
    return (
        f"In frames {item.first} to {item.last}, {item.note} points that lie in no object go "
        f"{item.value:.1f} px a frame against the camera."
    )


def add_object(item: Item) -> AddFoundObject:
    """An object of boxes around the points, to be corrected."""
    one = _mover(item)
    return AddFoundObject(item.clip_id, one.frames, one.boxes, item.frame)


def leave(item: Item) -> Dismiss:
    """Say that nothing is to be followed there."""
    one = _mover(item)
    boxes = {str(frame): box for frame, box in zip(one.frames.tolist(), one.boxes.tolist(), strict=True)}
    values = {"recipe": NAME, "clip_id": item.clip_id, "boxes": boxes}
    return Dismiss(item.clip_id, f"what moves in frames {item.first} to {item.last}", values)


def _mover(item: Item) -> Mover:
    assert isinstance(item.proposal, Mover), "an item without its group"
    return item.proposal


def _is_dismissed(material: Material, one: Mover) -> bool:
    """Whether a group was dismissed: the middles of its boxes lie in those of the time, where they meet."""
    for values in material.dismissed:
        if values.get("recipe") == NAME and values.get("clip_id") == material.clip.id:
            boxes, hits, meets = values["boxes"], 0, 0
            for frame, (x1, y1, x2, y2) in zip(one.frames.tolist(), one.boxes.tolist(), strict=True):
                if (then := boxes.get(str(frame))) is not None:
                    meets += 1
                    x, y = (x1 + x2) / 2, (y1 + y2) / 2
                    hits += then[0] <= x <= then[2] and then[1] <= y <= then[3]
            if meets >= _MEETS * min(len(boxes), len(one.frames)) and 2 * hits >= meets:
                return True
    return False
