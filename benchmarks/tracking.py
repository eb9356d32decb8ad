"""How well and how fast points are tracked; JSON on standard output.

    python -m benchmarks.tracking [--presets fast quality] [--peers] [--clips held-out] [--data DIR]
                                  [--set bridging=true] [--speed] [--memory]

Drawn clips with exact truth: three for tuning and ten that no setting was ever chosen on, five of them with
four objects that hide each other and five with two (`sparse`). Trajectories are
judged in three groups: those from the first frame; those from frames 0, 15 and 30 with seeds in these
alone; and all that start in the first two thirds. With `--data` also the end-point error of every flow on
Middlebury's RubberWhale (`DIR/flow/RubberWhale`); for `--speed` and `--memory` see `tracking_cost`.

AJ, delta and OA are TAP-Vid's: every frame after the start counts. Our trajectories end when their point is
hidden, so what is seen of it later is missed; `perfect_*` is what exact trajectories would reach that end
so, and `*_before_it_is_seen_again` leaves those later frames out (perfect ones reach 100).
"""

import argparse
import itertools
import json
import sys
import tomllib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import tracking_cost
from benchmarks.point_tracker import PointTracker
from core.config import from_dict
from core.datasets.image import read_image
from core.datasets.synthetic import Effects, SyntheticClip, render_clip
from core.tracking.config import PRESETS, TrackConfig
from core.tracking.linking import ESTIMATORS, FINE, PLAIN, FlowTracker
from core.tracking.optical_flow import FlowEstimator, inside
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
    "sparse": {
        301: Effects(),
        302: Effects(),
        303: Effects(),
        304: Effects(shadows=True, parallax=True),
        305: Effects(motion_blur=0.3),
    },
}
"""Seeds of clips, and what makes each harder."""

OBJECTS = {"tuning": 4, "held-out": 4, "sparse": 2}
"""Objects in each clip."""

TOLERANCE = 2
"""Frames that an end may lie from the truth."""


def draw(seed: int, effects: Effects, frames: int, objects: int = 4) -> SyntheticClip:
    return render_clip(seed, frames, 640, 480, objects=objects, noise=2.0, effects=effects)


def finish(tracker: PointTracker) -> PointTrajectories:
    for _ in tracker.steps():
        pass
    return tracker.trajectories()


class Remembered:
    """Flow of a clip that is held in memory, computed once for each two of its frames."""

    def __init__(self, estimator: FlowEstimator) -> None:
        self._estimator = estimator
        self._fields: dict[tuple[int, int], np.ndarray] = {}

    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        pair = first.ctypes.data, second.ctypes.data
        if pair not in self._fields:
            self._fields[pair] = self._estimator.flow(first, second)
        return self._fields[pair]


class PyramidalKlt:
    """Lucas-Kanade over three levels, there and back within 1 px; the tracker's seeds of the first frame."""

    def __init__(self, frames: np.ndarray) -> None:
        self._frames = frames
        self._paths: list[list[np.ndarray]] = []
        self._reasons = np.zeros(0, np.uint8)

    def steps(self) -> Generator[int, None, None]:
        config = TrackConfig()
        grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in self._frames]
        height, width = grey[0].shape
        options = {"winSize": (15, 15), "maxLevel": 3}
        xy = new_seeds(grey[0], np.zeros((0, 2), np.float32), config.spacing, config.texture)
        live, self._paths = np.arange(len(xy)), [[point] for point in xy]
        self._reasons = np.full(len(xy), EndReason.CLIP_END, np.uint8)
        yield 1
        for frame, (before, now) in enumerate(itertools.pairwise(grey), start=1):
            there, found, _ = cv2.calcOpticalFlowPyrLK(before, now, xy - 0.5, None, **options)
            back, returned, _ = cv2.calcOpticalFlowPyrLK(now, before, there, None, **options)
            good = (found & returned)[:, 0].astype(bool) & (np.linalg.norm(back + 0.5 - xy, axis=1) < 1)
            good &= inside(there + 0.5, width, height, 1)
            self._reasons[live[~good]] = EndReason.INCONSISTENT
            live, xy = live[good], there[good] + np.float32(0.5)
            for place, point in zip(live, xy, strict=True):
                self._paths[place].append(point)
            yield frame + 1

    def trajectories(self) -> PointTrajectories:
        paths = [np.array(path) for path in self._paths]
        return PointTrajectories.pack([0] * len(paths), paths, end_reason=self._reasons)


Make = Callable[[np.ndarray, int], PointTracker]
"""A tracker of frames with seeds in every so many-th."""


def methods(presets: Sequence[str], options: Mapping[str, Any], peers: bool) -> dict[str, Make]:
    """By name; they share what flow they can, and belong to one clip."""
    plain, fine = Remembered(PLAIN), Remembered(FINE)

    def preset(name: str) -> Make:
        shared = {gap: fine if flow is FINE else plain for gap, flow in ESTIMATORS[name].items()}
        values = {**options, "preset": name, "min_length": 1}
        return lambda frames, every: FlowTracker(
            frames, from_dict(TrackConfig, {**values, "seed_every": every}), shared
        )

    def plain_links(frames: np.ndarray, every: int) -> PointTracker:
        """The paper's linker on the plain flow: forward-backward test alone."""
        config = TrackConfig(min_length=1, similarity=-1, seed_every=every)
        return FlowTracker(frames, config, {1: plain})

    found = {name: preset(name) for name in presets}
    if peers:
        found |= {"plain links": plain_links, "pyramidal KLT": lambda frames, every: PyramidalKlt(frames)}
    return found


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
        before = np.arange(span) < gone[:, None]
        until_gone = seen & before
        again = np.maximum.accumulate(seen & ~before, axis=1)  # seen again, and all after that
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
            "agree": int((tracked == seen)[:, later].sum()),
            "perfect_agree": int((before == seen)[:, later].sum()),
            "frames": count * (span - 1),
            "seen": int(seen[:, later].sum()),
            "perfect_near": int(until_gone[:, later].sum()),
            "first_agree": int(((tracked == seen) & ~again)[:, later].sum()),
            "first_frames": int((~again)[:, later].sum()),
            "first_seen": int((seen & ~again)[:, later].sum()),
        }
        for level in (1, 2, 4, 8, 16):
            near = both & (np.where(tracked, small, np.inf) < level)
            for prefix, judged in (("", later), ("first_", ~again & later)):
                counts[f"{prefix}near{level}"] = int((near & judged).sum())
                counts[f"{prefix}false{level}"] = int((tracked & ~near & judged).sum())
        for name, value in counts.items():
            total.setdefault(name, []).append(value)
    return {
        name: np.concatenate(values) if "error" in name else sum(values) for name, values in total.items()
    }


def tap_vid(sums: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """TAP-Vid's average Jaccard, position accuracy and occlusion accuracy in percent."""
    levels, seen = (1, 2, 4, 8, 16), sums[f"{prefix}seen"]
    near, false = ([sums[f"{prefix}{kind}{level}"] for level in levels] for kind in ("near", "false"))
    return {
        "AJ": np.mean([100 * n / (seen + f) for n, f in zip(near, false, strict=True)]),
        "delta": np.mean([100 * n / seen for n in near]),
        "OA": 100 * sums[f"{prefix}agree"] / sums[f"{prefix}frames"],
    }


def summary(clips: list[dict[str, Any]]) -> dict[str, float]:
    """Shares in percent, errors in pixels, over some clips."""
    sums = {
        name: np.concatenate([clip[name] for clip in clips])
        if "error" in name
        else sum(clip[name] for clip in clips)
        for name in clips[0]
    }
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
        **tap_vid(sums),
        "perfect_AJ_and_delta": 100 * sums["perfect_near"] / sums["seen"],
        "perfect_OA": 100 * sums["perfect_agree"] / sums["frames"],
        **{f"{name}_before_it_is_seen_again": value for name, value in tap_vid(sums, "first_").items()},
    }
    return {name: value if value is None else round(float(value), 3) for name, value in values.items()}


# --- flow, and all together --------------------------------------------------------------------------


def rubber_whale(folder: Path) -> dict[str, float]:
    """Mean end-point error in pixels of each flow."""
    first, second = (read_image(folder / f"frame{number}.png") for number in (10, 11))
    truth = cv2.readOpticalFlow(str(folder / "flow10.flo"))
    known = (np.abs(truth) < 1e6).all(axis=2)
    return {
        name: round(float(np.linalg.norm(estimator.flow(first, second) - truth, axis=2)[known].mean()), 4)
        for name, estimator in (("plain", PLAIN), ("fine", FINE))
    }


def option(text: str) -> tuple[str, Any]:
    """A setting of the tracker as `name=value` in TOML."""
    name, _, value = text.partition("=")
    return name, tomllib.loads(f"value = {value}")["value"]


def accuracy(args: argparse.Namespace, group: str) -> dict[str, Any]:
    """By method: what it reaches over the clips of a group, and in short on each."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    report: dict[str, Any] = {}
    for seed, effects in CLIPS[group].items():
        clip = draw(seed, effects, args.frames, OBJECTS[group])
        for name, make in methods(args.presets, dict(args.set), args.peers).items():
            points, sparse = finish(make(clip.frames, 1)), finish(make(clip.frames, 15))
            judged = {
                "from_first_frame": scores(clip, points, 1),
                "from_frames_0_15_30": scores(clip, sparse, 31),
                "all": scores(clip, points, args.frames * 2 // 3),
            }
            for kind, values in judged.items():
                found.setdefault(name, {}).setdefault(kind, []).append(values)
            short = summary([judged["from_first_frame"]])
            names = ("AJ", "delta", "OA", "perfect_AJ_and_delta", "perfect_OA", "on_occluded")
            report.setdefault(name, {}).setdefault("clips", {})[seed] = {key: short[key] for key in names}
            print(group, seed, name, report[name]["clips"][seed], file=sys.stderr)
    for name, kinds in found.items():
        report[name] |= {kind: summary(clips) for kind, clips in kinds.items()}
    return report


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--presets", nargs="*", choices=PRESETS, default=["fast"])
    parser.add_argument("--clips", nargs="*", choices=list(CLIPS), default=list(CLIPS))
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--set", nargs="*", type=option, default=[], help="settings, as bridging=true")
    parser.add_argument("--peers", action="store_true", help="also the plain linker and pyramidal KLT")
    parser.add_argument("--speed", action="store_true", help="also time the presets, on one clip")
    parser.add_argument("--memory", action="store_true", help="also the memory for a clip of 1,000 frames")
    parser.add_argument("--data", type=Path, help="folder with flow/RubberWhale")
    args = parser.parse_args()
    report: dict[str, Any] = {"load_average": tracking_cost.load(), "settings": dict(args.set)}
    if args.memory:
        report["memory"] = {name: tracking_cost.memory(name) for name in args.presets}
    if args.speed:
        frames = draw(101, Effects(), 24).frames
        report["linking_12500_points_ms"] = tracking_cost.linking_ms()
        report["speed"] = {name: tracking_cost.speed(name, frames) for name in args.presets}
    for group in args.clips:
        report[group] = accuracy(args, group)
    if args.data:
        report["rubber_whale_epe_px"] = rubber_whale(args.data / "flow" / "RubberWhale")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
