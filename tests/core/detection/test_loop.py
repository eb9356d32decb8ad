import json
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core import config as settings
from core.datasets import still_life
from core.datasets.voc import CLASSES
from core.detection.batches import TrainingImage, make_batch
from core.detection.config import SCHEDULES, FinetuneConfig
from core.detection.detector_file import load_detector, save_detector
from core.detection.loop import finetune, learn, rate_at
from core.detection.pictures import Pictures
from core.detection.predict import detect
from core.detection.proposals import propose
from core.detection.targets import box_statistics
from core.errors import StudioError
from core.evaluation.voc_ap import Detections, Objects, evaluate_class
from core.events import Metric, Progress
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import TINY, ImageSize
from core.networks.weights import load_trunk
from core.training.checkpoint import resume
from core.training.optimisation import sgd
from tests.devices import Waits

SIZE = ImageSize(short_side=150, long_side=300)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Four drawn pictures, each of a cat and a television, with their proposals."""
    folder = tmp_path_factory.mktemp("pictures")
    made = []
    for number in range(4):
        picture = still_life.draw(np.random.default_rng(number), ("cat", "tvmonitor"))
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), picture.image[:, :, ::-1])
        boxes = np.stack([each.box for each in picture.objects])
        classes = np.array([CLASSES.index(each.name) + 1 for each in picture.objects])
        made.append(TrainingImage(path, boxes, classes, propose(picture.image, "fast")))
    return made


class Training:
    """One fine-tuning, started anew or from its checkpoints."""

    def __init__(self, images, checkpoints, config, pictures=None):
        torch.manual_seed(config.seed)
        generator = torch.Generator().manual_seed(config.seed)
        trunk = load_trunk("random", TINY.name, generator, dropout=0.2)
        self.net = FastRCNN(trunk, len(CLASSES), generator)
        self.statistics = box_statistics((image.labelled for image in images), len(CLASSES))
        self.optimizer = sgd(self.net, config.momentum, config.weight_decay)
        start = resume(checkpoints, self.net, self.optimizer, {}, config)
        self.events = finetune(
            self.net,
            self.optimizer,
            images,
            self.statistics,
            config,
            SIZE,
            start,
            checkpoints,
            CPU,
            pictures or Pictures(CPU),
        )

    def weights(self):
        return {name: tensor.clone() for name, tensor in self.net.state_dict().items()}


def test_a_small_detector_learns_its_pictures_by_heart(tmp_path, images):
    config = FinetuneConfig(schedule="quick", steps=160, learning_rate=0.004, rois_per_image=32)
    training = Training(images, tmp_path / "checkpoints", config)
    events = list(training.events)
    losses = [event.value for event in events if isinstance(event, Metric) and event.name == "loss"]
    assert len(losses) == 16
    assert np.mean(losses[-3:]) < 0.5 * np.mean(losses[:3])
    assert [event.step for event in events if isinstance(event, Progress)] == list(range(1, 161))

    path = tmp_path / "detector.safetensors"
    save_detector(path, training.net, training.statistics, CLASSES, SIZE, {})
    net = load_detector(path).net
    found = [
        detect(net, cv2.imread(str(image.path))[:, :, ::-1], image.proposals, SIZE, CPU) for image in images
    ]
    for name in ("cat", "tvmonitor"):
        number = CLASSES.index(name)
        truth = {
            image.path.stem: Objects(
                rows := image.objects[image.classes == number + 1], np.zeros(len(rows), bool)
            )
            for image in images
        }
        of_class = [each[number] for each in found]
        detections = Detections(
            np.concatenate(
                [[image.path.stem] * len(e.scores) for image, e in zip(images, of_class, strict=True)]
            ),
            np.concatenate([each.scores for each in of_class]),
            np.concatenate([each.boxes for each in of_class]),
        )
        assert evaluate_class(detections, truth, "voc10_area").ap > 0.5, name


def test_a_stopped_training_goes_on_bit_for_bit(tmp_path, images):
    config = FinetuneConfig(schedule="quick", steps=7, report_every=3, rois_per_image=8, checkpoint_every=100)
    whole = Training(images, tmp_path / "whole", config)
    curve = [event for event in whole.events if isinstance(event, Metric)]

    first = Training(images, tmp_path / "parts", config)
    part = []
    for event in first.events:
        part.append(event)
        if event == Progress(4, 7, "Fine-tuning"):
            first.events.close()
            break
    torch.rand(100)  # whatever happens in between
    second = Training(images, tmp_path / "parts", config)
    rest = list(second.events)
    assert [event for event in part + rest if isinstance(event, Metric)] == curve
    expected = whole.weights()
    for name, tensor in second.weights().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)

    with pytest.raises(StudioError, match="learning_rate"):
        Training(images, tmp_path / "parts", replace(config, learning_rate=0.5))


def test_stopped_at_any_event_nothing_is_lost_or_said_twice(tmp_path, images):
    config = FinetuneConfig(schedule="quick", steps=3, report_every=2, rois_per_image=8, checkpoint_every=100)
    whole = list(Training(images, tmp_path / "whole", config).events)
    assert len(whole) == 3 + 2 * 4
    for count in range(1, len(whole) + 1):
        folder = tmp_path / str(count)
        first = Training(images, folder, config).events
        told = [next(first) for _ in range(count)]
        first.close()
        told += Training(images, folder, config).events
        assert told == whole, count
        assert not list(Training(images, folder, config).events)


def test_more_steps_of_a_constant_rate_are_as_if_it_always_had_them(tmp_path, images):
    short = FinetuneConfig(schedule="seed_40k", steps=6, report_every=2, rois_per_image=8, checkpoint_every=9)
    longer = replace(short, steps=7)  # the rate drops after 4 of 6 steps and after 5 of 7
    whole = Training(images, tmp_path / "whole", longer)
    curve = [event for event in whole.events if isinstance(event, Metric)]
    first = Training(images, tmp_path / "parts", short)
    part = []
    for event in first.events:
        part.append(event)
        if isinstance(event, Progress) and event.step == 3:
            first.events.close()
            break
    second = Training(images, tmp_path / "parts", replace(longer, report_every=4, device="cuda"))
    rest = list(second.events)
    assert [e for e in part + rest if isinstance(e, Metric) and e.step == 2] == curve[:4]
    assert sorted({e.step for e in rest if isinstance(e, Metric)}) == [4, 7]
    expected = whole.weights()
    for name, tensor in second.weights().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)


def batch_of(images, config):
    statistics = box_statistics((image.labelled for image in images), len(CLASSES))
    return make_batch(images, statistics, config, SIZE, 0, Pictures(CPU))


def test_nothing_waits_for_the_device_between_reports(tmp_path, images):
    config = FinetuneConfig(schedule="quick", steps=3, rois_per_image=8)
    training = Training(images, tmp_path, config)
    batch = batch_of(images, config)
    with Waits() as waits:
        losses = learn(training.net, batch, config, CPU)
        training.optimizer.step()
        torch.stack(losses)
    assert not waits.names
    assert {"convolution_backward", "scatter_add_"} <= waits.all  # so the backward pass was seen


@pytest.mark.parametrize("in_half", [False, True])
def test_a_step_on_a_cpu_computes_in_bfloat16_only_where_that_is_asked_for(tmp_path, images, in_half):
    config = FinetuneConfig(schedule="quick", steps=12, rois_per_image=8, amp_on_cpu=in_half)
    training, seen = Training(images, tmp_path, config), set()
    training.net.trunk.fc7.register_forward_hook(lambda _module, _inputs, output: seen.add(output.dtype))
    losses = [event.value for event in training.events if isinstance(event, Metric) and event.name == "loss"]
    assert seen == {torch.bfloat16 if in_half else torch.float32}
    assert losses[-1] < losses[0]
    assert all(parameter.dtype == torch.float32 for parameter in training.net.parameters())


def test_a_step_for_which_memory_runs_out_is_taken_again_without_the_pictures_kept(tmp_path, images):
    config = FinetuneConfig(schedule="quick", steps=4, report_every=2, rois_per_image=8)
    plain = Training(images, tmp_path / "plain", config)
    expected = [event for event in plain.events if isinstance(event, Metric)]
    pictures = Pictures(CPU, in_memory=1 << 30)
    short = Training(images, tmp_path / "short", config, pictures)
    ends = iter([False, False, True])

    def run_out(_module, _inputs):
        if next(ends, False):
            raise MemoryError

    short.net.trunk.fc6.register_forward_pre_hook(run_out)
    assert [event for event in short.events if isinstance(event, Metric)] == expected
    assert not pictures.let_go()

    again = Training(images, tmp_path / "again", config)
    again.net.trunk.fc6.register_forward_pre_hook(run_out)
    ends = iter([True])
    with pytest.raises(MemoryError):
        list(again.events)


def test_the_next_batch_is_made_while_a_step_is_computed(tmp_path, images):
    config = FinetuneConfig(schedule="quick", steps=3, rois_per_image=8)
    before = set(threading.enumerate())
    events = Training(images, tmp_path, config).events
    next(events)
    assert [thread for thread in threading.enumerate() if thread not in before]
    events.close()
    assert set(threading.enumerate()) <= before


def test_a_loss_that_is_no_number_ends_the_run_and_spoils_no_checkpoint(tmp_path, images):
    config = FinetuneConfig(
        schedule="quick", steps=20, learning_rate=1e9, rois_per_image=8, report_every=4, largest_gradient=0.0
    )
    with pytest.raises(StudioError, match="start again with a lower learning rate"):
        list(Training(images, tmp_path, config).events)
    assert not list(tmp_path.iterdir())


def test_the_schedules_of_the_paper():
    seed_40k = FinetuneConfig(schedule="seed_40k")
    assert seed_40k.total_steps == 40_000
    assert [rate_at(seed_40k, step) for step in (0, 29_999)] == [0.001, 0.001]
    assert rate_at(seed_40k, 30_000) == pytest.approx(0.0001)
    long = FinetuneConfig(schedule="long_150k")
    assert rate_at(long, 49_999) == 0.001
    assert rate_at(long, 149_999) == pytest.approx(0.00001)
    short = FinetuneConfig(schedule="seed_40k", steps=40, learning_rate=0.5)
    assert (rate_at(short, 29), rate_at(short, 30)) == (0.5, pytest.approx(0.05))
    assert rate_at(FinetuneConfig(schedule="quick"), 300) < SCHEDULES["quick"].learning_rate
    json.dumps(settings.as_dict(short))
