"""How well and how fast points are tracked; JSON on standard output.

    python -m benchmarks.tracking [--presets fast quality] [--peers] [--clips held-out] [--data DIR]

Drawn clips with exact truth: three for tuning, five that no setting was ever chosen on. With `--data`
also the end-point error of every flow on Middlebury's RubberWhale (`DIR/flow/RubberWhale`).
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.datasets.image import read_image
from core.datasets.synthetic import Effects, SyntheticClip, render_clip
from core.tracking.config import PRESETS, TrackConfig
from core.tracking.flow_stream import one_thread_in_opencv, stream
from core.tracking.linking import ESTIMATORS, FINE, PLAIN, FlowTracker
from core.tracking.optical_flow import follow, inside
from core.tracking.seeding import new_seeds
from core.trajectories.model import EndReason, PointTrajectories

CLIPS: dict[str, dict[int, Effects]] = {
    "tuning": {101: Effects(), 102: Effects(shadows=True), 103: Effects(parallax=True)},
    "held-out": {
        201: Effects(),
        202: Effects(motion_blur=0.5),
        203: Effects(shadows=True, parallax=True),
        204: Effects(repeated_texture=True),
        205: Effects(motion_blur=0.3, shadows=True, parallax=True),
    },
}
"""Seeds of clips, and what makes each harder."""

TOLERANCE = 2
"""Frames that an end may lie from the truth."""


def draw(seed: int, effects: Effects, frames: int) -> SyntheticClip:
    return render_clip(seed, frames, 640, 480, objects=4, noise=2.0, effects=effects)


def track(frames: np.ndarray, config: TrackConfig, estimators: Any = None) -> PointTrajectories:
    tracker = FlowTracker(frames, config, estimators)
    for _ in tracker.steps():
        pass
    return tracker.trajectories()


def plain_links(frames: np.ndarray) -> PointTrajectories:
    """The paper's linker on the plain flow: forward-backward test alone."""
    return track(frames, TrackConfig(min_length=1, similarity=-1, threads=1), {1: PLAIN})


def pyramidal_klt(frames: np.ndarray) -> PointTrajectories:
    """Lucas-Kanade over three levels, there and back within 1 px; the tracker's seeds of the first frame."""
    config = TrackConfig()
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    height, width = grey[0].shape
    options = {"winSize": (15, 15), "maxLevel": 3}
    xy = new_seeds(grey[0], np.zeros((0, 2), np.float32), config.spacing, config.texture)
    live, paths = np.arange(len(xy)), [[point] for point in xy]
    reasons = np.full(len(xy), EndReason.CLIP_END)
    for before, now in itertools.pairwise(grey):
        there, found, _ = cv2.calcOpticalFlowPyrLK(before, now, xy - 0.5, None, **options)
        back, returned, _ = cv2.calcOpticalFlowPyrLK(now, before, there, None, **options)
        good = (found & returned)[:, 0].astype(bool) & (np.linalg.norm(back + 0.5 - xy, axis=1) < 1)
        good &= inside(there + 0.5, width, height, 1)
        reasons[live[~good]] = EndReason.INCONSISTENT
        live, xy = live[good], there[good] + np.float32(0.5)
        for place, point in zip(live, xy, strict=True):
            paths[place].append(point)
    return PointTrajectories.pack([0] * len(paths), [np.array(path) for path in paths], end_reason=reasons)


# --- truth -------------------------------------------------------------------------------------------


def judge(clip: SyntheticClip, points: PointTrajectories) -> Iterator[dict[str, np.ndarray]]:
    """Trajectories against the truth, those that start in the same frame together.

    Yields:
        `error` (N, T) px, NaN where nothing is tracked; `tracked`, `seen` (N, T) bool; T frames from
        the start on; `ended` (N,) bool, before the clip did.
    """
    total = len(clip.frames)
    for first in np.unique(points.first):
        places = np.flatnonzero(points.first == first)
        starts, lengths = points.xy[points.offsets[places]].astype(np.float64), points.lengths[places]
        span = total - first
        error = np.full((len(places), span), np.nan)
        seen = np.zeros((len(places), span), bool)
        tracked = np.arange(span) < lengths[:, None]
        for step in range(span):
            here = tracked[:, step]
            truth = clip.position(first, starts, first + step)
            seen[:, step] = clip.visible(first, starts, first + step)
            found = points.xy[points.offsets[places[here]] + step]
            error[here, step] = np.linalg.norm(found - truth[here], axis=1)
        yield {"error": error, "tracked": tracked, "seen": seen, "ended": lengths < span}


def scores(clip: SyntheticClip, points: PointTrajectories, earliest: int) -> dict[str, float]:
    """Figures over trajectories that start before frame `earliest`; see `summary` for their names."""
    total = {}
    size = np.array([640, 480])
    for group in judge(clip, points.take(points.first < earliest)):
        error, tracked, seen = group["error"], group["tracked"], group["seen"]
        count, span = error.shape
        both = tracked & seen
        hidden = ~seen
        hidden[:, :-1] &= ~seen[:, 1:]  # hidden for one frame alone is the ragged edge of a silhouette
        gone = np.where(hidden.any(axis=1), hidden.argmax(axis=1), span)
        end = tracked.sum(axis=1)
        reached = (gone < span) & (end >= gone - TOLERANCE)
        close = np.abs(end - gone) <= TOLERANCE
        until_gone = seen & (np.arange(span) < gone[:, None])
        later = np.arange(span) > 0
        # TAP-Vid's scale: 256 × 256, thresholds 1..16; x and y shrink unlike, so take their mean.
        small = error * np.mean(256 / size)
        counts = {
            "error": error[both],
            "late_error": error[:, 30:31][both[:, 30:31]] if span > 30 else np.zeros(0),
            "tracks": count,
            "observations": int(tracked.sum()),
            "occluded": int((tracked & hidden).sum()),
            "drifted": int((np.where(both, error, 0) > 3).any(axis=1).sum()),
            "reached": int(reached.sum()),
            "caught": int((reached & (end <= gone + TOLERANCE)).sum()),
            "ended": int(group["ended"].sum()),
            "ended_right": int((group["ended"] & close & (gone < span)).sum()),
            "premature": int((group["ended"] & (end < gone - TOLERANCE)).sum()),
            "covered": int((tracked & until_gone).sum()),
            "coverable": int(until_gone.sum()),
            "coverable_later": int(until_gone[:, later].sum()),
            "agree": int((tracked == seen)[:, later].sum()),
            "frames": count * (span - 1),
            "seen": int(seen[:, later].sum()),
        }
        for level in (1, 2, 4, 8, 16):
            near = (both & (np.where(tracked, small, np.inf) < level))[:, later]
            counts[f"near{level}"] = int(near.sum())
            counts[f"false{level}"] = int((tracked[:, later] & ~near).sum())
        for name, value in counts.items():
            total.setdefault(name, []).append(value)
    return {
        name: np.concatenate(values) if "error" in name else sum(values) for name, values in total.items()
    }


def summary(clips: list[dict[str, Any]]) -> dict[str, float]:
    """Shares in percent, errors in pixels, over some clips."""
    sums = {
        name: np.concatenate([clip[name] for clip in clips])
        if "error" in name
        else sum(clip[name] for clip in clips)
        for name in clips[0]
    }
    levels = (1, 2, 4, 8, 16)
    jaccard = [100 * sums[f"near{level}"] / (sums["seen"] + sums[f"false{level}"]) for level in levels]
    delta = [100 * sums[f"near{level}"] / sums["seen"] for level in levels]
    error = sums["error"]
    values = {
        "trajectories": sums["tracks"],
        "mean_length": sums["observations"] / sums["tracks"],
        "median_error_px": np.median(error),
        "p95_error_px": np.quantile(error, 0.95),
        "median_error_after_30_frames_px": np.median(sums["late_error"]) if len(sums["late_error"]) else None,
        "below_1_px": 100 * (error < 1).mean(),
        "drift_above_3_px": 100 * sums["drifted"] / sums["tracks"],
        "termination_recall": 100 * sums["caught"] / max(sums["reached"], 1),
        "termination_precision": 100 * sums["ended_right"] / max(sums["ended"], 1),
        "premature": 100 * sums["premature"] / sums["tracks"],
        "on_occluded": 100 * sums["occluded"] / sums["observations"],
        "coverage": 100 * sums["covered"] / sums["coverable"],
        "AJ": np.mean(jaccard),
        "AJ_of_perfect_trajectories_that_end_when_hidden": 100 * sums["coverable_later"] / sums["seen"],
        "delta": np.mean(delta),
        "OA": 100 * sums["agree"] / sums["frames"],
    }
    return {name: value if value is None else round(float(value), 3) for name, value in values.items()}


# --- time --------------------------------------------------------------------------------------------


def cpu(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def wall(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def costs(preset: str, frames: np.ndarray) -> dict[str, float]:
    """CPU a frame of the whole tracker, of its flow alone; wall time of two threads against one."""

    def run(threads: int) -> None:
        track(frames, TrackConfig(preset=preset, threads=threads))

    def flow() -> None:
        for _ in stream(frames, ESTIMATORS[preset], 1, 960):
            pass

    whole, flow_alone = cpu(lambda: run(1)), cpu(flow)
    one, two = wall(lambda: run(1)), wall(lambda: run(2))
    return {
        "cpu_ms_a_frame": round(1000 * whole / len(frames), 1),
        "flow_cpu_ms_a_frame": round(1000 * flow_alone / len(frames), 1),
        "tracker_to_flow": round(whole / flow_alone, 3),
        "two_threads_speed_up": round(one / two, 2),
    }


def linking_ms(points: int = 12_500) -> float:
    """Least CPU time to move so many points by one flow and test them."""
    rng = np.random.default_rng(0)
    forward = rng.normal(size=(480, 640, 2)).astype(np.float32)
    xy = rng.uniform((0, 0), (640, 480), (points, 2)).astype(np.float32)
    with one_thread_in_opencv():
        return round(1000 * min(cpu(lambda: follow(forward, -forward, xy)) for _ in range(30)), 3)


def rubber_whale(folder: Path) -> dict[str, float]:
    """Mean end-point error in pixels of each flow."""
    first, second = (read_image(folder / f"frame{number}.png") for number in (10, 11))
    truth = cv2.readOpticalFlow(str(folder / "flow10.flo"))
    known = (np.abs(truth) < 1e6).all(axis=2)
    return {
        name: round(float(np.linalg.norm(estimator.flow(first, second) - truth, axis=2)[known].mean()), 4)
        for name, estimator in (("plain", PLAIN), ("fine", FINE))
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--presets", nargs="*", choices=PRESETS, default=["fast"])
    parser.add_argument("--clips", nargs="*", choices=list(CLIPS), default=list(CLIPS))
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--peers", action="store_true", help="also the plain linker and pyramidal KLT")
    parser.add_argument("--costs", action="store_true", help="also time, on one clip")
    parser.add_argument("--data", type=Path, help="folder with flow/RubberWhale")
    args = parser.parse_args()
    methods: dict[str, Callable[[np.ndarray], PointTrajectories]] = {
        preset: lambda frames, preset=preset: track(  # type: ignore[misc]
            frames, TrackConfig(preset=preset, min_length=1)
        )
        for preset in args.presets
    }
    if args.peers:
        methods |= {"plain links": plain_links, "pyramidal KLT": pyramidal_klt}
    report: dict[str, Any] = {"linking_12500_points_ms": linking_ms()}
    for group in args.clips:
        found: dict[str, list[tuple[dict, dict]]] = {name: [] for name in methods}
        for seed, effects in CLIPS[group].items():
            clip = draw(seed, effects, args.frames)
            for name, method in methods.items():
                points = method(clip.frames)
                found[name].append((scores(clip, points, 1), scores(clip, points, args.frames * 2 // 3)))
                print(group, seed, name, summary([found[name][-1][0]]), file=sys.stderr)
        report[group] = {
            name: {
                "from_first_frame": summary([first for first, _ in results]),
                "all": summary([every for _, every in results]),
            }
            for name, results in found.items()
        }
    if args.costs:
        frames = draw(101, Effects(), 24).frames
        report["costs"] = {preset: costs(preset, frames) for preset in args.presets}
    if args.data:
        report["rubber_whale_epe_px"] = rubber_whale(args.data / "flow" / "RubberWhale")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
