"""The training loop of every pretraining method."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.array_file import write_arrays
from core.events import Event, Filters
from core.networks.trunk import normalise
from core.pretraining.batches import Batches, PatchBatch
from core.pretraining.config import PretrainConfig
from core.pretraining.objectives import Judged, Objective
from core.pretraining.record.watch import Watch
from core.training.ahead import drawn_ahead
from core.training.checkpoint import Resumed, save_checkpoint
from core.training.device import mixed_precision
from core.training.group import ALONE, Group
from core.training.memory import stage
from core.training.optimisation import set_learning_rate
from core.training.reporting import Ledger
from core.training.schedule import learning_rate

AHEAD = 3
"""Batches that are drawn before they are learnt from, so that one that takes long delays no step."""


def train(
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    batches: Batches,
    held_out: Sequence[PatchBatch],
    generator: np.random.Generator,
    config: PretrainConfig,
    start: Resumed,
    folder: Path,
    device: torch.device,
    watch: Watch,
    group: Group = ALONE,
) -> Generator[Event, None, None]:
    """Train an objective in place.

    Closing the generator saves a checkpoint. Events that were due but not taken are kept in it, so a
    run that is stopped and resumed reports and computes exactly what it would have in one go.

    Args:
        objective: on `device`.
        held_out: measured on every `held_out_every` steps; may be empty.
        generator: draws the batches; it may end some batches ahead.
        start: what `resume` gave.
        folder: the run's; `checkpoints/` and `results/filters/` are written in it.
        watch: takes in every step; see it for what it records.
        group: the processes that train together; all but the first write and yield nothing.

    Yields:
        Metric `loss` and `accuracy` (means over the steps since the last), `learning_rate`,
        `held_out_accuracy`, and what `watch` reports; Progress; Filters.

    Raises:
        StudioError: the loss is no longer finite (the last checkpoint stays), a frame cannot be read, or a
            checkpoint cannot be written.
    """
    ledger = Ledger(start, config.steps, device)
    score: float | None = start.extra.get("score")
    sampler = generator.bit_generator.state
    if group.leads:
        watch.begin(start)
        if not start.extra:
            ledger.events.append(_write_filters(objective.trunk.conv1.weight, 0, folder))
            ledger.report(**watch.look(0, objective.trunk))

    def save() -> None:
        save_checkpoint(
            folder / "checkpoints",
            ledger.step,
            objective,
            optimizer,
            {"sampler": sampler},
            config,
            ledger.state() | {"score": score, "watch": watch.state()},
            score,
            watch.arrays(),
        )
        watch.write()

    learner = group.parallel(objective)
    drawn = drawn_ahead(_batches(batches, config, generator, ledger.step, group.part(config.batch)), AHEAD)
    try:
        yield from ledger.take()
        if group.leads and start.extra.get("events"):
            save()  # so that they do not come again
        for batch, state in watch.timed(drawn):
            before, sampler = sampler, state  # a checkpoint draws on after this batch; the next may be drawn
            rate = rate_at(config, ledger.step)
            with stage("a step of training"):
                sent = on_device(batch, device)
                judged, norm = take_step(learner, optimizer, *sent, rate, config, device)
            ledger.add(*group.mean(torch.stack([judged.loss.detach(), judged.right.mean()])))
            each = group.whole(torch.stack([judged.losses, judged.scores], dim=1))
            if not group.leads:
                continue
            watch.add(ledger.step, batch, each, norm, before)

            if ledger.due(config.report_every):
                mean_loss, mean_accuracy = ledger.means()
                ledger.report(loss=mean_loss, accuracy=mean_accuracy, learning_rate=rate, **watch.report())
            if held_out and ledger.due(config.held_out_every):
                with stage("measuring on what is held out"):
                    measured = _measured(objective, held_out, config, device)
                score = torch.cat([one.right for one in measured]).double().mean().item()
                ledger.report(held_out_accuracy=score)
                watch.measured(ledger.step, held_out, measured)
            if ledger.due(config.filters_every):
                ledger.events.append(_write_filters(objective.trunk.conv1.weight, ledger.step, folder))
            if device.type == "cpu" or ledger.due(config.report_every):
                ledger.progress("Training")
            saving = ledger.due(config.checkpoint_every)
            if saving:
                ledger.report(**watch.look(ledger.step, objective.trunk))
            yield from ledger.take()
            if saving:
                save()
    except GeneratorExit:
        save()
        raise
    finally:
        drawn.close()


def rate_at(config: PretrainConfig, step: int) -> float:
    """The learning rate after so many steps."""
    return learning_rate(
        config.schedule,
        step,
        config.steps,
        config.learning_rate,
        warm_up_length=round(config.warm_up * config.steps),
        every=max(1, round(config.step_every * config.steps)),
    )


def _batches(
    batches: Batches, config: PretrainConfig, generator: np.random.Generator, done: int, part: slice
) -> Iterator[tuple[PatchBatch, dict[str, Any]]]:
    """The batches of the steps to come, this process's part of them, each with the state after it."""
    for _ in range(done, config.steps):
        yield batches.draw(config.batch, generator, part), dict(generator.bit_generator.state)


def take_step(
    objective: nn.Module,
    optimizer: torch.optim.Optimizer,
    patches: Tensor,
    labels: Tensor,
    rate: float,
    config: PretrainConfig,
    device: torch.device,
) -> tuple[Judged, Tensor]:
    """Learn from one batch.

    Args:
        objective: an `Objective`, or what `Group.parallel` made of it.
        patches: (N, 3, S, S) uint8 on the device, channels last.
        labels: (B,) int64 on the device.
        rate: of learning.

    Returns:
        What the objective made of it, and () the length of its gradient before it was cut.
    """
    set_learning_rate(optimizer, rate)
    judged = _judged(objective, patches, labels, config, device)
    optimizer.zero_grad(set_to_none=True)
    judged.loss.backward()
    norm = nn.utils.clip_grad_norm_(objective.parameters(), config.clip_gradient)
    optimizer.step()
    return judged, norm


def on_device(batch: PatchBatch, device: torch.device) -> tuple[Tensor, Tensor]:
    """Patches, (N, 3, S, S) uint8 channels last, and labels; the host does not wait until they are there."""
    patches, labels = batch.patches, torch.from_numpy(batch.labels)
    if isinstance(patches, np.ndarray):
        patches = torch.from_numpy(patches)
    if device.type == "cuda":
        if patches.is_cuda:
            patches.record_stream(torch.cuda.current_stream(device))
        else:
            patches = patches.pin_memory()
        labels = labels.pin_memory()
    patches = patches.to(device, non_blocking=True).permute(0, 3, 1, 2)
    return patches, labels.to(device, non_blocking=True)


def _judged(
    objective: nn.Module, patches: Tensor, labels: Tensor, config: PretrainConfig, device: torch.device
) -> Judged:
    with mixed_precision(device, config.amp, config.amp_on_cpu):
        judged: Judged = objective(normalise(patches), labels)
    return judged


@torch.no_grad()
def _measured(
    objective: Objective, batches: Sequence[PatchBatch], config: PretrainConfig, device: torch.device
) -> list[Judged]:
    """Held-out pairs, triplets or images, judged without dropout."""
    objective.eval()
    judged = [_judged(objective, *on_device(batch, device), config, device) for batch in batches]
    objective.train()
    return judged


def _write_filters(weight: Tensor, step: int, folder: Path) -> Filters:
    """Write the conv1 filters, (F, 3, 7, 7) float32 in RGB order, where the event says."""
    path = folder / "results" / "filters" / f"step-{step:06d}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(path, {"filters": weight.detach().float().cpu().contiguous().numpy()})
    return Filters(step, path.relative_to(folder).as_posix())
