"""What the review queue is worth: errors mended through it, and by walking the clips; JSON on stdout.

    python -m benchmarks.curation [--seeds 3] [--first 0]
    python -m benchmarks.curation --data DIR [--seeds 3] [--first 0]    real clips: `curation_clips`

In the sample project, errors of nine kinds are planted (`benchmarks.curated_sample`). A researcher who knows
the truth (`benchmarks.researcher`) mends them in the real window: through the review queue, recipe by recipe,
and in another copy of the project by walking the clips frame by frame. Counted are the errors that are left,
how good the objects are then as a whole (`quality`), the items of the queue that were answered, the steps of
undo, key presses, clicks and drags of the mouse, frames looked at, the seconds that this takes a person by a
model (`KEY`, `MOUSE`, `LOOK`), and those that the window's thread computed. In the queue all is done by keys,
but for its tab; only an object that no track follows is drawn with the mouse, once a frame that shows it is
looked at, and one that is carried on is drawn again where it is lost.
"""

import argparse
import json
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.curated_sample import Size, plant
from benchmarks.curation_clips import on_clips
from benchmarks.curation_truth import Planted, errors_left, quality
from benchmarks.hands import Effort

WAYS = ("queue", "walking")

KEY, MOUSE, LOOK = 0.28, 2.4, 1.35
"""Seconds of a person: a key; pointing twice and a press and release, as a drag takes; a frame looked at.

The keystroke-level model of Card, Moran and Newell (1980): K of an average typist, 2 P + 2 B, M. A frame
counts the same however much is to be seen in it, which flatters walking: there all tracks of a frame must be
looked at, in the queue one.
"""


def seconds(effort: Effort) -> float:
    """What hands and eyes take by that model, in seconds; decisions take no time of their own."""
    return KEY * effort.keys + MOUSE * effort.mouse + LOOK * effort.frames


def mended(of: Planted, folder: Path, way: str) -> dict[str, Any]:
    """Mend a copy of a project; what is left, and what it took."""
    from benchmarks.reviewer import Reviewer
    from benchmarks.walker import Walker

    copy = folder / way
    shutil.copytree(of.project, copy / "project")
    researcher = (Reviewer if way == "queue" else Walker)(copy, copy / "project", of.truths)
    try:
        project, before = researcher.session.document.project, researcher.edits()
        if isinstance(researcher, Reviewer):
            researcher.left = lambda: len(errors_left(of, project))
        researcher.mend()
        left = errors_left(of, project)
        effort = researcher.hands.effort
        return {
            "left": dict(Counter(error.kind for error in left)),
            "errors_left": len(left),
            **quality(of, project),
            "items": researcher.hands.effort.items,
            "edits": researcher.edits() - before,
            "keys": effort.keys,
            "mouse": effort.mouse,
            "frames": effort.frames,
            "person_s": round(seconds(effort)),
            "window_cpu_s": round(effort.cpu, 2),
            **({"recipes": researcher.by_recipe} if isinstance(researcher, Reviewer) else {}),
        }
    finally:
        researcher.leave()


def measured(seed: int, size: Size | None = None) -> dict[str, Any]:
    """Both ways through the sample of a seed."""
    with tempfile.TemporaryDirectory() as name:
        of = plant(Path(name), seed, size)
        report: dict[str, Any] = {"seed": seed, "planted": dict(Counter(error.kind for error in of.errors))}
        return report | {way: mended(of, Path(name), way) for way in WAYS}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--data", type=Path, metavar="DIR", help="holds DAVIS and BMS-26 (moseg_dataset)")
    args = parser.parse_args()
    numbers = range(args.first, args.first + args.seeds)
    if args.data is not None:
        print(json.dumps(on_clips(args.data, numbers), indent=1))
        return
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    seeds = [measured(seed) for seed in numbers]
    figures = ("errors_left", "items", "edits", "keys", "mouse", "frames", "person_s", "window_cpu_s")
    total: dict[str, Any] = {"planted": sum(sum(one["planted"].values()) for one in seeds)}
    for way in WAYS:
        total[way] = {name: round(sum(one[way][name] for one in seeds), 2) for name in figures}
    print(json.dumps({"total": total, "seeds": seeds}, indent=1))


if __name__ == "__main__":
    main()
