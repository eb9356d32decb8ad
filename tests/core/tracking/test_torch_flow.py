import warnings
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from core import agreements
from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.out_of_memory import MAIN, memory_that_ran_out
from core.tracking.config import TrackConfig
from core.tracking.linking import FlowTracker
from core.tracking.torch_flow import TorchFlow


def agreed(path):
    """A file that the person agreed to run."""
    agreements.agree(agreements.program(path).key)
    return path


class Shift(nn.Module):
    """Says that everything moves by (1.5, -2) px, the way RAFT does: a list whose last item counts."""

    def __init__(self, shift: tuple[float, float] = (1.5, -2.0)) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.tensor(shift))

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> list[torch.Tensor]:
        still = first[:, :2] * 0 + second[:, :2] * 0
        return [still, still + self.shift[:, None, None]]


class Means(nn.Module):
    """Gives the mean of each image as its flow, to see what the network is shown."""

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        still = first[:, :1] * 0
        return torch.cat([still + first[:, 0].mean(), still + second[:, 2].mean()], dim=1)


def scripted(network, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(network).save(str(path))
    return path


def exported(network, path):
    eights = {side + 2: 8 * torch.export.Dim(name, min=2) for side, name in enumerate("hw")}
    images = torch.zeros(1, 3, 64, 80), torch.zeros(1, 3, 64, 80)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(network, images, dynamic_shapes=(eights, eights)), path)
    return path


@pytest.fixture(params=[(scripted, "flow.pt"), (exported, "flow.pt2")], ids=["scripted", "exported"])
def save(request, tmp_path):
    how, name = request.param
    return lambda network: agreed(how(network.eval(), tmp_path / name))


def test_the_last_field_is_cropped_to_the_frame(save):
    images = np.zeros((2, 37, 51, 3), np.uint8)
    field = TorchFlow(save(Shift()), "cpu").flow(*images)
    assert field.dtype == np.float32
    np.testing.assert_array_equal(field, np.broadcast_to(np.float32([1.5, -2]), (37, 51, 2)))


def test_the_network_sees_rgb_from_0_to_255_padded_by_its_edge(save):
    first, second = np.zeros((2, 12, 20, 3), np.uint8)
    first[..., 0], second[..., 2] = 200, 90
    first[:, 12:, 0] = 40  # 8 columns of 20, and 4 more of padding: half of 24
    field = TorchFlow(save(Means()), "cpu").flow(first, second)
    np.testing.assert_allclose(field, np.broadcast_to([120, 90], (12, 20, 2)), rtol=1e-6)


class Brightening(nn.Module):
    """Says that everything moves right by as many pixels as the images grow brighter."""

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        still = first[:, :1] * 0
        return torch.cat([still + (second.mean() - first.mean()), still], dim=1)


def test_points_are_tracked_by_it(save):
    image = render_clip(3, frames=1, width=96, height=64).frames[0] // 2
    frames = np.stack([np.roll(image, 2 * step, axis=1) + np.uint8(2 * step) for step in range(4)])
    config = TrackConfig(min_length=1, similarity=-1, spacing=4)
    tracker = FlowTracker(frames, config, {1: TorchFlow(save(Brightening()), "cpu")})
    assert list(tracker.steps()) == [1, 2, 3, 4]
    points = tracker.trajectories()
    whole = np.flatnonzero(points.lengths == 4)
    assert len(whole) > 50
    for place in whole:
        np.testing.assert_allclose(np.diff(points.points(place), axis=0), [(2, 0)] * 3, atol=1e-3)


@pytest.mark.parametrize("name", ["flow.pt", "flow.pt2", "missing.pt"])
def test_a_file_that_is_no_network_is_refused_in_one_sentence(tmp_path, name):
    (tmp_path / "flow.pt").write_bytes(b"PK nothing")
    with zipfile.ZipFile(tmp_path / "flow.pt2", "w") as archive:
        archive.writestr("archive/readme", "nothing")
    if name != "missing.pt":
        agreed(tmp_path / name)
    with pytest.raises(StudioError) as caught:
        TorchFlow(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


class Payload:
    """Would print if it were unpickled."""

    def __reduce__(self):
        return print, ("unpickled",)


@pytest.mark.parametrize("where", ["data/sample_inputs/model.pt", "data/weights/model.pt"])
def test_nothing_is_unpickled(tmp_path, capfd, where):
    path, evil = exported(Shift(), tmp_path / "flow.pt2"), tmp_path / "evil.pt2"
    torch.save(Payload(), tmp_path / "payload")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(evil, "w") as copy:
        for name in archive.namelist():
            if not name.endswith(where):
                copy.writestr(name, archive.read(name))
        copy.writestr(
            f"{archive.namelist()[0].partition('/')[0]}/{where}", (tmp_path / "payload").read_bytes()
        )
    agreed(evil)
    if "weights" in where:
        with pytest.raises(StudioError, match="holds pickled weights"):
            TorchFlow(evil)
    else:
        image = np.zeros((16, 16, 3), np.uint8)
        assert TorchFlow(evil, "cpu").flow(image, image)[0, 0, 0] == 1.5
    assert "unpickled" not in capfd.readouterr().out


class Bad(nn.Module):
    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return first[:, :2, ::2] + second[:, :2, ::2]


def test_what_is_no_flow_is_refused(tmp_path):
    image = np.zeros((16, 24, 3), np.uint8)
    with pytest.raises(StudioError, match=r"gives \(1, 2, 8, 24\) for 24 x 16 px; .* \(1, 2, 16, 24\)"):
        TorchFlow(agreed(scripted(Bad(), tmp_path / "bad.pt")), "cpu").flow(image, image)
    with pytest.raises(StudioError, match="not finite"):
        TorchFlow(agreed(scripted(Shift((float("nan"), 0)), tmp_path / "nan.pt")), "cpu").flow(image, image)
    still = torch.zeros(1, 3, 64, 64)
    torch.export.save(torch.export.export(Shift(), (still, still)), tmp_path / "fixed.pt2")
    with pytest.raises(StudioError, match="fails on frames of 24 x 16 px"):
        TorchFlow(agreed(tmp_path / "fixed.pt2"), "cpu").flow(image, image)


class Immense(nn.Module):
    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return torch.zeros([1 << 30, 1 << 30])


def test_memory_that_runs_out_is_no_fault_of_the_network(tmp_path):
    image = np.zeros((16, 24, 3), np.uint8)
    network = TorchFlow(agreed(scripted(Immense(), tmp_path / "immense.pt")), "cpu")
    with pytest.raises(RuntimeError) as raised:
        network.flow(image, image)
    assert memory_that_ran_out(raised.value) == MAIN


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StudioError, match="no CUDA device"):
        TorchFlow(agreed(scripted(Shift(), tmp_path / "flow.pt")), "cuda")
