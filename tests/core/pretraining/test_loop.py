import numpy as np
import pytest
import torch

from core.networks.initialisation import initialise
from core.networks.sizes import TINY
from core.networks.trunk import Trunk, normalise
from core.pretraining.batches import PatchBatch
from core.pretraining.config import PretrainConfig
from core.pretraining.loop import on_device, take_step, train
from core.pretraining.objectives import Association
from core.pretraining.record.watch import Watch
from core.training.checkpoint import Resumed
from core.training.optimisation import sgd
from tests.devices import Waits


class Noise:
    """Pairs of random pixels."""

    def draw(self, count, generator, part=slice(None)):
        pairs = generator.integers(0, 256, (count, 2, 64, 64, 3), np.uint8)[part]
        return PatchBatch(pairs.reshape(-1, 64, 64, 3), np.arange(count)[part] % 2)


def test_held_out_batches_are_measured_without_dropout_and_change_nothing(tmp_path):
    trunk = Trunk(TINY, dropout=0.5)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    objective = Association(trunk, "abs", torch.Generator().manual_seed(0))
    optimizer = sgd(objective, 0.9, 0.0)
    held_out = [Noise().draw(24, np.random.default_rng(k)) for k in range(2)]
    held_out.append(Noise().draw(2, np.random.default_rng(2)))  # the last one is smaller
    config = PretrainConfig(steps=1, batch=2, held_out_every=1)
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
            Watch(tmp_path, config, cpu),
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
    assert measured == pytest.approx(correct / 50)


@pytest.mark.parametrize("in_half", [False, True])
def test_a_step_on_a_cpu_computes_in_bfloat16_only_where_that_is_asked_for(in_half):
    trunk = Trunk(TINY, dropout=0.0)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    objective = Association(trunk, "abs", torch.Generator().manual_seed(0))
    config, seen = PretrainConfig(batch=8, amp_on_cpu=in_half), set()
    trunk.fc7.register_forward_hook(lambda _module, _inputs, output: seen.add(output.dtype))
    batch = Noise().draw(8, np.random.default_rng(0))
    patches, labels = torch.from_numpy(batch.patches).permute(0, 3, 1, 2), torch.from_numpy(batch.labels)
    optimizer, cpu = sgd(objective, 0.9, 0.0), torch.device("cpu")
    judged = [
        take_step(objective, optimizer, patches, labels, 0.003, config, cpu)[0].loss.item() for _ in range(8)
    ]
    assert seen == {torch.bfloat16 if in_half else torch.float32}
    assert judged[-1] < 0.8 * judged[0]
    assert all(parameter.dtype == torch.float32 for parameter in objective.parameters())


def test_nothing_waits_for_the_device_between_reports():
    trunk = Trunk(TINY, dropout=0.5)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    objective = Association(trunk, "abs", torch.Generator().manual_seed(0))
    optimizer, cpu = sgd(objective, 0.9, 5e-4), torch.device("cpu")
    sent = on_device(Noise().draw(4, np.random.default_rng(0)), cpu)
    with Waits() as waits:
        judged, norm = take_step(objective, optimizer, *sent, 0.01, PretrainConfig(batch=4), cpu)
        torch.stack([judged.loss.detach(), judged.right.mean(), norm])
    assert not waits.names
    assert "convolution_backward" in waits.all  # so the backward pass was seen
