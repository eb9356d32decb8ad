import copy
import dataclasses

import numpy as np
import pytest
import torch

from core.events import Metric
from core.networks.initialisation import initialise
from core.networks.sizes import TINY
from core.networks.trunk import Trunk, normalise
from core.pretraining.batches import Batch
from core.pretraining.config import PretrainConfig
from core.pretraining.loop import train
from core.pretraining.objectives import Association
from core.training.checkpoint import Resumed
from core.training.optimisation import sgd

CONFIG = PretrainConfig(
    steps=2,
    batch=2,
    schedule="constant",
    warm_up=0.0,
    learning_rate=0.01,
    momentum=0.9,
    weight_decay=0.1,
    clip_gradient=0.5,
    report_every=1,
)


class Noise:
    """Pairs of random pixels."""

    def draw(self, count, generator):
        patches = generator.integers(0, 256, (2 * count, 64, 64, 3), np.uint8)
        return Batch(patches, np.arange(count) % 2)


def test_two_steps_by_hand(tmp_path):
    """v = 0.9 v + gradient + decay w; w -= rate v; gradients cut at a length; biases at twice the rate."""
    trunk = Trunk(TINY, dropout=0.0)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    objective = Association(trunk, "abs", torch.Generator().manual_seed(0))
    net, optimizer = copy.deepcopy(objective), sgd(objective, CONFIG.momentum, CONFIG.weight_decay)
    generator, cpu = np.random.default_rng(5), torch.device("cpu")
    events = list(
        train(objective, optimizer, Noise(), (), generator, CONFIG, Resumed(), tmp_path, cpu),
    )

    generator = np.random.default_rng(5)
    velocity = {name: torch.zeros_like(weight) for name, weight in net.named_parameters()}
    losses = []
    for _ in range(2):
        batch = Noise().draw(2, generator)
        images = normalise(torch.from_numpy(batch.patches).permute(0, 3, 1, 2))
        (a6, a7), (c6, c7) = ([f[k::2] for f in net.trunk(images)] for k in (0, 1))
        logits = net.head((a6, a7), (c6, c7))
        loss = -logits.log_softmax(1)[torch.arange(2), torch.from_numpy(batch.labels)].mean()
        losses.append(loss.item())
        net.zero_grad()
        loss.backward()
        length = torch.sqrt(sum(weight.grad.square().sum() for weight in net.parameters()))
        with torch.no_grad():
            for name, weight in net.named_parameters():
                rate, decay = (0.02, 0.0) if name.endswith("bias") else (0.01, 0.1)
                gradient = weight.grad * min(1.0, 0.5 / length.item()) + decay * weight
                velocity[name] = 0.9 * velocity[name] + gradient
                weight -= rate * velocity[name]

    reported = [event.value for event in events if isinstance(event, Metric) and event.name == "loss"]
    np.testing.assert_allclose(reported, losses, rtol=1e-4)
    learnt = dict(objective.named_parameters())
    for name, expected in net.named_parameters():
        torch.testing.assert_close(learnt[name], expected, rtol=1e-3, atol=1e-6, msg=name)


def test_held_out_batches_are_measured_without_dropout_and_change_nothing(tmp_path):
    trunk = Trunk(TINY, dropout=0.5)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    objective = Association(trunk, "abs", torch.Generator().manual_seed(0))
    optimizer = sgd(objective, 0.9, 0.0)
    held_out = [Noise().draw(3, np.random.default_rng(k)) for k in range(2)]
    held_out.append(Noise().draw(1, np.random.default_rng(2)))  # the last one is smaller
    config = dataclasses.replace(CONFIG, held_out_every=1, steps=1)
    cpu = torch.device("cpu")
    events = list(
        train(
            objective,
            optimizer,
            Noise(),
            held_out,
            np.random.default_rng(5),
            config,
            Resumed(),
            tmp_path,
            cpu,
        )
    )
    assert objective.training
    (measured,) = [event.value for event in events if getattr(event, "name", "") == "held_out_accuracy"]
    objective.eval()
    correct = 0
    for batch in held_out:
        images = normalise(torch.from_numpy(batch.patches).permute(0, 3, 1, 2))
        fc6, fc7 = objective.trunk(images)
        logits = objective.head((fc6[0::2], fc7[0::2]), (fc6[1::2], fc7[1::2]))
        correct += int((logits.argmax(1).numpy() == batch.labels).sum())
    assert measured == pytest.approx(correct / 7)
