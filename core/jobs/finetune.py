"""The job that fine-tunes a detector."""

import json
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import TypeVar

import torch

from core import config as settings
from core.datasets.class_list import of_classes, shortened
from core.datasets.voc import CLASSES, read_split
from core.datasets.voc_remarks import remarks_on
from core.detection.batches import training_images
from core.detection.calibration import calibrate_on
from core.detection.config import SCHEDULES, FinetuneConfig
from core.detection.detector_file import IN_RUN, save_detector
from core.detection.given_boxes import given_boxes
from core.detection.learnt_classes import learnt_classes
from core.detection.loop import finetune, rate_at
from core.detection.pictures import Pictures
from core.detection.targets import box_statistics
from core.events import Event, Log, part_of
from core.jobs.proposals import cache_of, propose_for
from core.networks.fast_rcnn import FastRCNN
from core.networks.initialisation import scale_pixels
from core.networks.sizes import network_named
from core.networks.weights import load_trunk, network_of
from core.runs.provenance import weights_at
from core.runs.run_folder import RunFolder
from core.training.checkpoint import Resumed, resume, settings_of_last
from core.training.device import choose_device, prepare
from core.training.optimisation import sgd
from core.training.schedule import of_new_length

Settings = TypeVar("Settings", bound=FinetuneConfig)


def run(folder: RunFolder, config: FinetuneConfig) -> Generator[Event, None, None]:
    """Fine-tune in a run folder, from its last checkpoint if it has one; leaves `IN_RUN` there."""
    device = choose_device(config.device)
    prepare(config.seed)
    config = settled(folder, config)
    images = read_split(config.voc, config.year, config.set)
    classes = learnt_classes(folder.path, config.classes, images, config.set)
    net = _new_net(folder, config, len(classes)).to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.freeze(config.freeze_at)
    if config.scale_pixels:
        scale_pixels(net.trunk)
    optimizer = sgd(net, config.momentum, config.weight_decay)
    start = resume(folder.checkpoints, net, optimizer, {}, config)
    folder.cut_events_after(start.step)
    for warning in (*start.warnings, *_of_new_length(start, config)):
        yield Log(warning, "warning")

    for remark in remarks_on(images, config.set, classes):
        yield Log(remark, "warning")
    images = of_classes(images, classes)
    if config.proposals:
        warnings: list[str] = []
        searched, proposals = 0, given_boxes(config.proposals, images, warnings.append)
        for warning in warnings:
            yield Log(warning, "warning")
    else:
        searched = len(images)
        search = propose_for(images, config.mode, config.cache or cache_of(folder))
        proposals = yield from part_of(search, 0, searched + config.total_steps)
    chosen = training_images(images, proposals, config.difficult, classes)
    yield Log(
        f"Fine-tuning the {config.network} network on {len(chosen)} images of {config.set}, "
        f"schedule {config.schedule}{_in_words(classes)}."
    )
    if config.calibrated and not start.settings:  # a run that is resumed goes on with its own weights
        calibrate_on(net.trunk, chosen, config.seed)
    statistics = box_statistics((image.labelled for image in chosen), net.classes)
    training = finetune(
        net,
        optimizer,
        chosen,
        statistics,
        config,
        config.image_size,
        start,
        folder.checkpoints,
        device,
        Pictures.within(device, config.picture_bytes),
    )
    yield from part_of(training, searched, searched + config.total_steps)
    notes = {name: json.dumps(value) for name, value in settings.as_dict(config).items()}
    save_detector(folder.path / IN_RUN, net, statistics, classes, config.image_size, notes)


def _of_new_length(start: Resumed, config: FinetuneConfig) -> list[str]:
    if not start.settings:
        return []
    then = replace(config, steps=start.settings["steps"])
    rates = partial(rate_at, then), partial(rate_at, config)
    return of_new_length(start.step, then.total_steps, config.total_steps, *rates)


def settled(folder: RunFolder, config: Settings) -> Settings:
    """The settings of fine-tuning in a run folder, with what is `auto` in them decided.

    The network is that of the run's last checkpoint, so that a run goes on with it on another device; at
    first that of the weights it starts from; for a random start that for the device. The schedule is the
    network's.

    Raises:
        StudioError: the weights or the device are not there.
    """
    name = config.network
    if name == "auto":
        begun = settings_of_last(folder.checkpoints).get("network", "auto")
        name = begun if begun != "auto" else network_of(weights_at(folder, config.init)) or "auto"
    return config.settled(network_named(name, choose_device(config.device).type))


def _in_words(classes: tuple[str, ...]) -> str:
    return "" if classes == CLASSES else f", classes {shortened(classes)}"


def _new_net(folder: RunFolder, config: FinetuneConfig, classes: int) -> FastRCNN:
    generator = torch.Generator().manual_seed(config.seed)
    trunk = load_trunk(
        weights_at(folder, config.init),
        config.network,
        generator,
        initialisation=config.initialisation,
        dropout=SCHEDULES[config.schedule].dropout,
    )
    return FastRCNN(trunk, classes, generator)
