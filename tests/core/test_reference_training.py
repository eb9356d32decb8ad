"""What a step of the jobs does to the weights, followed by hand from the published rules."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from core.datasets.voc import read_split
from core.detection.batches import TrainingImage, make_batch, training_images
from core.detection.config import FinetuneConfig
from core.detection.pictures import Pictures
from core.detection.proposal_file import Proposals
from core.detection.targets import BoxStatistics, box_statistics
from core.jobs import run
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import ImageSize
from core.networks.weights import load_trunk
from core.pretraining.config import PretrainConfig
from core.pretraining.images import ImageBatches
from core.pretraining.objectives import Classification
from core.runs.run_folder import RunFolder
from tests.small_data import write_voc

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    """A VOCdevkit with two images to train on, and a file of proposals about an object of each."""
    folder = write_voc(tmp_path_factory.mktemp("data"), train=2, test=0)
    generator, boxes = np.random.default_rng(0), folder / "boxes.npz"
    images = read_split(folder, 2007, "trainval")
    moved = {
        image.id: np.clip(
            image.objects[0].box + generator.uniform(-9, 9, (40, 4)), 0, [image.width, image.height] * 2
        )
        for image in images
    }
    Proposals.of(moved).save(boxes)
    return folder, boxes


def caffe_sgd(parameters, gradients, velocities, rate, longest):
    """Caffe's SGD: V = .9 V + rate (∇ + .0005 W), W = W − V; of biases the rate is double, the decay 0.

    Gradients are first cut to a length of all together, as ours are. Changes parameters and velocities.
    """
    length = torch.stack([each.norm() for each in gradients.values()]).norm()
    factor = min(1.0, longest / length.item())
    for name, gradient in gradients.items():
        bias = name.endswith("bias")
        decay = 0.0 if bias else 0.0005 * parameters[name]
        step = (2 if bias else 1) * rate * (gradient * factor + decay)
        # torch keeps V / rate, which is the same while the rate stays; here it is told apart
        velocities[name] = 0.9 * velocities.get(name, 0.0) + step / rate
        parameters[name] = parameters[name] - rate * velocities[name]


def gradients_of(net, loss):
    names = [name for name, _ in net.named_parameters()]
    return dict(zip(names, torch.autograd.grad(loss, list(net.parameters())), strict=True))


@pytest.fixture(scope="module")
def finetuned(voc, tmp_path_factory):
    """Two steps of the job, without dropout: its settings and the detector it leaves."""
    config = FinetuneConfig(
        voc=voc[0],
        proposals=voc[1],
        network="tiny",
        short_side=90,
        schedule="quick",
        steps=2,
        learning_rate=0.001,
        device="cpu",
    )
    folder = RunFolder.create(tmp_path_factory.mktemp("runs") / "run", "finetune", config)
    list(run(folder))
    return config, load_file(folder.results / "detector.safetensors")


def test_two_steps_of_fine_tuning_are_fast_rcnn_s(voc, finetuned):
    """Girshick, Section 2.3: the sum of softmax loss and smooth L1, λ = 1, over 2 images; Caffe's SGD."""
    config, tensors = finetuned
    generator = torch.Generator().manual_seed(config.seed)
    trunk = load_trunk("random", "tiny", generator, initialisation="kaiming", dropout=0.0)
    net = FastRCNN(trunk, 20, generator)
    images = training_images(read_split(voc[0], 2007, "trainval"), Proposals.load(voc[1]), True)
    statistics = box_statistics((image.labelled for image in images), 20)
    parameters = {name: parameter.detach().clone() for name, parameter in net.named_parameters()}
    velocities = {}
    for step, rate in enumerate((0.001, 0.0005)):  # half a cosine over two steps
        batch = make_batch(
            images, statistics, config, ImageSize(short_side=90, long_side=500), step, Pictures(CPU)
        )
        scores, deltas = net(batch.images, batch.rois)
        loss = functional.cross_entropy(scores, batch.labels)
        for row, label in enumerate(batch.labels.tolist()):
            if label:
                miss = (deltas[row, label] - batch.targets[row]).abs()
                loss = loss + torch.where(miss < 1, miss**2 / 2, miss - 0.5).sum() / len(batch.labels)
        caffe_sgd(parameters, gradients_of(net, loss), velocities, rate, longest=10.0)
        net.load_state_dict(parameters, strict=False)
    means, deviations = (
        torch.from_numpy(each).flatten() for each in (statistics.means, statistics.deviations)
    )
    parameters["bbox_pred.weight"] = parameters["bbox_pred.weight"] * deviations[:, None]
    parameters["bbox_pred.bias"] = parameters["bbox_pred.bias"] * deviations + means
    for name, expected in parameters.items():
        torch.testing.assert_close(tensors[name], expected, rtol=1e-3, atol=1e-6, msg=name)


def test_the_published_schedule_drops_units_and_quick_does_not(voc, finetuned, tmp_path):
    config = replace(finetuned[0], steps=1)
    ends = {}
    for name in ("quick", "seed_40k", "long_150k"):
        folder = RunFolder.create(tmp_path / name, "finetune", replace(config, schedule=name))
        list(run(folder))  # whose one step has the same rate under each
        ends[name] = load_file(folder.results / "detector.safetensors")["trunk.fc7.weight"]
    assert torch.equal(ends["seed_40k"], ends["long_150k"])
    assert not torch.equal(ends["seed_40k"], ends["quick"])


def test_two_steps_of_pretraining_are_caffe_s(tmp_path):
    generator = np.random.default_rng(0)
    for name in ("ant", "bonsai"):
        (tmp_path / "101" / name).mkdir(parents=True)
        for number in range(4):
            pixels = generator.integers(0, 256, (80, 90, 3), dtype=np.uint8)
            cv2.imwrite(str(tmp_path / "101" / name / f"image_{number:04d}.png"), pixels)
    config = PretrainConfig(
        method="caltech101",
        images=tmp_path / "101",
        network="tiny",
        steps=2,
        batch=6,
        device="cpu",
    )
    folder = RunFolder.create(tmp_path / "run", "pretrain", config)
    list(run(folder))
    tensors = load_file(folder.results / "trunk.safetensors")

    start = torch.Generator().manual_seed(config.seed)
    objective = Classification(load_trunk("random", "tiny", start, dropout=0.0), 2, start)
    paths = sorted((tmp_path / "101").rglob("*.png"))
    batches, numbers = ImageBatches(paths, np.repeat([0, 1], 4), 64), np.random.default_rng(config.seed)
    parameters = {name: parameter.detach().clone() for name, parameter in objective.named_parameters()}
    velocities = {}
    for rate in (0.01, 0.005):  # half a cosine over two steps
        batch = batches.draw(6, numbers)
        pixels = torch.from_numpy(batch.patches).permute(0, 3, 1, 2).float()
        pixels -= torch.tensor([122.7717, 115.9465, 102.9801])[:, None, None]
        logits = objective.classifier(objective.trunk(pixels)[1])
        loss = functional.cross_entropy(logits, torch.from_numpy(batch.labels))
        caffe_sgd(parameters, gradients_of(objective, loss), velocities, rate, longest=1.0)
        objective.load_state_dict(parameters, strict=False)
    for name, tensor in tensors.items():
        torch.testing.assert_close(tensor, parameters[f"trunk.{name}"], rtol=1e-3, atol=1e-6, msg=name)


@pytest.fixture
def pictures(tmp_path):
    """Three black images of 80 × 60, with a white object at 10, 15 or 20 px from the left."""
    made = []
    for number in range(3):
        box = np.array([10 + 5 * number, 8, 40 + 5 * number, 48], np.float32)
        pixels = np.zeros((60, 80, 3), np.uint8)
        pixels[8:48, int(box[0]) : int(box[2])] = 255
        cv2.imwrite(str(tmp_path / f"{number}.png"), pixels)
        made.append(TrainingImage(tmp_path / f"{number}.png", box[None], np.array([12]), box[None]))
    return made


def test_every_image_is_seen_once_as_it_is_and_once_mirrored(pictures):
    """Fast R-CNN, config.py: USE_FLIPPED; lib/datasets/imdb.py appends flipped images."""
    flat = BoxStatistics(np.zeros((21, 4), np.float32), np.ones((21, 4), np.float32))
    size, seen = ImageSize(short_side=60, long_side=80), []
    for step in range(3):
        batch = make_batch(pictures, flat, FinetuneConfig(), size, step, Pictures(CPU))
        for number, image in enumerate(batch.images):
            columns = torch.nonzero((image[0] > 0).any(dim=0)).flatten()
            seen.append((int(columns[0]), int(columns[-1]) + 1))
            corners = batch.rois[batch.rois[:, 0] == number][:, [1, 3]].unique(dim=0)
            assert corners.tolist() == [[seen[-1][0], seen[-1][1] - 1]]  # the boxes went with the pixels
    # mirrored, x becomes 80 − x
    assert sorted(seen) == sorted([(10, 40), (15, 45), (20, 50), (40, 70), (35, 65), (30, 60)])


def test_at_several_scales_the_long_side_may_be_2000(tmp_path):
    """Fast R-CNN, experiments/cfgs/multiscale.yml: SCALES, MAX_SIZE 2000."""
    cv2.imwrite(str(tmp_path / "wide.png"), np.zeros((10, 30, 3), np.uint8))
    box = np.array([[0, 0, 30, 10]], np.float32)
    image = TrainingImage(tmp_path / "wide.png", box, np.array([1]), box)
    flat = BoxStatistics(np.zeros((21, 4), np.float32), np.ones((21, 4), np.float32))
    config = FinetuneConfig(scales="multi", images_per_step=1)
    size = ImageSize(short_side=120, long_side=200)  # a fifth of 600 and 1000
    shapes = {
        tuple(make_batch([image], flat, config, size, step, Pictures(CPU)).images.shape[2:])
        for step in range(30)
    }
    assert shapes == {(96, 288), (115, 345), (133, 400)}
    alone = make_batch([image], flat, replace(config, scales="single"), size, 0, Pictures(CPU))
    assert alone.images.shape[2:] == (67, 200)
