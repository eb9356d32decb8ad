"""Fine-tuning: Fast R-CNN learns to detect, from pretrained or random weights.

Source: Girshick, ICCV 2015, Section 2.3; `tools/train_net.py` of Fast R-CNN.
"""

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from core.detection.batches import RoIBatch, TrainingImage, make_batch
from core.detection.config import SCHEDULES, FinetuneConfig
from core.detection.losses import detection_losses
from core.detection.pictures import Pictures
from core.detection.targets import BoxStatistics
from core.events import Event
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import ImageSize
from core.training.ahead import drawn_ahead
from core.training.checkpoint import Resumed, save_checkpoint
from core.training.device import mixed_precision
from core.training.optimisation import set_learning_rate
from core.training.reporting import Ledger
from core.training.schedule import learning_rate

AHEAD = 3
"""Batches that are made before they are learnt from, so that one that takes long delays no step."""


def finetune(
    net: FastRCNN,
    optimizer: torch.optim.Optimizer,
    images: Sequence[TrainingImage],
    statistics: BoxStatistics,
    config: FinetuneConfig,
    size: ImageSize,
    start: Resumed,
    checkpoints: Path,
    device: torch.device,
    pictures: Pictures,
) -> Generator[Event, None, None]:
    """Train; leave a checkpoint now and then, when closed, and at the end.

    Events that were due but not taken are kept in it, so a run that is stopped and resumed reports and
    computes exactly what it would have in one go.

    Args:
        net: trained in place, on the device; its box deltas come out normalised by `statistics`.
        optimizer: of the net.
        images: to learn from, each also mirrored.
        start: what `resume` gave for this net and optimizer.
        checkpoints: folder.
        pictures: reads onto the device; what it keeps decides how fast the loop is, not what comes out.

    Yields:
        `loss`, `loss_class`, `loss_box`, each the mean since the last report, `learning_rate`, progress.

    Raises:
        StudioError: the loss is no longer a number.
    """
    net.train()
    ledger = Ledger(start, config.total_steps, device)

    def save() -> None:
        save_checkpoint(checkpoints, ledger.step, net, optimizer, {}, config, ledger.state())

    make = partial(make_batch, images, statistics, config, size, pictures=pictures)
    steps = range(start.step, config.total_steps)
    drawn = drawn_ahead(_batches(make, steps, pictures, device), AHEAD)
    try:
        yield from ledger.take()
        if start.extra.get("events"):
            save()  # so that they do not come again
        for batch in drawn:
            rate = rate_at(config, ledger.step)
            set_learning_rate(optimizer, rate)
            losses = pictures.making_room(partial(learn, net, batch, config, device))
            optimizer.step()
            ledger.add(*losses)

            if ledger.due(config.report_every):
                of_classes, of_boxes = ledger.means()
                ledger.report(loss=of_classes + of_boxes, loss_class=of_classes, loss_box=of_boxes)
                ledger.report(learning_rate=rate)
            if device.type == "cpu" or ledger.due(config.report_every):
                ledger.progress("Fine-tuning")
            saving = ledger.due(config.checkpoint_every)
            yield from ledger.take()
            if saving:
                save()
    except GeneratorExit:
        save()
        raise
    finally:
        drawn.close()


def learn(
    net: FastRCNN, batch: RoIBatch, config: FinetuneConfig, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Leave the gradient of a batch in the net, shortened where it is too long; the host waits for nothing.

    Returns:
        The losses of `detection_losses`.
    """
    with mixed_precision(device, config.amp, config.amp_on_cpu):
        scores, deltas = net(batch.images, batch.rois)
    losses = detection_losses(scores, deltas, batch.labels, batch.targets, batch.foreground)
    net.zero_grad(set_to_none=True)
    (losses[0] + losses[1]).backward()
    if config.largest_gradient:
        nn.utils.clip_grad_norm_(net.parameters(), config.largest_gradient)
    return losses


def _batches(
    make: partial[RoIBatch], steps: range, pictures: Pictures, device: torch.device
) -> Iterator[RoIBatch]:
    """The batches of steps; on a GPU made in a stream of their own, while it learns from earlier ones."""
    stream = torch.cuda.Stream(device) if device.type == "cuda" else None
    for step in steps:
        with torch.cuda.stream(stream):  # nothing where there is none
            batch = pictures.making_room(partial(make, step))
        if stream:
            stream.synchronize()  # this thread waits, not the one that trains
            learning = torch.cuda.default_stream(device)
            for tensor in batch.tensors:
                tensor.record_stream(learning)
        yield batch


def rate_at(config: FinetuneConfig, step: int) -> float:
    """The learning rate after so many steps."""
    schedule, total = SCHEDULES[config.schedule], config.total_steps
    return learning_rate(
        schedule.kind,
        step,
        total,
        config.learning_rate or schedule.learning_rate,
        warm_up_length=round(schedule.warm_up * total),
        every=max(1, round(schedule.drop_after * total)),
    )
