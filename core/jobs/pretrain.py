"""The job that pretrains a trunk: on the snapshot's trajectories, or on Caltech-101."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from core.config import as_dict
from core.datasets.caltech101 import read_caltech101
from core.datasets.clip import Clip
from core.datasets.patches import PatchReader
from core.errors import StudioError
from core.events import Event, Log
from core.free_memory import free_memory
from core.jobs.processes import group_of
from core.networks.initialisation import initialise, scale_pixels
from core.networks.sizes import Network, network_named
from core.networks.trunk import Trunk, normalise
from core.networks.weights import IN_RUN, save_trunk
from core.pairs.counting import Counts, lost_kinds, material_words
from core.pairs.sampling import FrameGap
from core.pairs.split import Split, share_of, split_clips
from core.pairs.training_set import KINDS, TrainingSet, build_training_set
from core.pretraining.batches import Batches, PatchBatch, PatchBatches, drawn_once, patch_batches
from core.pretraining.config import PretrainConfig
from core.pretraining.device_patches import DevicePatchReader
from core.pretraining.images import ImageBatches, hold_out, images_words
from core.pretraining.loop import on_device, rate_at, train
from core.pretraining.losses import usual_margin
from core.pretraining.objectives import Association, Classification, Contrastive, Nce, Objective, SlowFeat
from core.pretraining.record.pair_source import training_sampler, what_trains
from core.pretraining.record.probe_sample import ProbeSample, choose
from core.pretraining.record.watch import Probe, Watch
from core.pretraining.step_memory import StepMemory, rough_need, step_forecast
from core.runs.run_folder import RunFolder
from core.training.checkpoint import Resumed, resume, settings_of_last
from core.training.device import choose_device, compile_for_gpu, prepare
from core.training.group import device_of
from core.training.memory import free_on
from core.training.optimisation import sgd
from core.training.schedule import of_new_length
from core.trajectories.model import Kind, Review
from core.trajectories.snapshot import Snapshot, read_snapshot


def run(folder: RunFolder, config: PretrainConfig) -> Generator[Event, None, None]:
    """Pretrain in a run folder, from its last checkpoint if it has one; leaves the trunk in `IN_RUN`.

    The trunk is written at the end and when the generator is closed, not when the loss went astray.
    """
    device = device_of(choose_device(config.device))
    prepare(config.seed, config.processes, config.deterministic)
    begun = settings_of_last(folder.checkpoints)
    if begun and "split_seed" not in begun and share_of(str(begun.get("held_out", 0.2))):
        raise StudioError(
            "The run was begun by an older version, which held other clips or images out; start a new run."
        )
    if config.network == "auto":  # on another device, too, a run goes on with the network it began with
        config = replace(config, network=network_named(begun.get("network", "auto"), device.type).name)
    network = network_named(config.network, device.type)
    with contextlib.ExitStack() as opened:
        if config.method == "caltech101":
            material = _images(config, network)
        else:
            material = _pairs(folder, config, network, device, opened)
        objective = _objective(config, network, material).to(device)
        objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if config.compiled and device.type == "cuda":
            compile_for_gpu(objective)
        if config.scale_pixels:
            scale_pixels(objective.trunk)
        optimizer = sgd(objective, config.momentum, config.weight_decay)
        generator = np.random.default_rng(config.seed)
        group = opened.enter_context(group_of(folder, config.processes, config.batch, device))
        if group.size > 1 and config.method == "nce":
            raise StudioError(
                "Method nce compares each trajectory of a batch with all others of it, so it trains in one "
                "process; set processes to 1."
            )
        start = resume(folder.checkpoints, objective, optimizer, {"sampler": generator}, config)
        memory = _memory(objective, material.batches, config, device)
        if shortage := memory.shortage(folder.path):
            if device.type == "cuda":
                raise StudioError(shortage)
            yield Log(shortage, "warning")  # a system may yet make room, by swapping
        group.wait()  # until all have read the checkpoint, before one is written
        for text in (*start.warnings, *_of_new_length(start, config)):
            yield Log(text, "warning")
        if group.leads:
            folder.cut_events_after(start.step if start.extra else -1)
        if not start.extra:
            yield Log(f"Training the {network.name} network on {material.words}.")
            for text in material.warnings:
                yield Log(text, "warning")

        training = train(
            objective,
            optimizer,
            material.batches,
            material.held_out,
            generator,
            config,
            start,
            folder.path,
            device,
            Watch(folder.path, config, device, material.trajectories, material.probe),
            group,
        )
        try:
            with contextlib.closing(training), memory.in_a_sentence(folder.path):
                yield from training
        except GeneratorExit:
            _save(objective.trunk, folder, config, material)
            raise
        if group.leads:
            _save(objective.trunk, folder, config, material)


def _waiting(snapshot: Snapshot, split: Split, config: PretrainConfig) -> int:
    """Suggested objects of the clips that train, where these do not train."""
    if config.suggestions or Kind.OBJECT not in KINDS[config.regime]:
        return 0
    contents = (one for one in snapshot.clips if one.clip.name in split.training)
    return sum(one.review == Review.SUGGESTED for content in contents for one in content.objects)


def _memory(
    objective: Objective, batches: Batches, config: PretrainConfig, device: torch.device
) -> StepMemory:
    members = len(batches.draw(1, _generator(config, 3)).patches)
    rough = rough_need(objective, members, config.batch)
    look = partial(step_forecast, objective, members, config, device.type == "cuda")
    return StepMemory(rough, look, free_on(device), config, device)


def _of_new_length(start: Resumed, config: PretrainConfig) -> list[str]:
    if not start.settings:
        return []
    then = replace(config, steps=start.settings["steps"])
    return of_new_length(
        start.step, then.steps, config.steps, partial(rate_at, then), partial(rate_at, config)
    )


@dataclass(frozen=True, eq=False)
class _Material:
    """What is trained and measured on; `notes` go with the weights, `words` and `warnings` into the log.

    `trajectories` are the ids of those that may be drawn, and `probe` what is looked at; none for images.
    """

    batches: Batches
    held_out: Sequence[PatchBatch]
    notes: dict[str, str]
    words: str
    classes: int = 2
    warnings: tuple[str, ...] = ()
    trajectories: np.ndarray | None = None
    probe: Probe | None = None


def _pairs(
    folder: RunFolder,
    config: PretrainConfig,
    network: Network,
    device: torch.device,
    opened: contextlib.ExitStack,
) -> _Material:
    """Pairs or triplets; the clips they are read from are closed with `opened`."""
    snapshot = read_snapshot(folder.snapshot)
    uses = {content.clip.name: content.clip.use for content in snapshot.clips}
    split = split_clips(uses, config.held_out, config.split_seed)
    whole = build_training_set(
        snapshot,
        patch_size=config.patch_size,
        minimum_length=config.minimum_length,
        suggestions=config.suggestions,
    )
    reader = _reader(whole.clips, network.input_size, config, device)
    opened.callback(reader.close)
    training = what_trains(whole, snapshot, split, config)
    batches = PatchBatches(training_sampler(training, config), reader)
    trained, held_out = Counts.at_places(batches.counts, whole.clips), Counts({})
    kinds = [one.kind for one in whole.sets(config.regime)]
    warnings = [lost_kinds(config.regime, kinds, trained, tracks=config.tracks)]
    measured: Sequence[PatchBatch] = ()
    kept = None
    if split.held_out:
        kept, gap = whole.of_clips(split.held_out), FrameGap(config.gap_shortest, config.gap_longest)
        try:
            others = patch_batches(kept, config.method, config.regime, gap, reader)
        except StudioError:  # no pair can be drawn
            warnings.append(
                "The clips held out give no pair with these gaps between frames, so nothing is measured on "
                "them; allow other gaps, or hold out other clips."
            )
        else:
            held_out = Counts.at_places(others.counts, whole.clips)
            measured = drawn_once(others, config.held_out_count, config.batch, _generator(config, 1))
    notes = {
        "revision": str(snapshot.revision),
        "trained_on": ", ".join(trained.clips),
        "measured_on": ", ".join(held_out.clips),
        "left_out_clips": ", ".join(split.left_out),
    }
    return _Material(
        batches,
        measured,
        notes,
        material_words(
            trained,
            held_out,
            split,
            names=True,
            tracks=config.tracks,
            waiting=_waiting(snapshot, split, config),
        ),
        warnings=tuple(filter(None, warnings)),
        trajectories=np.concatenate([one.ids for one in training.sets(config.regime)]),
        probe=_probe(choose(training, kept, config.regime, config.pinned), whole, reader),
    )


def _probe(sample: ProbeSample, whole: TrainingSet, reader: PatchReader | DevicePatchReader) -> Probe:
    pixels = reader.read(sample.clip, sample.frame, sample.box, np.zeros(len(sample.clip), bool))
    ids = np.array([clip.id for clip in whole.clips], np.int64)
    return Probe(sample, ids, pixels if isinstance(pixels, np.ndarray) else pixels.cpu().numpy())


def _reader(
    clips: Sequence[Clip], size: int, config: PretrainConfig, device: torch.device
) -> PatchReader | DevicePatchReader:
    """Cuts patches where it trains."""
    if device.type == "cuda":
        return DevicePatchReader(clips, size, device, config.frame_bytes)
    free = free_memory()
    most = free // (2 * config.processes) if free else config.frame_bytes
    return PatchReader(clips, size, min(config.frame_bytes, most))


def _images(config: PretrainConfig, network: Network) -> _Material:
    assert config.images is not None  # PretrainConfig sees to it
    images = read_caltech101(config.images)
    training, held_out = hold_out(images, share_of(config.held_out) or 0.0, config.split_seed)
    batches = ImageBatches([images.paths[k] for k in training], images.labels[training], network.input_size)
    measured: Sequence[PatchBatch] = ()
    if len(held_out):
        others = ImageBatches(
            [images.paths[k] for k in held_out], images.labels[held_out], network.input_size
        )
        measured = drawn_once(others, config.held_out_count, config.batch, _generator(config, 1))
    notes = {"images": str(len(training)), "held_out_images": str(len(held_out))}
    words = images_words(len(training), len(held_out), len(images.names)) + images.without
    return _Material(batches, measured, notes, words, len(images.names))


def _objective(config: PretrainConfig, network: Network, material: _Material) -> Objective:
    generator = torch.Generator().manual_seed(config.seed)
    trunk = Trunk(network, config.dropout)
    first = None
    if config.init == "calibrated":
        drawn = material.batches.draw(config.batch, _generator(config, 2))
        first = normalise(on_device(drawn, torch.device("cpu"))[0])
    initialise(trunk, config.init, generator, first)
    if config.method == "association":
        return Association(trunk, config.head, generator)
    if config.method == "nce":
        return Nce(trunk, config.temperature)
    margin = config.margin or usual_margin(network.fc)
    if config.method == "slowfeat":
        return SlowFeat(trunk, margin)
    if config.method == "contrastive":
        return Contrastive(trunk, margin)
    return Classification(trunk, material.classes, generator)


def _generator(config: PretrainConfig, purpose: int) -> np.random.Generator:
    """A generator of its own for what must not disturb the order of the training batches."""
    return np.random.default_rng([config.seed, purpose])


def _save(trunk: Trunk, folder: RunFolder, config: PretrainConfig, material: _Material) -> None:
    settings = {name: str(value) for name, value in as_dict(config).items()}
    save_trunk(trunk, folder.path / IN_RUN, settings | material.notes)
