from dataclasses import replace

import torch

from core.detection.losses import detection_losses
from core.networks.fast_rcnn import FastRCNN, rois_of
from core.networks.initialisation import initialise
from core.networks.roi_pool import roi_max_pool
from core.networks.sizes import NETWORKS, PAPER, TINY
from core.networks.trunk import Trunk
from core.training.optimisation import set_learning_rate, sgd


def new_net(shape, classes=20):
    generator = torch.Generator().manual_seed(0)
    trunk = Trunk(shape)
    initialise(trunk, "kaiming", generator)
    return FastRCNN(trunk, classes, generator)


def test_boxes_become_rois_whose_last_pixel_is_inside():
    rois = rois_of([torch.tensor([[0.0, 0, 11, 21]]), torch.tensor([[4.0, 5, 6, 7]])], [1.6, 2.0])
    torch.testing.assert_close(rois, torch.tensor([[0, 0, 0, 16, 32], [1, 8, 10, 10, 12.0]]))


def test_in_every_network_roi_pooling_gives_fc6_what_pool5_gave():
    for network in NETWORKS.values():
        maps = torch.zeros(1, network.widths[4], 13, 13)
        pooled = roi_max_pool(maps, torch.tensor([[0.0, 0, 0, 100, 100]]), network.pool5_size)
        assert pooled.flatten(1).shape == (1, network.fc6_inputs)


def test_frozen_layers_stay_and_the_others_learn():
    net = new_net(TINY)
    net.freeze(2)
    optimizer = sgd(net, 0.9, 0.0005)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    rois = rois_of([torch.tensor([[0.0, 0, 60, 60], [10, 10, 90, 90]])], [1.0])
    scores, deltas = net(torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(1)) * 60, rois)
    sum(
        detection_losses(scores, deltas, torch.tensor([3, 0]), torch.ones(2, 4), torch.tensor([0]))
    ).backward()
    set_learning_rate(optimizer, 0.001)
    optimizer.step()
    still = {name for name, tensor in net.state_dict().items() if torch.equal(tensor, before[name])}
    assert still == {f"trunk.conv{number}.{kind}" for number in (1, 2) for kind in ("weight", "bias")}


def test_rois_beyond_the_image_are_cut_at_its_border():
    net = new_net(TINY).eval()
    images = torch.randn(1, 3, 96, 128, generator=torch.Generator().manual_seed(1)) * 60
    with torch.inference_mode():
        scores, _ = net(images, torch.tensor([[0.0, -9000, -30, 9000, 500], [0, 0, 0, 128, 96]]))
    assert torch.equal(scores[0], scores[1])


def test_in_bfloat16_it_judges_nearly_alike_and_learns_in_float32():
    net = new_net(TINY).eval()
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(1, 3, 128, 160, generator=generator) * 60
    rois = rois_of([torch.tensor([[0.0, 0, 60, 60], [10, 10, 90, 90], [30, 20, 150, 120]])], [1.0])
    exact, _ = net(images, rois)
    with torch.autocast("cpu", torch.bfloat16):
        assert net.trunk.features(images).dtype == torch.bfloat16
        scores, deltas = net(images, rois)
    assert scores.dtype == deltas.dtype == torch.float32
    torch.testing.assert_close(scores, exact, rtol=0.05, atol=0.01 * exact.abs().max().item())
    sum(
        detection_losses(scores, deltas, torch.tensor([3, 0, 5]), torch.ones(3, 4), torch.tensor([0, 2]))
    ).backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in net.parameters())
    assert net.trunk.conv1.weight.grad.abs().max() > 0


def test_the_paper_s_network_detects_and_learns_on_a_cpu():
    net = new_net(replace(PAPER, fc=256))  # its convolutions as they are; fc6 and fc7 take the most time
    heads = sum(parameter.numel() for parameter in net.parameters()) - sum(
        parameter.numel() for parameter in net.trunk.parameters()
    )
    assert heads == 257 * (21 + 84)
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 3, 320, 400, generator=generator) * 60
    boxes = torch.tensor([[0.0, 0, 250, 200], [20, 30, 120, 90], [100, 50, 240, 190]])
    rois = rois_of([boxes], [1.6])
    net.eval()
    with torch.inference_mode():
        assert net.trunk.features(image).shape == (1, 384, 19, 24)  # 1/16
        scores, deltas = net(image, rois)
    assert scores.shape == (3, 21)
    assert deltas.shape == (3, 21, 4)

    net.train()
    optimizer = sgd(net, 0.9, 0.0005)
    set_learning_rate(optimizer, 0.00001)
    losses = []
    for _ in range(2):
        torch.manual_seed(0)
        class_loss, box_loss = detection_losses(
            *net(image, rois), torch.tensor([1, 0, 7]), torch.ones(3, 4), torch.tensor([0, 2])
        )
        losses.append((class_loss + box_loss).item())
        optimizer.zero_grad(set_to_none=True)
        (class_loss + box_loss).backward()
        optimizer.step()
    assert losses[1] < losses[0]
