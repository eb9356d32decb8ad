"""The networks against ones put together here from torch's layers, as they are published."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from core.networks.fast_rcnn import FastRCNN, rois_of
from core.networks.pair_head import PairHead
from core.networks.sizes import PAPER, TINY
from core.networks.trunk import Trunk, normalise
from core.pretraining.losses import association_loss
from core.pretraining.objectives import Association, Classification, Contrastive, SlowFeat

NARROW = replace(PAPER, fc=8)
"""The paper's convolutions; fc6 and fc7 of 8 units, which are drawn at once."""


def norm():
    """CNN-M's (Chatfield et al., BMVC 2014): n 5, α 5e-4, β .75, k 2."""
    return nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0)


def pool():
    """Caffe rounds the sides of what it pools up."""
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def published_stack():
    """The paper, Section 3: "C(7, 96, 2) − RL − P(3, 2) − N − C(5, 384, 2) − RL − P(3, 2) − N − …"."""
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 7, stride=2), nn.ReLU(), pool(), norm()),
        *(nn.Conv2d(96, 384, 5, stride=2, padding=1), nn.ReLU(), pool(), norm()),
        *(nn.Conv2d(384, 512, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(512, 512, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(512, 384, 3, padding=1), nn.ReLU()),
    )


@pytest.fixture(scope="module")
def trunk():
    torch.manual_seed(0)
    made = Trunk(NARROW).eval()
    with torch.no_grad():
        for layer in (made.conv1, made.conv2, made.conv3, made.conv4, made.conv5, made.fc6, made.fc7):
            layer.weight *= 2  # so that responses of pixels stay large enough for the norm to matter
    return made


@pytest.fixture(scope="module")
def published(trunk):
    stack = published_stack()
    with torch.no_grad():
        ours = [trunk.conv1, trunk.conv2, trunk.conv3, trunk.conv4, trunk.conv5]
        for layer, same in zip([each for each in stack if isinstance(each, nn.Conv2d)], ours, strict=True):
            layer.weight.copy_(same.weight)
            layer.bias.copy_(same.bias)
    return stack


@torch.no_grad()
@pytest.mark.parametrize("size", [(98, 130), (113, 100)])  # sides at which rounding down gives another map
def test_the_convolutions_are_the_paper_s_in_its_order(trunk, published, size):
    images = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(1)) * 60
    torch.testing.assert_close(trunk.features(images), published(images), rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_a_patch_goes_through_pool5_fc6_and_fc7_each_with_its_relu(trunk, published):
    images = torch.randn(2, 3, 227, 227, generator=torch.Generator().manual_seed(2)) * 60
    pool5 = pool()(published(images)).flatten(1)
    assert pool5.shape == (2, 6 * 6 * 384)
    fc6 = functional.linear(pool5, trunk.fc6.weight, trunk.fc6.bias)
    fc7 = functional.linear(fc6.clamp_min(0), trunk.fc7.weight, trunk.fc7.bias)
    assert ((fc6 < 0).any(), (fc7 < 0).any()) == (True, True)
    ours = trunk(images)
    torch.testing.assert_close(ours[0], fc6.clamp_min(0), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(ours[1], fc7.clamp_min(0), rtol=1e-3, atol=1e-3)


def test_the_paper_s_parameters():
    with torch.device("meta"):
        whole = Trunk(PAPER)
    assert sum(parameter.numel() for parameter in whole.parameters()) == 80_244_352
    assert whole.fc6.weight.shape == (4096, 6 * 6 * 384)


def test_pixels_lose_the_mean_of_their_own_colour():
    # Fast R-CNN, config.py: PIXEL_MEANS [[[102.9801, 115.9465, 122.7717]]], blue first
    red_green_blue = torch.tensor([200, 100, 50], dtype=torch.uint8).reshape(1, 3, 1, 1)
    expected = torch.tensor([200 - 122.7717, 100 - 115.9465, 50 - 102.9801])
    torch.testing.assert_close(normalise(red_green_blue).flatten(), expected)


def test_half_of_fc6_and_of_fc7_is_dropped_and_the_rest_doubled_in_training():
    trunk = Trunk(TINY, dropout=0.5)
    with torch.no_grad():
        for layer in (trunk.fc6, trunk.fc7):
            layer.weight.zero_()
            layer.bias.fill_(3.0)
    pooled = torch.zeros(40, 96, trunk.network.pool5_size, trunk.network.pool5_size)
    torch.manual_seed(0)
    for features in trunk.train().fully_connected(pooled):
        assert features.unique().tolist() == [0, 6]
        assert (features == 0).float().mean().item() == pytest.approx(0.5, abs=0.02)
    for features in trunk.eval().fully_connected(pooled):
        assert (features == 3).all()


def test_heads_start_as_published():
    """Girshick, Section 2.3: N(0, .01) and N(0, .001), biases 0. CaffeNet's fc8: N(0, .01)."""
    generator = torch.Generator().manual_seed(0)
    net = FastRCNN(Trunk(TINY), 20, generator)
    heads = {
        net.cls_score: ((21, 256), 0.01),
        net.bbox_pred: ((84, 256), 0.001),
        Association(Trunk(TINY), "signed", generator).head.classifier: ((2, 512), 0.01),
        Classification(Trunk(TINY), 101, generator).classifier: ((101, 256), 0.01),
    }
    for layer, (shape, deviation) in heads.items():
        assert layer.weight.shape == shape
        assert layer.weight.std().item() == pytest.approx(deviation, rel=0.06)
        assert layer.weight.mean().item() == pytest.approx(0, abs=0.1 * deviation)
        assert not layer.bias.any()


@torch.no_grad()
def test_a_detector_judges_fc7_of_the_cells_sixteen_pixels_wide_under_a_box():
    torch.manual_seed(0)
    net = FastRCNN(Trunk(TINY), 3, torch.Generator().manual_seed(0)).eval()
    images = torch.randn(2, 3, 128, 160, generator=torch.Generator().manual_seed(1)) * 60
    # in an image enlarged by 2: corners 32 … 112 and 16 … 96, cells 2 … 7 and 1 … 6, both ends inside
    rois = rois_of([torch.zeros(0, 4), torch.tensor([[16.0, 8, 57, 49]])], [1.0, 2.0])
    assert rois.tolist() == [[1, 32, 16, 112, 96]]
    cells = net.trunk.features(images)[1:, :, 1:7, 2:8]
    pooled = functional.adaptive_max_pool2d(cells, net.trunk.network.pool5_size)
    _, fc7 = net.trunk.fully_connected(pooled)
    scores, deltas = net(images, rois)
    torch.testing.assert_close(scores, fc7 @ net.cls_score.weight.T)
    torch.testing.assert_close(deltas[0, 2], (net.bbox_pred.weight @ fc7[0])[8:12])


class Known(nn.Module):
    """Stands where a trunk does and gives the fc6 and fc7 it was made of."""

    def __init__(self, fc6: torch.Tensor, fc7: torch.Tensor) -> None:
        super().__init__()
        self.network, self.fc6, self.fc7 = replace(TINY, fc=fc6.shape[1]), fc6, fc7

    def forward(self, _images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.fc6, self.fc7


def random(seed, rows=6):
    return torch.rand(rows, 4, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("method", "labels"),
    [
        (lambda trunk: Contrastive(trunk, margin=1.0), [1, 0, 1]),
        (lambda trunk: SlowFeat(trunk, margin=1.0), [0, 0]),
        (lambda trunk: Classification(trunk, 3, torch.Generator().manual_seed(0)), [0, 1, 2, 0, 1, 2]),
    ],
)
def test_the_baselines_see_fc7_alone(method, labels):
    """The paper, Section 4: "the Euclidean distance between fc7 features"."""
    labels = torch.tensor(labels)
    loss = method(Known(random(1), random(2)))(None, labels).loss.item()
    assert loss > 0
    assert method(Known(random(3), random(2)))(None, labels).loss.item() == loss
    assert method(Known(random(1), random(3)))(None, labels).loss.item() != pytest.approx(loss)


def test_association_subtracts_the_candidate_s_fc6_and_fc7_from_the_anchor_s():
    """The paper, Section 3: "subtracting the concatenated fc6 and fc7 in the two stacks"."""
    fc6, fc7 = random(1), random(2)
    objective = Association(Known(fc6, fc7), "signed", torch.Generator().manual_seed(0))
    same = torch.tensor([1, 0, 0])
    stacks = torch.cat([fc6, fc7], dim=1)
    logits = (stacks[[0, 2, 4]] - stacks[[1, 3, 5]]) @ objective.head.classifier.weight.T
    expected = -logits.log_softmax(1)[torch.arange(3), same].mean()
    torch.testing.assert_close(objective(None, same).loss, expected)
    head = PairHead(4, "signed", torch.Generator().manual_seed(0))
    with torch.no_grad():  # the second logit is "same": a label of 1 asks for it
        head.classifier.bias.copy_(torch.tensor([0.0, 9.0]))
    alike = head((fc6, fc7), (fc6, fc7))
    assert association_loss(alike, torch.ones(6, dtype=torch.int64)).max() < 0.001
