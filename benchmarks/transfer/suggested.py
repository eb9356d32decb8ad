"""Suggested objects of the drawn clips, which train in the place of annotated ones or beside them."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.suggested_masks import RIGHT, overlaps, suggested
from benchmarks.transfer import drawn
from benchmarks.transfer.worlds import World
from core.array_file import read_arrays, write_arrays
from core.motion_segmentation.config import SuggestConfig
from core.trajectories.model import ObjectTrajectory
from core.trajectories.snapshot import objects_arrays, objects_from_arrays
from core.trajectories.suggestion_edits import same_thing

Suggestions = Mapping[str, tuple[ObjectTrajectory, ...]]
"""Clip name → what is suggested in it."""

ROW = "suggestions"
"""Under which `FIGURES` stand among the results, as of seed 0."""

FIGURES = ("clips", "objects", "covered", "suggested", "right", "cpu_seconds")
"""What `counted` gives, in this order; `right`: suggestions with a J of at least .5 with some object."""


def suggest(world: World, names: Collection[str], folder: Path) -> Suggestions:
    """What the job `suggest` finds with its own settings in clips without points.

    Each clip has a file in the folder, with the CPU time that it took and how the suggestions agree with the
    exact masks; those that are there are read.
    """
    return {name: objects_from_arrays(read_arrays(_of_clip(world, name, folder))) for name in sorted(names)}


def counted(names: Collection[str], folder: Path) -> Iterator[tuple[str, float]]:
    """`FIGURES` over clips that `suggest` has been through."""
    files = [read_arrays(_file(name, folder)) for name in names]
    tables = [arrays["J"] for arrays in files]
    values = (
        len(files),
        sum(J.shape[1] for J in tables),
        sum(int((J.max(axis=0, initial=0) >= RIGHT).sum()) for J in tables),
        sum(J.shape[0] for J in tables),
        sum(int((J.max(axis=1, initial=0) >= RIGHT).sum()) for J in tables),
        float(sum(arrays["seconds"] for arrays in files)),
    )
    yield from zip(FIGURES, map(float, values), strict=True)


def _of_clip(world: World, name: str, folder: Path) -> Path:
    path = _file(name, folder)
    if not path.is_file():
        place = [content.clip.name for content in world.contents].index(name)
        frames = world.frames[place]
        started = time.process_time()
        found = suggested(list(frames), SuggestConfig())
        seconds = time.process_time() - started
        _, labels = drawn.draw_clip(np.random.default_rng([drawn.SEED, place]))
        J = overlaps(found, dict(enumerate(labels)))
        folder.mkdir(parents=True, exist_ok=True)
        write_arrays(path, {**objects_arrays(found), "J": J, "seconds": np.array(seconds)})
    return path


def _file(name: str, folder: Path) -> Path:
    return folder / f"{name}.npz"


def with_suggestions(world: World, found: Suggestions, annotated: Collection[str]) -> World:
    """Clips of which only some are annotated, and suggestions in all.

    As in a project: a suggestion that shows an annotated object is left out.
    """
    number = 1 + max(one.id for content in world.contents for one in content.objects)
    objects = []
    for content in world.contents:
        known = content.objects if content.clip.name in annotated else ()
        new = [
            one for one in found.get(content.clip.name, ()) if not any(same_thing(one, own) for own in known)
        ]
        objects.append((*known, *(replace(one, id=number + place) for place, one in enumerate(new))))
        number += len(new)
    return world.with_objects(objects)
