"""Points by hand: how soon a click is answered, how exactly a point is followed, and how gaps are bridged.

`python -m benchmarks.points_by_hand [FOLDER]` prints JSON. Exactness is measured on drawn clips, whose truth
is known: points are followed both ways from the middle, and gaps are cut out of their true paths and bridged.
With a folder of frames (such as a clip of DAVIS at 480p), points are followed in it for the times: of the
first frame that is found and of every frame, as wall time and CPU, with the load average beside them.
"""

import itertools
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tracking_cost import load
from core.datasets.frames import find
from core.datasets.reading import open_frames
from core.datasets.synthetic import SyntheticClip, render_clip
from core.tracking.following import follow_point
from core.tracking.repair import bridge

SEEDS, FRAMES, POINTS = (5, 13, 21), 32, 12
GAPS = (2, 5, 10, 20)
"""Frames that are cut out of a path."""


def seen(clip: SyntheticClip, frame: int) -> np.ndarray:
    """(N, 2) places in a frame of points that are seen in all frames, spread over objects and background."""
    height, width = clip.labels.shape[1:]
    places = np.random.default_rng(frame).uniform(16, (width - 16, height - 16), (400, 2))
    return places[np.all([clip.visible(frame, places, other) for other in range(FRAMES)], axis=0)][:POINTS]


def following(clip: SyntheticClip) -> tuple[list[float], int, int]:
    """Errors in pixels of all that was found, how many frames were found and how many there were."""
    middle, errors, wanted = FRAMES // 2, list[float](), 0
    for start in seen(clip, middle):
        for end in (FRAMES - 1, 0):
            for one in follow_point(clip.frames, start, middle, end):
                truth = clip.position(middle, start[None], one.frame)[0]
                errors.append(float(np.linalg.norm(one.xy - truth)))
            wanted += abs(end - middle)
    return errors, len(errors), wanted


def bridging(clip: SyntheticClip, gap: int) -> tuple[list[float], list[float]]:
    """The largest error in pixels within each gap, bridged and straight."""
    bridged, straight = [], []
    first = (FRAMES - gap) // 2 - 1
    inside = slice(first + 1, first + 1 + gap)
    for start in seen(clip, 0):
        truth = np.concatenate([clip.position(0, start[None], frame) for frame in range(FRAMES)])
        path = truth.astype(np.float32)
        path[inside] = np.linspace(path[first], path[inside.stop], gap + 2)[1:-1]
        straight.append(float(np.linalg.norm(path - truth, axis=1)[inside].max()))
        found, _ = bridge(clip.frames, path, first, inside.stop)
        bridged.append(float(np.linalg.norm(found - truth[inside], axis=1).max()))
    return bridged, straight


def times(folder: Path) -> dict[str, Any]:
    """Milliseconds of following single points through frames in a folder, from its middle on."""
    found = find(folder, lambda done, total, what: None)
    if found is None:
        raise SystemExit(f"{folder} holds no frames.")
    clip = found.clips[0].clip
    middle, last = clip.frames // 2, clip.frames - 1
    firsts, walls, cpus = [], [], []
    for x, y in itertools.product((0.3, 0.5, 0.7), repeat=2):
        started, used = time.perf_counter(), time.process_time()
        with open_frames(clip) as frames:
            count, way = 0, follow_point(frames, np.array((x * clip.width, y * clip.height)), middle, last)
            for count, _ in enumerate(way, start=1):
                if count == 1:
                    firsts.append(1000 * (time.perf_counter() - started))
        if count:
            walls.append(1000 * (time.perf_counter() - started) / count)
            cpus.append(1000 * (time.process_time() - used) / count)
    return {
        "frame": f"{clip.width} x {clip.height}",
        "first_ms": round(statistics.median(firsts), 1),
        "a_frame_ms": round(statistics.median(walls), 1),
        "a_frame_cpu_ms": round(statistics.median(cpus), 1),
        "load": load(),
    }


def main() -> None:
    clips = [render_clip(seed, frames=FRAMES) for seed in SEEDS]
    followed = [following(clip) for clip in clips]
    errors = np.concatenate([one[0] for one in followed])
    result: dict[str, Any] = {
        "following": {
            "median_px": round(float(np.median(errors)), 3),
            "p95_px": round(float(np.percentile(errors, 95)), 2),
            "found": round(sum(one[1] for one in followed) / sum(one[2] for one in followed), 3),
        }
    }
    for gap in GAPS:
        both = [bridging(clip, gap) for clip in clips]
        bridged, straight = (list(itertools.chain(*each)) for each in zip(*both, strict=True))
        result[f"gap_of_{gap}"] = {
            "bridged_px": round(statistics.median(bridged), 3),
            "straight_px": round(statistics.median(straight), 3),
        }
    if len(sys.argv) > 1:
        result["times"] = times(Path(sys.argv[1]))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
