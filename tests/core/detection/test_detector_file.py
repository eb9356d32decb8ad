import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.detection.detector_file import load_detector, save_detector
from core.detection.targets import BoxStatistics
from core.errors import StudioError
from core.networks.fast_rcnn import FastRCNN, rois_of
from core.networks.initialisation import initialise
from core.networks.sizes import TINY, ImageSize
from core.networks.trunk import Trunk
from core.networks.weights import save_trunk
from tests.bad_disks import full_disk

SIZE = ImageSize(short_side=90, long_side=200)


@pytest.fixture
def net():
    generator = torch.Generator().manual_seed(0)
    trunk = Trunk(TINY)
    initialise(trunk, "kaiming", generator)
    return FastRCNN(trunk, 2, generator).eval()


@pytest.fixture
def statistics():
    generator = np.random.default_rng(0)
    return BoxStatistics(
        generator.normal(size=(3, 4)).astype(np.float32), generator.uniform(0.1, 1, (3, 4)).astype(np.float32)
    )


@torch.inference_mode()
def test_a_detector_comes_back_with_its_deltas_in_boxes_again(tmp_path, net, statistics):
    path = tmp_path / "detector.safetensors"
    save_detector(path, net, statistics, ("cat", "dog"), SIZE, {"init": '"random"'})
    loaded = load_detector(path)
    assert (loaded.classes, loaded.size, loaded.net.trunk.network) == (("cat", "dog"), SIZE, TINY)

    image = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    rois = rois_of([torch.tensor([[0.0, 0, 60, 60], [10, 10, 90, 90]])], [1.0])
    scores, normalised = net(image, rois)
    same, deltas = loaded.net.eval()(image, rois)
    torch.testing.assert_close(same, scores)
    expected = normalised * torch.from_numpy(statistics.deviations) + torch.from_numpy(statistics.means)
    torch.testing.assert_close(deltas, expected, rtol=1e-4, atol=1e-5)


def test_what_is_no_detector_is_refused(tmp_path, net, statistics):
    path = tmp_path / "detector.safetensors"
    with pytest.raises(StudioError, match="holds no trained detector"):
        load_detector(tmp_path)
    path.write_bytes(b"abc")
    with pytest.raises(StudioError, match="is damaged"):
        load_detector(path)
    save_trunk(net.trunk, path)
    with pytest.raises(StudioError, match="no detector of this program"):
        load_detector(path)

    save_detector(path, net, statistics, ("cat", "dog", "cow"), SIZE, {})  # one class too many
    with pytest.raises(StudioError, match="scores other classes than it names"):
        load_detector(path)
    save_detector(path, net, statistics, ("cat", "dog"), SIZE, {})
    tensors = load_file(path)
    header = {"network": "tiny", "classes": '["cat", "dog"]', "short_side": "9", "long_side": "x"}
    save_file(tensors, path, {"format": "associationnet-detector", "version": "1", **header})
    with pytest.raises(StudioError, match="is damaged"):
        load_detector(path)
    spoilt = {**tensors, "cls_score.bias": tensors["cls_score.bias"] * torch.nan}
    save_file(spoilt, path, {"format": "associationnet-detector", "version": "1", **header, "long_side": "9"})
    with pytest.raises(StudioError, match=r"cls_score\.bias that are not finite"):
        load_detector(path)
    save_file(tensors, path, {"format": "associationnet-detector", "version": "99"})
    with pytest.raises(StudioError, match="another version"):
        load_detector(path)


def test_a_full_disk_leaves_the_old_file(tmp_path, net, statistics):
    path = tmp_path / "detector.safetensors"
    save_detector(path, net, statistics, ("cat", "dog"), SIZE, {})
    old = path.read_bytes()
    with torch.no_grad():
        net.cls_score.bias.fill_(1.0)
    with full_disk(1000), pytest.raises(StudioError, match=r"Cannot write .*; free some space"):
        save_detector(path, net, statistics, ("cat", "dog"), SIZE, {})
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
