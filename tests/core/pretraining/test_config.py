import dataclasses
from pathlib import Path

import pytest

from core.config import choices_of
from core.errors import StudioError
from core.networks.initialisation import INITIALISATIONS
from core.networks.sizes import NETWORKS
from core.pairs.jitter import LARGEST_PLACE
from core.pairs.sampling import REGIMES
from core.pretraining.config import PretrainConfig
from core.training.schedule import SCHEDULES


def test_choices_are_what_the_networks_and_samplers_know():
    choices = {field.name: choices_of(field) for field in dataclasses.fields(PretrainConfig)}
    assert choices["network"] == ("auto", *NETWORKS)
    assert choices["init"] == INITIALISATIONS
    assert choices["regime"] == REGIMES
    assert choices["schedule"] == SCHEDULES


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"method": "magic"}, "method must be one of"),
        ({"learning_rate": 0.0}, "above 0"),
        ({"gap_longest": 3}, "gap_longest"),
        ({"method": "caltech101"}, "needs its images"),
        ({"method": "caltech101", "images": Path("images"), "held_out": "cars1"}, "a share of its images"),
        ({"held_out": "1"}, "held_out must be a share from 0 to 0.9 or names of clips, not 1"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"place_jitter": LARGEST_PLACE + 0.001}, f"place_jitter must be at most {LARGEST_PLACE}"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, sentence):
    with pytest.raises(StudioError, match=sentence):
        PretrainConfig(**change)
    PretrainConfig(method="caltech101", images=Path("images"))


def test_settings_need_no_torch():
    import subprocess
    import sys

    code = (
        "import sys; import core.pretraining.config, core.evaluation.config; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
