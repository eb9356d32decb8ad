import dataclasses

import pytest
import torch
from PySide6.QtWidgets import QComboBox

from core import config
from core.cli import main
from core.detection.config import SCHEDULES, FinetuneConfig
from core.errors import StudioError
from core.evaluation.config import ProbeConfig
from core.networks.sizes import NETWORKS, PAPER, TINY, network_named
from core.networks.weights import load_trunk, network_of, save_trunk
from core.pretraining.config import PretrainConfig
from core.pretraining.objectives import Association
from core.training.optimisation import set_learning_rate, sgd
from studio.forms.setting_editors import editor_for

TOY = dataclasses.replace(TINY, name="toy", title="a toy", widths=(8, 8, 8, 8, 8), fc=16)


def test_a_network_is_one_record_that_command_line_window_and_weights_follow(
    monkeypatch, tmp_path, capsys, qtbot
):
    monkeypatch.setitem(NETWORKS, "toy", TOY)
    for command in ("pretrain", "finetune", "probe"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "{auto,paper,small,tiny,toy}" in "".join(capsys.readouterr().out.split())
    for settings in (PretrainConfig, FinetuneConfig, ProbeConfig):
        field = next(field for field in dataclasses.fields(settings) if field.name == "network")
        editor = editor_for(field, str)
        qtbot.addWidget(editor)
        editor.set_value("toy")
        assert editor.value() == "toy"
    assert PretrainConfig(network="toy").network == "toy"
    settled = FinetuneConfig().settled(network_named("toy", "cpu"))
    assert (settled.network, settled.total_steps) == ("toy", SCHEDULES["quick"].steps)

    trunk = load_trunk("random", "toy", torch.Generator().manual_seed(0))
    fc6, fc7 = trunk(torch.zeros(2, 3, 64, 64))
    assert fc6.shape == fc7.shape == (2, 16)
    objective = Association(trunk, "signed", torch.Generator().manual_seed(0))
    before, optimizer = trunk.conv1.weight.clone(), sgd(objective, 0.9, 0.0)
    set_learning_rate(optimizer, 0.01)
    loss = objective(torch.rand(4, 3, 64, 64) * 60, torch.tensor([1, 0])).loss
    loss.backward()
    optimizer.step()
    assert not torch.equal(trunk.conv1.weight, before)
    save_trunk(trunk, tmp_path / "trunk.safetensors")
    assert network_of(str(tmp_path / "trunk.safetensors")) == "toy"


def test_the_form_says_what_auto_means(qtbot):
    shown = {}
    for field in dataclasses.fields(FinetuneConfig):
        if field.name in ("network", "schedule"):
            editor = editor_for(field, str)
            qtbot.addWidget(editor)
            assert editor.value() == "auto"
            shown[field.name] = editor.findChild(QComboBox).currentText()
    assert shown == {"network": "auto (by start)", "schedule": "auto (by network)"}


def test_an_unknown_network_is_refused_by_a_sentence_that_lists_them():
    with pytest.raises(StudioError, match="auto, paper, small, tiny"):
        network_named("huge", "cpu")
    with pytest.raises(StudioError, match="network must be one of auto, paper, small, tiny, not 'huge'"):
        PretrainConfig(network="huge")


def test_auto_is_the_paper_s_network_on_a_gpu_alone():
    assert network_named("auto", "cuda") is PAPER
    assert network_named("auto", "cpu") is TINY


def test_every_network_names_a_schedule_of_fine_tuning():
    assert {network.schedule for network in NETWORKS.values()} <= SCHEDULES.keys()


def test_settings_of_an_older_run_are_read_as_they_were_written():
    written = config.as_dict(FinetuneConfig(schedule="quick"))
    for name in ("amp",):  # which there were not
        del written[name]
    settings = config.from_dict(FinetuneConfig, written)
    assert settings.settled(PAPER).schedule == "quick"
    with pytest.raises(StudioError, match="rois_per_image must be at least 4, not 2"):
        config.from_dict(FinetuneConfig, {**written, "rois_per_image": 2})
