"""The job that fine-tunes a detector."""

import json
from collections.abc import Generator
from dataclasses import replace
from functools import partial

import torch

from core import config as settings
from core.datasets.voc import CLASSES, read_split
from core.detection.batches import training_images
from core.detection.config import IMAGE_SIZES, SCHEDULES, FinetuneConfig, ImageSize
from core.detection.detector_file import IN_RUN, save_detector
from core.detection.loop import finetune, rate_at
from core.detection.proposal_file import Proposals
from core.detection.targets import box_statistics
from core.events import Event, Log, part_of
from core.jobs.proposals import cache_of, propose_for
from core.networks.fast_rcnn import FastRCNN
from core.networks.trunk import Trunk, shape_named
from core.networks.weights import load_trunk
from core.runs.run_folder import RunFolder
from core.training.checkpoint import Resumed, resume, settings_of_last
from core.training.device import choose_device, prepare
from core.training.optimisation import sgd
from core.training.schedule import of_new_length


def run(folder: RunFolder, config: FinetuneConfig) -> Generator[Event, None, None]:
    """Fine-tune in a run folder, from its last checkpoint if it has one; leaves `IN_RUN` there."""
    device = choose_device(config.device)
    prepare(config.seed)
    if config.network == "auto":  # on another device, too, a run goes on with the network it began with
        config = replace(config, network=settings_of_last(folder.checkpoints).get("network", "auto"))
    net = _new_net(config, device).to(device)
    config = replace(config, network=net.trunk.shape.name)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.freeze(config.freeze_at)
    optimizer = sgd(net, config.momentum, config.weight_decay)
    start = resume(folder.checkpoints, net, optimizer, {}, config)
    folder.cut_events_after(start.step)
    for warning in (*start.warnings, *_of_new_length(start, config)):
        yield Log(warning, "warning")

    images = read_split(config.voc, config.year, config.set)
    if config.proposals:
        searched, proposals = 0, Proposals.load(config.proposals)
    else:
        searched = len(images)
        search = propose_for(images, config.mode, config.cache or cache_of(folder))
        proposals = yield from part_of(search, 0, searched + config.total_steps)
    chosen = training_images(images, proposals, config.difficult)
    yield Log(f"Fine-tuning the {net.trunk.shape.name} network on {len(chosen)} images of {config.set}.")
    statistics = box_statistics((image.labelled() for image in chosen), net.classes)
    size = _size_of(config, net.trunk)
    training = finetune(net, optimizer, chosen, statistics, config, size, start, folder.checkpoints, device)
    yield from part_of(training, searched, searched + config.total_steps)
    notes = {name: json.dumps(value) for name, value in settings.as_dict(config).items()}
    save_detector(folder.path / IN_RUN, net, statistics, CLASSES, size, notes)


def _of_new_length(start: Resumed, config: FinetuneConfig) -> list[str]:
    if not start.settings:
        return []
    then = replace(config, steps=start.settings["steps"])
    rates = partial(rate_at, then), partial(rate_at, config)
    return of_new_length(start.step, then.total_steps, config.total_steps, *rates)


def _new_net(config: FinetuneConfig, device: torch.device) -> FastRCNN:
    generator = torch.Generator().manual_seed(config.seed)
    network: str | None = config.network
    if network == "auto":
        network = shape_named("auto", device).name if config.init == "random" else None
    trunk = load_trunk(
        config.init,
        network,
        generator,
        initialisation=config.initialisation,
        dropout=SCHEDULES[config.schedule].dropout,
    )
    return FastRCNN(trunk, len(CLASSES), generator)


def _size_of(config: FinetuneConfig, trunk: Trunk) -> ImageSize:
    usual = IMAGE_SIZES[trunk.shape.name]
    return ImageSize(
        short_side=config.short_side or usual.short_side, long_side=config.long_side or usual.long_side
    )
