from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from core.config import setting
from core.errors import StudioError
from core.training.checkpoint import resume, save_checkpoint
from core.training.optimisation import set_learning_rate, sgd
from tests.bad_disks import full_disk
from tests.devices import DEVICES


@dataclass(frozen=True, kw_only=True)
class Settings:
    learning_rate: float = setting(0.1, "Step size")
    steps: int = setting(20, "Steps", free=True)


SETTINGS = Settings()


class Training:
    """A small net on random data, with dropout, momentum and a numpy generator."""

    def __init__(self, device="cpu"):
        self.device = device
        torch.manual_seed(4)
        self.net = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(36, 2)
        )
        self.net.to(device, memory_format=torch.channels_last)
        self.optimizer = sgd(self.net, momentum=0.9, weight_decay=5e-4)
        self.generator = np.random.default_rng(2)

    def step(self):
        images = torch.from_numpy(self.generator.normal(size=(8, 3, 5, 5)).astype(np.float32))
        loss = self.net(images.to(self.device)).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        set_learning_rate(self.optimizer, 0.1)
        self.optimizer.step()

    def save(self, folder, step, extra=None, score=None):
        states = {"sampler": self.generator.bit_generator.state}
        return save_checkpoint(folder, step, self.net, self.optimizer, states, SETTINGS, extra, score)

    def resume(self, folder, settings=SETTINGS):
        return resume(folder, self.net, self.optimizer, {"sampler": self.generator}, settings)

    def weights(self):
        return torch.cat([parameter.detach().flatten() for parameter in self.net.parameters()])


@pytest.mark.parametrize("device", DEVICES)
def test_ten_steps_and_ten_more_are_twenty_bit_for_bit(tmp_path, device):
    straight = Training(device)
    for _ in range(20):
        straight.step()
    first = Training(device)
    for _ in range(10):
        first.step()
    first.save(tmp_path, 10, {"sum": 0.1})
    second = Training(device)
    torch.manual_seed(99)
    resumed = second.resume(tmp_path)
    assert (resumed.step, resumed.extra, resumed.warnings) == (10, {"sum": 0.1}, ())
    for _ in range(10):
        second.step()
    if device == "cpu":
        assert torch.equal(straight.weights(), second.weights())
    torch.testing.assert_close(straight.weights(), second.weights(), rtol=1e-4, atol=1e-6)


def test_without_a_checkpoint_nothing_changes(tmp_path):
    training = Training()
    before = training.weights().clone()
    assert training.resume(tmp_path / "none").step == 0
    assert torch.equal(before, training.weights())


def test_the_last_three_and_the_best_are_kept(tmp_path):
    training = Training()
    for step, score in enumerate([0.5, 0.9, 0.6, None, 0.7, 0.8], start=1):
        training.save(tmp_path, step, score=score)
    assert sorted(int(path.name[5:13]) for path in tmp_path.iterdir()) == [2, 4, 5, 6]


def test_a_step_saved_again_replaces_what_it_held(tmp_path):
    training = Training()
    for number in range(5):
        training.save(tmp_path, 1, {"number": number})
    assert len(list(tmp_path.iterdir())) == 1
    assert training.resume(tmp_path).extra == {"number": 4}


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path, damage):
    training = Training()
    training.save(tmp_path, 1)
    kept = training.weights().clone()
    training.step()
    last = training.save(tmp_path, 2)
    data = bytearray(last.read_bytes())
    data[len(data) // 2] ^= 1
    last.write_bytes({"truncated": data[:-5], "flipped": data, "empty": b""}[damage])
    resumed = training.resume(tmp_path)
    assert resumed.step == 1
    assert "damaged" in resumed.warnings[0]
    assert torch.equal(kept, training.weights())
    for path in tmp_path.iterdir():
        path.write_bytes(b"")
    with pytest.raises(StudioError, match="Every checkpoint"):
        training.resume(tmp_path)


def test_other_settings_are_refused(tmp_path):
    training = Training()
    training.save(tmp_path, 1)
    with pytest.raises(StudioError, match=r"learning_rate 0\.1, not 0\.2"):
        training.resume(tmp_path, replace(SETTINGS, learning_rate=0.2))


def test_free_settings_may_change_and_those_of_the_checkpoint_are_given(tmp_path):
    training = Training()
    training.save(tmp_path, 1)
    resumed = training.resume(tmp_path, replace(SETTINGS, steps=40))
    assert resumed.settings == {"learning_rate": 0.1, "steps": 20}


def test_a_full_disk_leaves_the_last_checkpoint_intact(tmp_path):
    training = Training()
    training.save(tmp_path, 1)
    with full_disk(1000), pytest.raises(StudioError, match="free some space"):
        training.save(tmp_path, 2)
    assert [path.suffix for path in tmp_path.iterdir()] == [".safetensors"]
    assert training.resume(tmp_path).step == 1


def test_a_checkpoint_of_another_net_is_one_sentence(tmp_path):
    training = Training()
    training.save(tmp_path, 1)
    training.net[-1] = nn.Linear(36, 3)  # as with images of one class more
    with pytest.raises(StudioError, match="does not fit what the run would train now"):
        training.resume(tmp_path)


def test_what_is_resumed_does_not_hang_on_the_file(tmp_path):
    training = Training()
    training.step()
    path = training.save(tmp_path, 1)
    again = Training()
    again.resume(tmp_path)
    with open(path, "rb+") as file:
        file.write(bytes(path.stat().st_size))
    expected, found = (each.optimizer.state_dict()["state"] for each in (training, again))
    for place, state in expected.items():
        assert torch.equal(found[place]["momentum_buffer"], state["momentum_buffer"])


def test_an_old_checkpoint_that_cannot_be_removed_is_no_reason_to_fail(tmp_path):
    training = Training()
    for step in range(1, 6):
        (tmp_path / f"step-{step:08d}-0123456789abcdef.safetensors").mkdir()
    path = training.save(tmp_path, 5)
    assert training.resume(tmp_path).step == 5
    assert path.is_file()


def test_arrays_come_back_as_they_were(tmp_path):
    training = Training()
    arrays = {"counts": np.arange(5, dtype=np.int32), "sums": np.array([1e-300, np.pi]), "none": np.zeros(0)}
    states = {"sampler": training.generator.bit_generator.state}
    save_checkpoint(tmp_path, 3, training.net, training.optimizer, states, SETTINGS, arrays=arrays)
    found = training.resume(tmp_path).arrays
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    for path in tmp_path.iterdir():
        path.unlink()
    found["counts"][0] = 9  # they do not hang on the file
    training.save(tmp_path, 4)
    assert training.resume(tmp_path).arrays == {}
