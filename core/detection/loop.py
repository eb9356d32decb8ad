"""Fine-tuning: Fast R-CNN learns to detect, from pretrained or random weights.

Source: Girshick, ICCV 2015, Section 2.3; `tools/train_net.py` of Fast R-CNN.
"""

import math
from collections.abc import Generator, Sequence
from pathlib import Path

import torch

from core import config as settings
from core.detection.batches import TrainingImage, make_batch
from core.detection.config import SCHEDULES, FinetuneConfig, ImageSize
from core.detection.losses import detection_losses
from core.detection.targets import BoxStatistics
from core.errors import StudioError
from core.events import Event, Metric, Progress, from_json, to_json
from core.networks.fast_rcnn import FastRCNN
from core.training.checkpoint import Resumed, save_checkpoint
from core.training.optimisation import set_learning_rate
from core.training.schedule import learning_rate


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

    Yields:
        `loss`, `loss_class`, `loss_box`, each the mean since the last report, `learning_rate`, progress.

    Raises:
        StudioError: the loss is no longer a number.
    """
    net.train()
    total, done = config.total_steps, start.step
    losses = torch.tensor(start.extra.get("losses", [0.0, 0.0]), dtype=torch.float64, device=device)
    events = [from_json(line) for line in start.extra.get("events", ())]

    def save() -> None:
        if torch.isfinite(losses).all():
            kept = {"losses": losses.tolist(), "events": [to_json(event, 0) for event in events]}
            save_checkpoint(checkpoints, done, net, optimizer, {}, settings.as_dict(config), kept)

    try:
        if events:
            while events:
                yield events.pop(0)
            save()  # lest they come again
        while done < total:
            batch = make_batch(images, statistics, config, size, done, device)
            rate = rate_at(config, done)
            scores, deltas = net(batch.images, batch.rois)
            class_loss, box_loss = detection_losses(scores, deltas, batch.labels, batch.targets)
            set_learning_rate(optimizer, rate)
            optimizer.zero_grad(set_to_none=True)
            (class_loss + box_loss).backward()
            if config.largest_gradient:
                torch.nn.utils.clip_grad_norm_(net.parameters(), config.largest_gradient)
            optimizer.step()
            losses += torch.stack([class_loss.detach(), box_loss.detach()])
            done += 1
            if done % config.report_every == 0 or done == total:
                of_classes, of_boxes = (losses / ((done - 1) % config.report_every + 1)).tolist()
                losses.zero_()
                if not math.isfinite(of_classes + of_boxes):
                    raise StudioError(
                        f"The loss was no longer a number by step {done}; try a lower learning rate."
                    )
                events += [
                    Metric("loss", done, of_classes + of_boxes),
                    Metric("loss_class", done, of_classes),
                    Metric("loss_box", done, of_boxes),
                    Metric("learning_rate", done, rate),
                ]
            events.append(Progress(done, total, "Fine-tuning"))
            while events:
                yield events.pop(0)
            if done % config.checkpoint_every == 0 or done == total:
                save()
    except GeneratorExit:
        save()
        raise


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
