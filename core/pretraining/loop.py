"""The training loop of every pretraining method."""

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.array_file import write_arrays
from core.config import as_dict
from core.errors import StudioError
from core.events import Event, Filters, Metric, Progress, from_json, to_json
from core.networks.trunk import normalise
from core.pretraining.batches import Batch, Batches, DrawnAhead
from core.pretraining.config import PretrainConfig
from core.pretraining.objectives import Objective
from core.training.checkpoint import Resumed, save_checkpoint
from core.training.optimisation import set_learning_rate
from core.training.schedule import learning_rate


def train(
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    batches: Batches,
    held_out: Sequence[Batch],
    generator: np.random.Generator,
    config: PretrainConfig,
    start: Resumed,
    folder: Path,
    device: torch.device,
) -> Generator[Event, None, None]:
    """Train an objective in place.

    Closing the generator saves a checkpoint. Events that were due but not taken are kept in it, so a
    run that is stopped and resumed reports and computes exactly what it would have in one go.

    Args:
        objective: on `device`.
        held_out: measured on every `held_out_every` steps; may be empty.
        generator: draws the batches; it may end a batch ahead.
        start: what `resume` gave.
        folder: the run's; `checkpoints/` and `results/filters/` are written in it.

    Yields:
        Metric `loss` and `accuracy` (means over the steps since the last), `learning_rate`,
        `held_out_accuracy`; Progress; Filters.

    Raises:
        StudioError: the loss is no longer finite (the last checkpoint stays), a frame cannot be read, or a
            checkpoint cannot be written.
    """
    step = start.step
    sums = torch.tensor(start.extra.get("sums", [0.0, 0.0]), dtype=torch.float64, device=device)
    score: float | None = start.extra.get("score")
    events = [from_json(line) for line in start.extra.get("events", ())]
    drawn = DrawnAhead(batches, config.batch, generator)
    if not start.extra:
        events.append(_write_filters(objective.trunk.conv1.weight, 0, folder))

    def save() -> None:
        extra = {"sums": sums.tolist(), "score": score, "events": [to_json(event, 0) for event in events]}
        save_checkpoint(
            folder / "checkpoints",
            step,
            objective,
            optimizer,
            {"sampler": drawn.state},
            as_dict(config),
            extra,
            score,
        )

    try:
        while events:
            yield events.pop(0)
        if start.extra.get("events"):
            save()  # lest they come again
        while step < config.steps:
            rate = _rate(config, step)
            set_learning_rate(optimizer, rate)
            batch = drawn.take(more=step + 1 < config.steps)
            loss, accuracy = _on_device(objective, batch, config, device)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(objective.parameters(), config.clip_gradient)
            optimizer.step()
            sums += torch.stack([loss.detach(), accuracy])
            step += 1

            last = step == config.steps
            reporting = last or step % config.report_every == 0
            saving = last or step % config.checkpoint_every == 0
            measuring = bool(held_out) and (last or step % config.held_out_every == 0)
            drawing = last or step % config.filters_every == 0
            looking = reporting or saving or measuring or drawing or device.type == "cpu"
            if looking and not torch.isfinite(sums[0]):  # a GPU is not waited for at every step
                raise StudioError(
                    f"The loss is no longer a number at step {step}; "
                    f"start again with a learning rate below {config.learning_rate:g}."
                )
            if reporting:
                count = (step - 1) % config.report_every + 1
                events += [
                    Metric("loss", step, float(sums[0]) / count),
                    Metric("accuracy", step, float(sums[1]) / count),
                    Metric("learning_rate", step, rate),
                ]
                sums.zero_()
            if measuring:
                score = _accuracy(objective, held_out, config, device)
                events.append(Metric("held_out_accuracy", step, score))
            if drawing:
                events.append(_write_filters(objective.trunk.conv1.weight, step, folder))
            if reporting or device.type == "cpu":
                events.append(Progress(step, config.steps, "Training"))
            while events:
                yield events.pop(0)
            if saving:
                save()
    except GeneratorExit:
        save()
        raise
    finally:
        drawn.close()


def _rate(config: PretrainConfig, step: int) -> float:
    return learning_rate(
        config.schedule,
        step,
        config.steps,
        config.learning_rate,
        warm_up_length=round(config.warm_up * config.steps),
        every=max(1, round(config.step_every * config.steps)),
    )


def _on_device(
    objective: Objective, batch: Batch, config: PretrainConfig, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Loss and accuracy of a batch; its uint8 pixels are already laid out channels last."""
    patches = torch.from_numpy(batch.patches).to(device).permute(0, 3, 1, 2)
    labels = torch.from_numpy(batch.labels).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=config.amp and device.type == "cuda"):
        loss, accuracy = objective(normalise(patches), labels)
    return loss, accuracy


@torch.no_grad()
def _accuracy(
    objective: Objective, batches: Sequence[Batch], config: PretrainConfig, device: torch.device
) -> float:
    """The share of held-out pairs, triplets or images that come out right."""
    objective.eval()
    right = sum(
        _on_device(objective, batch, config, device)[1].item() * len(batch.labels) for batch in batches
    )
    objective.train()
    return right / sum(len(batch.labels) for batch in batches)


def _write_filters(weight: Tensor, step: int, folder: Path) -> Filters:
    """Write the conv1 filters, (F, 3, 7, 7) float32 in RGB order, where the event says."""
    path = folder / "results" / "filters" / f"step-{step:06d}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(path, {"filters": weight.detach().float().cpu().contiguous().numpy()})
    return Filters(step, path.relative_to(folder).as_posix())
