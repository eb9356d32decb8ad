"""One pretraining in memory: the objectives, samplers and rates of the program, in bfloat16 on a CPU."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from core.networks.trunk import MEAN_RGB
from core.pretraining.batches import Batches, PatchBatch
from core.pretraining.config import PretrainConfig
from core.pretraining.loop import rate_at
from core.pretraining.objectives import Objective
from core.training.optimisation import set_learning_rate, sgd


def pixels_of(patches: np.ndarray) -> Tensor:
    """(N, S, S, 3) uint8 → (N, 3, S, S) float32 as `normalise` gives them, some milliseconds faster."""
    count, side = patches.shape[:2]
    mean = torch.tensor(MEAN_RGB).repeat(side * side)
    flat = torch.from_numpy(patches).reshape(count, -1).float().sub_(mean)
    return flat.reshape(count, side, side, 3).permute(0, 3, 1, 2)


def train(
    objective: Objective,
    batches: Batches,
    config: PretrainConfig,
    conv1_factor: float = 1.0,
    at: Callable[[int], None] = lambda step: None,
) -> float:
    """Train in place, step for step as `core.pretraining.loop`; the mean accuracy of the last tenth.

    Args:
        conv1_factor: of the gradient of conv1's weights.
        at: called after each step with the number of steps done.
    """
    optimizer = sgd(objective, config.momentum, config.weight_decay)
    generator = np.random.default_rng(config.seed)
    right = []
    for step in range(config.steps):
        batch = batches.draw(config.batch, generator)
        set_learning_rate(optimizer, rate_at(config, step))
        with torch.autocast("cpu", torch.bfloat16):
            judged = objective(pixels_of(batch.patches), torch.from_numpy(batch.labels))
        if not torch.isfinite(judged.loss):
            return float("nan")
        optimizer.zero_grad(set_to_none=True)
        judged.loss.backward()
        gradient = objective.trunk.conv1.weight.grad
        assert gradient is not None
        gradient.mul_(conv1_factor)
        nn.utils.clip_grad_norm_(objective.parameters(), config.clip_gradient)
        optimizer.step()
        right.append(float(judged.right.mean()))
        at(step + 1)
    return 100 * float(np.mean(right[-max(1, config.steps // 10) :]))


@torch.no_grad()
def accuracy(objective: Objective, batches: list[PatchBatch]) -> float:
    """The share, in percent, of pairs, triplets or images that are classified or ranked correctly."""
    objective.eval()
    right: list[Tensor] = []
    for batch in batches:
        with torch.autocast("cpu", torch.bfloat16):
            right.append(objective(pixels_of(batch.patches), torch.from_numpy(batch.labels)).right)
    objective.train()
    return 100 * float(torch.cat(right).mean())
