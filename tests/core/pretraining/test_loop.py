import numpy as np
import torch

from core.events import Metric
from core.networks.trunk import TINY, Trunk
from core.pretraining.batches import Batch
from core.pretraining.config import PretrainConfig
from core.pretraining.loop import train
from core.pretraining.objectives import Objective
from core.training.checkpoint import Resumed
from core.training.optimisation import sgd


class InTraining(Objective):
    """An objective whose accuracy says whether it is in training mode, as dropout sees it."""

    def forward(self, images, labels):
        return self.trunk.conv1.weight.square().sum(), torch.tensor(float(self.training))


class Grey:
    """Grey patches without end."""

    def draw(self, count, generator):
        return Batch(np.full((count, 64, 64, 3), 128, np.uint8), np.zeros(count, np.int64))


def test_dropout_acts_in_every_step_and_in_no_measurement(tmp_path):
    config = PretrainConfig(steps=4, batch=2, report_every=1, held_out_every=2)
    objective, generator = InTraining(Trunk(TINY)), np.random.default_rng(0)
    optimizer, held_out = sgd(objective, 0.9, 0.0), [Grey().draw(3, generator)]
    cpu = torch.device("cpu")
    events = list(train(objective, optimizer, Grey(), held_out, generator, config, Resumed(), tmp_path, cpu))
    said = {name: [] for name in ("accuracy", "held_out_accuracy")}
    for event in events:
        if isinstance(event, Metric) and event.name in said:
            said[event.name].append(event.value)
    assert said == {"accuracy": [1, 1, 1, 1], "held_out_accuracy": [0, 0]}
