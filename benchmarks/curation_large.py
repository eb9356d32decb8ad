"""The review queue in a large project: until its items are there, and from a key to the next one; JSON.

    python -m benchmarks.curation_large [--project DIR] [--decisions 10] [--recipes worst_links births]

It draws the project (`benchmarks.large_project`), unless it is given one, which it changes. Of each recipe:

first, all   seconds by the clock until the first items are listed, and until all clips are looked through;
held         the longest that the window computed without looking at its events meanwhile, ms of CPU;
decision     ms of CPU of the window from Return until the next item is painted and nothing is left to paint,
             where it is in the same clip; `switch`: where it is in another. Frames are decoded in other
             threads. `piece`: the longest that the window did not look at its events.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from benchmarks.editor import SETTLED, Paints, shows
from benchmarks.hands import Hands
from benchmarks.large_project import make_project
from benchmarks.window import open_studio, spread
from studio.app import load_session
from tests.studio.at_the_window import key
from tests.studio.review.at_the_queue import shown

RECIPES = ("worst_links", "next_keyframe", "short_gaps", "births", "control_sample", "untracked")


class Pieces(Hands):
    """Keys at the window, and how long its thread computes until it looks at its events again."""

    longest = 0.0

    def _spend(self, work: Callable[[], object]) -> None:
        before = self.effort.cpu
        super()._spend(work)
        self.longest = max(self.longest, self.effort.cpu - before)


def of_recipe(studio: Any, name: str, paints: Paints, decisions: int) -> dict[str, Any]:
    """One recipe: its search, and some of its items accepted."""
    hands, session = Pieces(), studio.session
    queue, stage, view = session.queue, session.canvas.stage, session.view
    began = time.perf_counter()
    hands._spend(lambda: queue.choose(name))
    hands.waitUntil(lambda: len(queue.order) > 0 or not queue.is_searching)
    first = time.perf_counter() - began
    hands.waitUntil(lambda: not queue.is_searching)
    found: dict[str, Any] = {"first": round(first, 2), "all": round(time.perf_counter() - began, 2)}
    found |= {"held": round(1000 * hands.longest, 1), "items": len(queue.order)}
    hands._spend(lambda: queue.step(1))

    def at_rest() -> bool:
        there = view.clip is not None and stage.clip == view.clip and stage.scene.frame == view.frame
        still = time.perf_counter() - paints.last > SETTLED / 1000
        return bool(there and still and not session.document.busy and not queue.is_searching)

    hands.waitUntil(at_rest)
    spent: dict[str, list[float]] = {"decision": [], "switch": [], "piece": []}
    for _ in range(min(decisions, len(queue.order))):
        before, clip, cpu, hands.longest = queue.current, view.clip, hands.effort.cpu, 0.0
        key(hands, studio, Qt.Key.Key_Return)
        hands.waitUntil(lambda before=before: queue.current is not before and at_rest())
        spent["decision" if view.clip == clip else "switch"].append(1000 * (hands.effort.cpu - cpu))
        spent["piece"].append(1000 * hands.longest)
    return found | {name: spread(values) for name, values in spent.items() if values}


def measured(project: Path, decisions: int, recipes: Sequence[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        studio = open_studio(Path(folder))
        load_session()
        studio.window.resize(1600, 1000)
        studio.window.show()
        paints = Paints()

        def is_open() -> bool:
            clip = studio.session.view.clip if studio.session is not None else None
            return clip is not None and shows(studio.session, clip.id)

        paints.settle(lambda: studio.open_project(project), is_open)
        hands = Hands()
        hands.waitUntil(lambda: not studio.session.ahead.timer.isActive())
        shown(studio, hands)
        found = {name: of_recipe(studio, name, paints, decisions) for name in recipes}
        studio.window.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", type=Path, help="a project that is there already")
    parser.add_argument("--decisions", type=int, default=10)
    parser.add_argument("--recipes", nargs="*", default=RECIPES)
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        project = args.project or make_project(Path(name), 80, 1_000_000, 2_500, 60)
        print(json.dumps(measured(project, args.decisions, args.recipes), indent=1))


if __name__ == "__main__":
    main()
