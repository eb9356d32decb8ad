"""Runs what is missing of the study, and keeps every number in a file as soon as it is known."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from benchmarks.transfer import drawn, errors, real, suggested
from benchmarks.transfer.pretraining import accuracy, pixels_of, train
from benchmarks.transfer.rows import BLOCKS, Recipe
from benchmarks.transfer.targets import Crops, Detection, crops_of, detection_of, write_reduced
from benchmarks.transfer.worlds import World, kept
from core.datasets import still_life
from core.datasets.caltech101 import read_caltech101
from core.detection.calibration import calibrate_on
from core.networks.initialisation import LAYERS, PIXEL_SCALE, calibrate, initialise
from core.networks.sizes import TINY
from core.networks.trunk import Trunk
from core.networks.weights import load_trunk, save_trunk
from core.pairs.jitter import Jitter
from core.pairs.sampling import FrameGap, TripletBatch
from core.pretraining.batches import ALL, Batches, PatchBatch, drawn_once, patch_batches
from core.pretraining.config import PretrainConfig
from core.pretraining.images import ImageBatches
from core.pretraining.losses import usual_margin
from core.pretraining.objectives import Association, Classification, Nce, Objective, SlowFeat

VOC_CLASSES = ("bus", "car", "cat", "person", "train")
"""The classes of VOC 2007 with more than a hundred objects among the photographs that are here."""

SCALED = 1 / PIXEL_SCALE**2
"""Factor of the gradient of conv1's weights with which they learn as if pixels were divided by their scale.

The weights start smaller by it and their gradient is larger: a step is larger by its square, set against
the weights.
"""

SCALED_RATE = 0.01
"""Of fine-tuning with it, chosen for RandomNet on seed 100 among 0.003, 0.01 and 0.03."""

DRAWN_CLASSES = tuple(still_life.CLASSES)

MEASURED_ALONG = (200, 400)
"""Steps at which crops are probed on the way, beside the end."""


FRESH = 8
"""Draws the fresh pictures; the others are drawn by `drawn.SEED`."""


@dataclass(frozen=True)
class Place:
    """Where the data lies, where what is made from it is kept, and where results go."""

    data: Path
    cache: Path
    results: Path

    @cached_property
    def drawn_world(self) -> World:
        return kept(self.cache / "drawn.npz", drawn.make_world)

    @cached_property
    def real_world(self) -> World:
        return kept(self.cache / "real.npz", lambda: real.make_world(self.data))

    def world(self, name: str) -> World:
        """`drawn` or `real`, made when it is first asked for."""
        return self.drawn_world if name == "drawn" else self.real_world

    @property
    def suggestions_folder(self) -> Path:
        return self.cache / "suggestions"

    @cached_property
    def suggestions(self) -> suggested.Suggestions:
        """Those of the drawn clips that train."""
        world = self.drawn_world
        return suggested.suggest(world, world.split.training, self.suggestions_folder)

    @cached_property
    def pictures(self) -> Path:
        folder = self.cache / "pictures"
        if not folder.exists():
            drawn.write_pictures(folder, {"trainval": 240, "test": 300})
        return folder

    @cached_property
    def photographs(self) -> Path:
        folder = self.cache / "photographs"
        if not folder.exists():
            write_reduced(self.data / "VOCdevkit", folder, VOC_CLASSES, {"trainval": 100, "test": 150})
        return folder

    @cached_property
    def crops(self) -> tuple[Crops, ...]:
        return (crops_of("voc", self.data / "VOCdevkit", VOC_CLASSES, 100), self.drawn_crops)

    @cached_property
    def drawn_crops(self) -> Crops:
        return crops_of("drawn", self.pictures, DRAWN_CLASSES, 5)

    @cached_property
    def drawn_detection(self) -> Detection:
        return detection_of(
            "drawn_detection", self.pictures, DRAWN_CLASSES, (40, 150), 400, self.cache / "proposals"
        )

    @cached_property
    def voc_detection(self) -> Detection:
        return detection_of(
            "voc_detection", self.photographs, VOC_CLASSES, (100, 150), 400, self.cache / "proposals"
        )

    @cached_property
    def fresh_drawn(self) -> Detection:
        folder = self.cache / "pictures fresh"
        if not folder.exists():
            drawn.write_pictures(folder, {"trainval": 40, "test": 150}, seed=FRESH)
        return detection_of("fresh_drawn", folder, DRAWN_CLASSES, (40, 150), 400, self.cache / "proposals")

    @cached_property
    def fresh_photographs(self) -> Detection:
        folder = self.cache / "photographs 300"
        if not folder.exists():
            write_reduced(self.data / "VOCdevkit", folder, VOC_CLASSES, {"trainval": 300, "test": 250})
        cache = self.cache / "proposals"
        return detection_of("fresh_photographs", folder, VOC_CLASSES, (300, 250), 800, cache)

    def fresh(self, world: str) -> Detection:
        """Pictures that no choice was made on; of photographs more to learn from than before."""
        return self.fresh_drawn if world == "drawn" else self.fresh_photographs

    def detections(self, world: str) -> list[Detection]:
        """Those of a world; of none, which nothing was pretrained on, all."""
        drawn_too, real_too = world in ("drawn", "none"), world in ("real", "none")
        return ([self.drawn_detection] if drawn_too else []) + ([self.voc_detection] if real_too else [])

    def trunk_of(self, row: str, seed: int) -> Path:
        """Where a row's trunk is kept."""
        return self.cache / "trunks" / f"{row} {seed}.safetensors".replace("/", "_")

    @cached_property
    def known(self) -> set[tuple[str, int]]:
        """Rows and seeds that are done."""
        if not self.results.is_file():
            return set()
        lines = [json.loads(line) for line in self.results.read_text(encoding="utf-8").splitlines()]
        return {(line["row"], line["seed"]) for line in lines if line["target"] == "done"}


def run(place: Place, blocks: list[str], until: float, seeds: list[int] | None = None) -> Iterator[str]:
    """Do what is missing, until a time (seconds since 1970) after which nothing new is begun.

    Args:
        seeds: only these, in this order; None for each block's own.
    """
    for block in blocks:
        if BLOCKS[block].suggests and (suggested.ROW, 0) not in place.known:
            names = list(place.suggestions)
            counts = [_line(*one, 0) for one in suggested.counted(names, place.suggestions_folder)]
            yield _kept(place, block, suggested.ROW, 0, [*counts, {"target": "done", "value": 0.0}])
        for seed in seeds or BLOCKS[block].seeds:
            for name, recipe in BLOCKS[block].rows.items():
                row = f"{recipe.world}: {name}" if recipe.world != "none" else name
                if (row, seed) in place.known or time.time() > until:
                    continue
                start = time.time()
                lines = [*_measured(place, row, recipe, seed)]
                lines.append({"target": "done", "value": round(time.time() - start, 1)})
                yield _kept(place, block, row, seed, lines)


def _kept(place: Place, block: str, row: str, seed: int, lines: list[dict[str, object]]) -> str:
    """Add what was measured to the results, and say it."""
    with place.results.open("a", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps({"block": block, "row": row, "seed": seed, **line}) + "\n")
    place.known.add((row, seed))
    said = ", ".join(f"{line['target']} {line['value']}" for line in lines)
    return f"{time.strftime('%H:%M:%S')} {row} {seed}: {said}"


def _measured(place: Place, row: str, recipe: Recipe, seed: int) -> Iterator[dict[str, object]]:
    generator = torch.Generator().manual_seed(seed)
    trunk = Trunk(TINY, dropout=0.0)
    initialise(trunk, "kaiming", generator)
    along: list[dict[str, object]] = []
    factors = dict.fromkeys(LAYERS[:5], 0.1) if recipe.slow_trunk else {}
    factors |= {"conv1": SCALED * factors.get("conv1", 1.0)} if recipe.scaled else {}
    if recipe.method == "kept":
        trunk = load_trunk(str(place.trunk_of(recipe.start, seed)), "tiny", generator, dropout=0.0)
        if recipe.calibrated and not recipe.fresh:
            calibrate(trunk, pixels_of(place.crops[1].patches[:256]))
    elif recipe.method != "random":
        config = _config(recipe, seed)
        batches, held_out = _material(place, recipe, config)
        objective = _objective(recipe, trunk, generator)
        objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

        def at(step: int) -> None:
            if recipe.along and step in MEASURED_ALONG:
                along.extend(_line(name, value, step) for name, value in _probed(place, trunk, seed))

        yield _line(
            "trained_accuracy",
            train(objective, batches, config, SCALED if recipe.scaled else 1.0, at),
            recipe.steps,
        )
        yield _line("held_out_accuracy", accuracy(objective, held_out), recipe.steps)
    yield from along
    steps = 0 if recipe.method in ("random", "kept") else recipe.steps
    if recipe.fresh:
        if recipe.method != "kept":
            for name, value in place.drawn_crops.scores(trunk, seed).items():
                yield _line(name, value, steps)
        yield from _fine_tuned(place, recipe, trunk, seed, factors)
        return
    for name, value in _probed(place, trunk, seed):
        yield _line(name, value, steps)
    if recipe.detection:
        for detection in place.detections("drawn" if recipe.scaled else recipe.world):
            if recipe.scaled:
                detection = detection.at_rate(SCALED_RATE)
            yield _line(detection.name, detection.score(trunk, seed, factors), steps)
    if recipe.method != "kept":
        path = place.trunk_of(row, seed)
        path.parent.mkdir(exist_ok=True)
        save_trunk(trunk, path, {"recipe": json.dumps(asdict(recipe))})


def _fine_tuned(
    place: Place, recipe: Recipe, trunk: Trunk, seed: int, factors: dict[str, float]
) -> Iterator[dict[str, object]]:
    detection = place.fresh(recipe.world).at_rate(SCALED_RATE)
    if recipe.calibrated:
        calibrate_on(trunk, detection.training, seed)
    yield _line(detection.name, detection.score(trunk, seed, factors), 0)


def _probed(place: Place, trunk: Trunk, seed: int) -> Iterator[tuple[str, float]]:
    for crops in place.crops:
        yield from crops.scores(trunk, seed).items()


def _line(target: str, value: float, step: int) -> dict[str, object]:
    return {"target": target, "value": round(value, 3), "step": step}


def _config(recipe: Recipe, seed: int) -> PretrainConfig:
    triplets = recipe.method in ("slowfeat", "nce")
    batch = 2 * recipe.batch // 3 if triplets else recipe.batch
    return PretrainConfig(
        network="tiny",
        steps=recipe.steps,
        batch=2 * recipe.batch if recipe.method == "caltech101" else batch,
        learning_rate=recipe.learning_rate,
        seed=seed,
    )


def _objective(recipe: Recipe, trunk: Trunk, generator: torch.Generator) -> Objective:
    if recipe.method == "association":
        return Association(trunk, recipe.head, generator)
    if recipe.method == "slowfeat":
        return SlowFeat(trunk, usual_margin(TINY.fc))
    if recipe.method == "nce":
        return Nce(trunk, recipe.temperature)
    return Classification(trunk, 101, generator)


def _material(place: Place, recipe: Recipe, config: PretrainConfig) -> tuple[Batches, list[PatchBatch]]:
    """What trains, and 512 pairs (340 triplets) or 1 image of each category that only measure."""
    measuring = np.random.default_rng([config.seed, 1])
    if recipe.method == "caltech101":
        images = read_caltech101(place.data / "caltech101")
        first = np.array([0, *(np.flatnonzero(np.diff(images.labels)) + 1)])
        sets = np.delete(np.arange(len(images.labels)), first), first
        batches, others = (
            ImageBatches([images.paths[row] for row in rows], images.labels[rows], TINY.input_size)
            for rows in sets
        )
        return batches, list(drawn_once(others, 512, config.batch, measuring))
    clean = place.world(recipe.world)
    world, clips = clean, recipe.clips
    if recipe.errors:
        change = errors.corrected if recipe.corrected else errors.spoil
        world = change(clean, recipe.errors, config.seed)
    if recipe.suggestions:
        annotated = clean.split.training[: clips or None] if recipe.annotations else ()
        world, clips = suggested.with_suggestions(clean, place.suggestions, annotated), 0
    reader, gap = clean.reader, FrameGap(5, recipe.gap_longest)
    jitter = Jitter(recipe.place_jitter, recipe.colour_jitter)
    training = world.training_set(held_out=False, clips=clips)
    batches = patch_batches(training, recipe.method, recipe.regime, gap, reader, jitter=jitter)
    kept_out = clean.training_set(held_out=True)
    others = patch_batches(kept_out, recipe.method, recipe.regime, FrameGap(5, 0), reader)
    held_out = drawn_once(others, 16 * config.batch, config.batch, measuring)
    return _OfOtherClips(batches) if recipe.other_clips else batches, list(held_out)


class _OfOtherClips:
    """Triplets whose label is the clip, so that `nce` leaves out what else is seen of it."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    def draw(self, count: int, generator: np.random.Generator, part: slice = ALL) -> PatchBatch:
        """As `Batches.draw`."""
        batch = self._batches.draw(count, generator, part)
        assert isinstance(batch.drawn, TripletBatch)
        return PatchBatch(batch.patches, batch.drawn.clip[part, 0].astype(np.int64), batch.drawn)
