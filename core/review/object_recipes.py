"""Objects to look at: where the densifier is unsure or wrong, where one begins, where identities change."""

import numpy as np

from core.identity.open_proposals import open_proposals
from core.review.findings import Findings, Item
from core.review.material import Material
from core.tracking.next_keyframe import next_keyframe
from core.trajectories.model import Review


def poorly_filled(material: Material) -> Findings:
    """Each open object that was audited, at the keyframe that the densifier fills worst when it is hidden.

    The value is the IoU there; the frames are those from the keyframe before to the one after.
    """
    found = []
    for one in material.open_objects:
        if np.isfinite(one.overlap).any():
            place = int(np.nanargmin(one.overlap))
            frame, keys = int(one.frames[place]), one.keyframes
            before, after = keys[keys < frame], keys[keys > frame]
            first = int(before[-1]) if len(before) else frame
            last = int(after[0]) if len(after) else frame
            value = round(float(one.overlap[place]), 4)
            audited = int(np.isfinite(one.overlap).sum())
            found.append(Item(material.clip.id, (one.id,), first, last, frame, value, audited))
    return Findings.of_items(found)


def next_keyframes(material: Material) -> Findings:
    """Each open object that was filled, at the frame whose annotation is expected to mend most of it.

    The value is the expected gain in IoU, summed over the frames; the frames are those that would change.
    """
    found = []
    for one in material.open_objects:
        best = next_keyframe(one)
        if best is not None:
            place = one.place(best.frame)
            sure = round(100 * float(one.confidence[place])) if place is not None else 0
            clip_id = material.clip.id
            found.append(Item(clip_id, (one.id,), best.first, best.last, best.frame, best.gain, sure))
    return Findings.of_items(found)


def disagreements(material: Material) -> Findings:
    """Runs of frames in which ways of filling an object disagree; the value is how many frames.

    The frame is the one in which the densifier is least sure.
    """
    found = []
    for id, one in material.objects.items():
        flagged = one.to_check
        if one.review == Review.REJECTED or not len(flagged):
            continue
        for run in np.split(flagged, np.flatnonzero(np.diff(flagged) > 1) + 1):
            confidence = one.confidence[np.searchsorted(one.frames, run)]
            frame = int(run[int(np.argmin(confidence))])
            item = Item(material.clip.id, (id,), int(run[0]), int(run[-1]), frame, float(len(run)))
            found.append(item)
    return Findings.of_items(found)


def births(material: Material) -> Findings:
    """Each open object that begins after the first frame; the value is the pixels to the nearest edge.

    An object that enters the picture begins at an edge; one that begins far from it was often lost before
    or comes from behind something. Points begin anywhere, as the tracker sows them, and are left out.
    """
    found = []
    width, height = material.clip.width, material.clip.height
    for one in material.open_objects:
        if len(one.frames) and one.frames[0] > 0:
            x1, y1, x2, y2 = one.boxes[0].astype(float).tolist()
            edge = max(0.0, min(x1, y1, width - x2, height - y2))
            first = int(one.frames[0])
            last = min(int(one.frames[-1]), first + 5)
            item = Item(material.clip.id, (one.id,), first - 1, last, first, round(edge, 1))
            found.append(item)
    return Findings.of_items(found)


def identity_errors(material: Material) -> Findings:
    """What a network proposes to cut or swap, as far as it is open; the value is its certainty."""
    found = []
    for one, tracks in open_proposals(
        material.proposals, material.dismissed, material.objects, material.points
    ):
        before, after = min(step.before for step in one.steps), max(step.after for step in one.steps)
        clip_id = material.clip.id
        found.append(Item(clip_id, tracks, before, after, one.frame, one.certainty, proposal=one))
    return Findings.of_items(found)
