"""How well objects are suggested from the motion of points; JSON on standard output.

    python -m benchmarks.suggestion --data DIR [--only groups] [--clips cars2 ...] [--spans first-10 ...]
                                    [--cache DIR]

`groups`: the measure of Brox and Malik (ECCV 2010) on eleven sequences of BMS-26 (`DIR/moseg_dataset`), their
first 10 frames, first 50 and all. Points are tracked once, as *Track* does it, and kept in the folder of
`--cache`. Settings were chosen on the half that `CHOSEN_ON` names; each half is reported apart. `seconds` is
CPU time of grouping. `load`: CPU time and memory for many points over many frames. `review`: what suggestions
save a person; see `benchmarks.suggested_review`.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.motion_segmentation_measure import agreement
from benchmarks.suggested_review import review
from benchmarks.suggestion_clips import CHOSEN_ON, SEQUENCES, of_first_frames, read_sequence, tracked
from benchmarks.suggestion_load import load
from core.motion_segmentation.config import SuggestConfig
from core.motion_segmentation.grouping import group_points
from core.trajectories.model import PointTrajectories

SPANS = {"first-10": 10, "first-50": 50, "all": 1_000_000}
"""Frames of a sequence that are looked at, by name."""

SHORTEST = 5
"""Frames that a point is followed at least."""

PARTS = ("groups", "load", "review")


def measured(
    data: Path, name: str, spans: Sequence[str], cache: Path | None, preset: str, spacing: int
) -> dict[str, dict[str, Any]]:
    """Figures of a sequence by span."""
    sequence = read_sequence(data, name)
    clip, all_points = sequence.found.clip, tracked(sequence.found, cache, preset, spacing)
    report: dict[str, dict[str, Any]] = {}
    for title in spans:
        frames = min(SPANS[title], clip.frames)
        points: PointTrajectories = of_first_frames(all_points, frames, SHORTEST)
        started = time.process_time()
        grouping = group_points(points, clip.width, clip.height)
        seconds = time.process_time() - started
        truth = {frame: labels for frame, labels in sequence.truth.items() if frame < frames}
        found = asdict(agreement(points, grouping.groups, truth, sequence.penalties))
        percent = {key: round(100 * found[key], 2) for key in ("density", "overall", "average")}
        report[title] = found | percent | {"points": len(points), "seconds": round(seconds, 1)}
        print(name, title, json.dumps(report[title]), file=sys.stderr, flush=True)
    return report


def means(figures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, float]]:
    """By span, the means over sequences, and the sums of objects.

    Args:
        figures: by sequence and span, as `measured` has them; every sequence with the same spans.
    """
    report = {}
    for title in next(iter(figures.values())):
        rows = [one[title] for one in figures.values()]
        keys = ("density", "overall", "average", "over_segmentation")
        usual = {key: round(float(np.mean([row[key] for row in rows])), 2) for key in keys}
        report[title] = usual | {key: sum(row[key] for row in rows) for key in ("extracted", "objects")}
    return report


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--clips", nargs="*", help="all eleven for `groups`, four for `review`")
    parser.add_argument("--spans", nargs="+", choices=SPANS, default=tuple(SPANS))
    parser.add_argument("--cache", type=Path, metavar="DIR")
    parser.add_argument("--preset", default="quality")
    parser.add_argument("--spacing", type=int, default=8)
    args = parser.parse_args(words)
    report: dict[str, object] = {}
    if "groups" in args.only:
        figures = {
            name: measured(args.data, name, args.spans, args.cache, args.preset, args.spacing)
            for name in args.clips or SEQUENCES
        }
        halves = {
            "chosen on": {name: one for name, one in figures.items() if name in CHOSEN_ON},
            "others": {name: one for name, one in figures.items() if name not in CHOSEN_ON},
            "all": figures,
        }
        report["groups"] = figures
        report["means"] = {half: means(some) for half, some in halves.items() if some}
    if "load" in args.only:
        report["load"] = load()
    if "review" in args.only:
        report["review"] = review(args.data, args.clips or (), SuggestConfig(preset=args.preset))
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
