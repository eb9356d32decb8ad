"""Points to look at: a bad link in the path, and two that are likely one, a few frames apart."""

import numpy as np
from scipy.spatial import cKDTree

from core.review.findings import Findings, Item
from core.review.material import Material, along
from core.trajectories.model import EndReason, PointTrajectories

AROUND = 3
"""Frames before and after the one that shows it best."""

LONGEST = 5
"""Frames that a gap to bridge has at most."""

FARTHEST = 10.0
"""Pixels between where a point would be and where another one starts, at most."""

_NEIGHBOURS = 8  # points from which is taken how the scene moves about one that is lost
_STEPS = 3  # links from which the speed at an end is taken


def worst_links(material: Material) -> Findings:
    """Each open point with the largest forward–backward error of its links, in pixels, where it is known."""
    points = material.open_points
    worst, frames = along(points, points.error)
    known = np.flatnonzero(worst > 0)
    frames = frames[known]
    count = len(known)
    return Findings(
        clips=np.full(count, material.clip.id, np.int64),
        tracks=np.stack((points.ids[known], np.zeros(count, np.int64)), 1),
        frames=np.stack(
            (
                np.maximum(frames - AROUND, points.first[known]),
                np.minimum(frames + AROUND, points.last[known]),
                frames,
            ),
            1,
        ).astype(np.int32),
        values=worst[known],
        notes=points.lengths[known],
    )


def gaps(material: Material) -> Findings:
    """Pairs of points, each point in one pair at most: where one ends, the other starts, soon and near.

    The value is how many pixels lie between the two in the middle of the gap, had the first gone on at its
    speed and had the second come with its own, so that even acceleration counts for nothing; or, where that
    is less, between them after it, had the first gone with the points around it that live on: a camera in a
    hand has no even speed. Pairs of the smallest come first. A point of one observation has the speed of the
    other. Ends because the frame or the clip ends are no gaps. A pair that was dismissed is left out.
    """
    points = material.points.take(~np.isin(material.points.ids, list(material.rejected)))
    ended = np.isin(points.end_reason, (EndReason.CLIP_END, EndReason.LEFT_FRAME), invert=True)
    ends = np.flatnonzero(ended & (points.last < material.clip.frames - 1))
    births = np.flatnonzero(points.first > 0)
    pairs: list[tuple[float, int, int]] = []
    leaving, coming = _speeds(points)
    carried = _carried(points, ends)
    for gap in range(1, LONGEST + 2):  # frames from the last of one to the first of the other
        for frame in np.intersect1d(points.last[ends] + gap, points.first[births]).tolist():
            ended_then = np.flatnonzero(points.last[ends] == frame - gap)
            one, moved = ends[ended_then], carried[ended_then, gap - 1]
            other = births[points.first[births] == frame]
            end, start = points.xy[points.offsets[one + 1] - 1], points.xy[points.offsets[other]]
            for some in np.array_split(np.arange(len(one)), max(1, len(one) * len(other) // 1_000_000)):
                before, after = leaving[one[some], None], coming[other][None]
                before, after = (
                    np.nan_to_num(np.where(np.isnan(own), others, own))
                    for own, others in ((before, after), (after, before))
                )
                between = end[some, None] - start[None]
                apart = np.linalg.norm(between + gap / 2 * (before + after), axis=2)
                apart = np.fmin(apart, np.linalg.norm(between + moved[some, None], axis=2))
                for row, column in np.argwhere(apart <= FARTHEST).tolist():
                    pairs.append((float(apart[row, column]), int(one[some[row]]), int(other[column])))
    dismissed = {
        tuple(values["tracks"]) for values in material.dismissed if values.get("recipe") == "short_gaps"
    }
    found, taken = [], set()
    for apart_by, one_at, other_at in sorted(pairs):
        ids = int(points.ids[one_at]), int(points.ids[other_at])
        if one_at not in taken and -1 - other_at not in taken and ids not in dismissed:
            taken |= {one_at, -1 - other_at}
            last, first = int(points.last[one_at]), int(points.first[other_at])
            found.append(Item(material.clip.id, ids, last, first, last, round(apart_by, 2), first - last - 1))
    return Findings.of_items(found)


def _carried(points: PointTrajectories, ends: np.ndarray) -> np.ndarray:
    """(E, LONGEST + 1, 2) where the points around some that end go in 1, 2, … frames from there, pixels.

    The median of the `_NEIGHBOURS` nearest that live on so long, or to the end of the clip; NaN without them.
    """
    found = np.full((len(ends), LONGEST + 1, 2), np.nan)
    owner, last = points.owner, points.last
    for frame in np.unique(last[ends]).tolist():
        until = min(frame + LONGEST + 1, int(last.max()))
        rows = points.at(frame)
        rows = rows[last[owner[rows]] >= until]
        ended = np.flatnonzero(last[ends] == frame)
        if len(rows) < _NEIGHBOURS or until == frame:
            continue
        at = points.xy[points.offsets[ends[ended] + 1] - 1]
        near = rows[cKDTree(points.xy[rows]).query(at, _NEIGHBOURS)[1]]
        for gap in range(1, until - frame + 1):
            found[ended, gap - 1] = np.median(points.xy[near + gap] - points.xy[near], axis=1)
    return found


def _speeds(points: PointTrajectories) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) float, pixels a frame at the end of each trajectory and at its start; NaN of one place."""
    steps = np.minimum(points.lengths - 1, _STEPS)
    last, first = points.offsets[1:] - 1, points.offsets[:-1]
    frames = np.where(steps > 0, steps, np.nan)[:, None]
    at_end, at_start = points.xy[last] - points.xy[last - steps], points.xy[first + steps] - points.xy[first]
    return at_end / frames, at_start / frames
