"""Errors planted in real clips that were tracked and densified, and which recipe shows them how soon.

`python -m benchmarks.curation --data DIR` runs it: DAVIS (`DIR/DAVIS`, a keyframe every ten frames), BMS-26
(`DIR/moseg_dataset`, its annotated frames), the first `LONGEST` frames of each. In every clip one error is
planted, of a kind by lot, and all clips are reviewed as one project, as a queue shows them at first. Nobody
answers: counted is whether an item among the first `SOON` of a recipe, or anywhere in its queue, shows the
error, that is, its tracks and its frames, or the place of an object that is missing. Apart from that, `MANY`
points of each clip are broken, and the pairs are counted that the recipe for short gaps would join.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.planted_in_clips import LONGEST, Planted, Tracked, planted, tracked, with_broken_points
from benchmarks.stabilising import clips as annotated_clips
from core.datasets.patches import PatchReader
from core.identity.change_points import SeenTrack, find
from core.identity.config import IdentityConfig
from core.identity.embedding import beside
from core.identity.looks import COLOUR_LOOKS
from core.identity.proposals import NEAR, Proposal, proposal_of
from core.review.findings import Findings, Item
from core.review.material import Material
from core.review.recipes import RECIPES
from studio.review.queue_order import QueueOrder

SOON = 20
"""Items of a queue that a person looks at, whatever comes."""

OF_OBJECTS = ("identity_errors", "births", "poorly_filled", "disagreements", "next_keyframe", "untracked")


def proposals(one: Tracked) -> list[Proposal]:
    """What the search for identity errors proposes by colours, as the job does."""
    size, config, seen = (one.clip.width, one.clip.height), IdentityConfig(), []
    with PatchReader([one.clip], COLOUR_LOOKS.size) as reader:
        for each in one.objects.values():
            nothing = np.zeros(len(each.frames), np.int64)
            read = partial(reader.read, nothing, each.frames)
            own, others = (
                COLOUR_LOOKS.of(read(boxes, nothing.astype(bool)))
                for boxes in (each.boxes, beside(each.boxes, size))
            )
            seen.append(SeenTrack(each.id, each.frames, each.boxes, own, others))
    found = [proposal_of(one.clip.id, each, seen) for each in find(seen, config.window, config.certainty)]
    return sorted(found, key=lambda each: -each.certainty)


def queued(clips: Sequence[Tracked], recipe: str) -> list[Item]:
    """The items of a recipe in the order in which a queue begins with them."""
    order, parts = QueueOrder(RECIPES[recipe]), []
    for one in clips:
        found = proposals(one) if recipe == "identity_errors" else ()
        parts.append(RECIPES[recipe].find(Material(one.clip, one.points, one.objects, found)))
    order.replace((), Findings.join(parts))
    order.arrange(None)
    return [order.findings.item(row) for row in order.rows.tolist()]


def by_lot(clips: Sequence[Tracked], error: Planted, its: Tracked) -> float:
    """How likely `SOON` items show the error that are as long as most, each a track by lot and frames by lot.

    For an object that is missing, any track of its clip will do.
    """
    tracks = [one for id, one in its.objects.items() if id in error.tracks or not error.tracks]
    shown = sum(
        np.mean([any(abs(frame - at) <= NEAR for at in error.frames or [frame]) for frame in one.frames])
        for one in tracks
    )
    return float(1 - (1 - shown / sum(len(one.objects) for one in clips)) ** SOON)


def measured(clips: Sequence[Tracked], seed: int) -> dict[str, Any]:
    """One planting: by kind and by recipe what is shown, how soon; of broken points what is joined."""
    lot = np.random.default_rng([seed, 26])
    made = planted(clips, lot)
    wrong = [one for one, _ in made]
    items = {recipe: queued(wrong, recipe) for recipe in OF_OBJECTS}
    kinds: dict[str, dict[str, float]] = {}
    for one, error in made:
        ranks = {
            recipe: next((rank for rank, item in enumerate(found) if _shows(item, one, error)), None)
            for recipe, found in items.items()
        }
        known = [rank for rank in ranks.values() if rank is not None]
        counts = {"planted": 1, "queued": bool(known), "soon": bool(known) and min(known) < SOON}
        counts |= {recipe: rank is not None and rank < SOON for recipe, rank in ranks.items()}
        of_kind = kinds.setdefault(error.kind, {})
        for name, value in (counts | {"by_lot": by_lot(wrong, error, one)}).items():
            of_kind[name] = of_kind.get(name, 0) + value
    recipes = {
        recipe: {
            "items": len(found),
            "first": min(len(found), SOON),
            "of_errors": sum(any(_shows(item, *each) for each in made) for item in found[:SOON]),
        }
        for recipe, found in items.items()
    }
    return {"seed": seed, "kinds": kinds, "recipes": recipes, "points": {"all": joined_again(clips, lot)}}


def joined_again(clips: Sequence[Tracked], lot: np.random.Generator) -> dict[str, float]:
    """Of many broken points, how many pairs the queue has, and how many pairs with a half of another."""
    counts = dict.fromkeys(("broken", "joined", "wrong", "items"), 0)
    for one in clips:
        broken, truth = with_broken_points(one, lot)
        found, halves = queued([broken], "short_gaps"), {id for pair in truth for id in pair}
        right = sum(item.tracks in truth for item in found)
        touched = sum(not halves.isdisjoint(item.tracks) for item in found)
        for name, value in zip(counts, (len(truth), right, touched - right, len(found)), strict=True):
            counts[name] += value
    return dict(counts)


def _shows(item: Item, one: Tracked, error: Planted) -> bool:
    return item.clip_id == one.clip.id and error.is_shown_by(item)


def on_clips(data: Path, seeds: Sequence[int]) -> dict[str, Any]:
    """The report: every seed plants anew in the same clips."""
    clips = []
    for number, (found, truth) in enumerate(annotated_clips(data, ()), start=1):
        clip = replace(found.clip, id=number, files=found.clip.files[:LONGEST])
        clips.append(tracked(clip, {frame: one for frame, one in truth.items() if frame < LONGEST}))
    return summed([measured(clips, seed) for seed in seeds])


def summed(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The reports of seeds with their sum."""
    total: dict[str, dict[str, dict[str, float]]] = {"kinds": {}, "recipes": {}, "points": {}}
    for report in reports:
        for part, names in total.items():
            for name, values in report[part].items():
                into = names.setdefault(name, {})
                for what, value in values.items():
                    into[what] = round(into.get(what, 0) + value, 2)
    return {"total": total, "seeds": list(reports)}
