"""MOTChallenge text: `frame,id,left,top,width,height,confidence,class,visibility`, a line an observation.

Everything counts from 1 there: frames, ids, and pixels, so 1 is added to the frame and to the left and
top of our boxes. Class and visibility are unknown (-1). Source: Milan et al., MOT16, 2016.
"""

from collections.abc import Sequence
from pathlib import Path

from core.datasets.clip import Clip
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write the boxes of objects, numbered from 1 in the order given; points have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    rows = []
    for number, one in enumerate(objects, start=1):
        for frame, (x1, y1, x2, y2), sure in zip(one.frames, one.boxes, one.confidence, strict=True):
            rows.append((int(frame) + 1, number, x1 + 1, y1 + 1, x2 - x1, y2 - y1, sure, -1, -1))
    rows.sort(key=lambda row: row[:2])
    with replacing(path) as partial, open(partial, "w", encoding="ascii", newline="\n") as file:
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)
