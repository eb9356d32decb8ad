"""Fine-tuning goes on from a pretraining run that was renamed since."""

import pytest
import torch

from core.detection.config import FinetuneConfig
from core.errors import StudioError
from core.jobs import JOBS
from core.jobs.finetune import settled
from core.networks.initialisation import initialise
from core.networks.sizes import NETWORKS
from core.networks.trunk import Trunk
from core.networks.weights import IN_RUN, save_trunk
from core.pretraining.config import PretrainConfig
from core.runs import launch
from core.runs.run_folder import RunFolder


def test_its_weights_are_found_by_their_digest(tmp_path):
    begun = RunFolder.create(tmp_path / "begun", "pretrain", PretrainConfig())
    trunk = Trunk(NETWORKS["small"])
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    save_trunk(trunk, begun.path / IN_RUN)
    config = FinetuneConfig(voc=tmp_path, init=str(begun.path), device="cpu")
    folder = launch.prepare_at(tmp_path / "run", JOBS["finetune"], config)
    assert settled(folder, config).network == "small"
    begun.path.rename(tmp_path / "renamed")
    assert settled(folder, config).network == "small"
    (tmp_path / "renamed" / IN_RUN).write_bytes(b"other weights")
    with pytest.raises(StudioError, match="There are no weights at"):
        settled(folder, config)
