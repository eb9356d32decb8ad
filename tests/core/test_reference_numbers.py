"""Every number that a paper or a published program gives, as a literal beside its source.

What uses these numbers is followed by hand in `test_reference_networks.py` and `test_reference_training.py`.
"""

import math

import numpy as np
import pytest
import torch

from core.datasets.voc import CLASSES
from core.detection.config import MULTIPLE_SCALES, SCHEDULES, DetectConfig, FinetuneConfig
from core.detection.proposals import SEARCHED_WIDTH, SMALLEST_SIDE
from core.detection.targets import BACKGROUND_OVERLAP, FOREGROUND_OVERLAP, label, sample
from core.networks.initialisation import initialise
from core.networks.sizes import PAPER, STRIDE, TINY, ImageSize
from core.networks.trunk import MEAN_RGB, Trunk
from core.pairs.negatives import OVERLAP
from core.pairs.sampling import NEGATIVE_SCALES, FrameGap
from core.pretraining.config import PretrainConfig
from core.training.schedule import learning_rate
from core.trajectories.model import Kind

FINETUNE, DETECT, PRETRAIN = FinetuneConfig(), DetectConfig(), PretrainConfig()
SEED_40K, LONG_150K = SCHEDULES["seed_40k"], SCHEDULES["long_150k"]

NUMBERS = {
    # what: (ours, published, where it is published)
    "pixel means, RGB": (
        MEAN_RGB,
        (122.7717, 115.9465, 102.9801),
        "Fast R-CNN, lib/fast_rcnn/config.py: PIXEL_MEANS, there BGR",
    ),
    "filters": (PAPER.widths, (96, 384, 512, 512, 384), "the paper, Section 3: C(7,96,2) … C(3,384,1)"),
    "units of fc6 and fc7": (PAPER.fc, 4096, "the paper, Section 3: FC(4096)"),
    "input side": (PAPER.input_size, 227, "CaffeNet's crop_size; the paper gives none"),
    "padding of conv1, conv2": (PAPER.pads, (0, 1), "VGG_CNN_M: conv1 0, conv2 1; the paper gives none"),
    "pool5 side": (PAPER.pool5_size, 6, "VGG_CNN_M_1024/train.prototxt: roi_pool5 pooled_h 6"),
    "pixels per cell": (STRIDE, 16, "VGG_CNN_M_1024/train.prototxt: spatial_scale 0.0625"),
    "image size": (
        PAPER.image_size,
        ImageSize(short_side=600, long_side=1000),
        "Fast R-CNN, config.py: SCALES (600,), MAX_SIZE 1000",
    ),
    "five scales": (
        tuple(round(part * PAPER.image_size.short_side) for part in MULTIPLE_SCALES),
        (480, 576, 688, 864, 1200),
        "Fast R-CNN, experiments/cfgs/multiscale.yml: SCALES",
    ),
    "scales unless asked": (FINETUNE.scales, "single", "Fast R-CNN, config.py: SCALES (600,)"),
    "images in a step": (FINETUNE.images_per_step, 2, "Girshick, ICCV 2015, Section 2.3: N = 2"),
    "RoIs of an image": (FINETUNE.rois_per_image, 64, "Girshick, Section 2.3: R/N = 64"),
    "foreground": (FINETUNE.foreground, 0.25, "Girshick, Section 2.3: 25% of the RoIs"),
    "foreground from": (FOREGROUND_OVERLAP, 0.5, "Fast R-CNN, config.py: FG_THRESH"),
    "background from": (BACKGROUND_OVERLAP, 0.1, "Fast R-CNN, config.py: BG_THRESH_LO"),
    "difficult objects train": (FINETUNE.difficult, True, "Fast R-CNN, lib/datasets/pascal_voc.py"),
    "momentum": (FINETUNE.momentum, 0.9, "VGG_CNN_M_1024/solver.prototxt"),
    "weight decay": (FINETUNE.weight_decay, 0.0005, "VGG_CNN_M_1024/solver.prototxt"),
    "steps": (SEED_40K.steps, 40_000, "Girshick, Section 2.3: 30k, then 10k"),
    "rate": (SEED_40K.learning_rate, 0.001, "VGG_CNN_M_1024/solver.prototxt: base_lr"),
    "dropout": (SEED_40K.dropout, 0.5, "VGG_CNN_M_1024/train.prototxt: drop6, drop7"),
    "long steps": (LONG_150K.steps, 150_000, "Krähenbühl et al., ICLR 2016"),
    "long rate": (LONG_150K.learning_rate, 0.001, "Krähenbühl et al., ICLR 2016"),
    "long dropout": (LONG_150K.dropout, 0.5, "VGG_CNN_M_1024/train.prototxt: drop6, drop7"),
    "suppressed from": (DETECT.overlap, 0.3, "Fast R-CNN, config.py: TEST.NMS"),
    "detections of an image": (DETECT.image_cap, 100, "Fast R-CNN, lib/fast_rcnn/test.py: max_per_image"),
    "detections of a set": (DETECT.set_cap, 40, "Fast R-CNN, test.py: max_per_set = 40 * num_images"),
    "proposals": (FINETUNE.mode, "rcnn", "R-CNN, selective_search_boxes.m: the 'fast' mode"),
    "searched width": (SEARCHED_WIDTH, 500, "R-CNN, selective_search_boxes.m: im_width"),
    "smallest side": (SMALLEST_SIDE, 20, "R-CNN, selective_search_boxes.m: FilterBoxesWidth(boxes, 20)"),
    "patch around a point": (PRETRAIN.patch_size, 100, "the paper, Section 3: 100 × 100 pixels"),
    "comparison of stacks": (PRETRAIN.head, "signed", "the paper, Section 3: subtracting"),
    "held out": (PRETRAIN.held_out, "", "the paper, Section 4: ∼2500 and ∼12500 trajectories, all of them"),
    "method": (PRETRAIN.method, "association", "the paper, Section 3"),
    "pretraining momentum": (PRETRAIN.momentum, 0.9, "CaffeNet's solver.prototxt; the paper gives none"),
    "pretraining decay": (PRETRAIN.weight_decay, 0.0005, "CaffeNet's solver.prototxt; the paper gives none"),
    "pretraining rate": (PRETRAIN.learning_rate, 0.01, "CaffeNet's solver.prototxt: base_lr"),
    # What neither gives; a change moves every result, so it is to be made here too.
    "frames between patches": (PRETRAIN.gap_shortest, 5, "our choice"),
    "frames between patches, sampler": (FrameGap(), FrameGap(shortest=5, longest=0), "our choice"),
    "pairs in a step": (PRETRAIN.batch, 64, "our choice"),
    "warm-up": (PRETRAIN.warm_up, 0.1, "our choice"),
    "pretraining schedule": (PRETRAIN.schedule, "cosine", "our choice"),
    "pretraining gradient": (PRETRAIN.clip_gradient, 1.0, "our choice"),
    "pretraining dropout": (PRETRAIN.dropout, 0.0, "our choice"),
    "pretraining start": (PRETRAIN.init, "kaiming", "our choice"),
    "random start": (FINETUNE.initialisation, "kaiming", "our choice; Fast R-CNN has no fillers"),
    "fine-tuning gradient": (FINETUNE.largest_gradient, 10.0, "our choice; Fast R-CNN does not cut it"),
    "layers kept": (FINETUNE.freeze_at, 0, "our choice; Fast R-CNN keeps conv1"),
    "negatives of objects": (NEGATIVE_SCALES[Kind.OBJECT], (0.7, 1.4), "our choice"),
    "negatives of points": (NEGATIVE_SCALES[Kind.POINT], (1.0, 1.0), "the paper, Section 3: 100 × 100"),
}


@pytest.mark.parametrize("what", NUMBERS)
def test_a_number_is_the_published_one(what):
    ours, published, source = NUMBERS[what]
    assert ours == published, source


def test_negatives_overlap_by_more_than_nothing_and_less_than_half():
    # The paper, Section 1: "less than 50% overlap with the trajectory, yet non-zero overlap".
    assert 0 < OVERLAP[0] < OVERLAP[1] < 0.5


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Girshick, Section 2.3: .001 for 30k steps, .0001 for 10k
        ("seed_40k", {0: 1e-3, 29_999: 1e-3, 30_000: 1e-4, 39_999: 1e-4}),
        # Krähenbühl et al., ICLR 2016: divided by ten every 50k
        ("long_150k", {0: 1e-3, 49_999: 1e-3, 50_000: 1e-4, 99_999: 1e-4, 100_000: 1e-5, 149_999: 1e-5}),
    ],
)
def test_the_rate_falls_where_it_is_published_to_fall(name, expected):
    schedule = SCHEDULES[name]
    warm_up, every = round(schedule.warm_up * schedule.steps), round(schedule.drop_after * schedule.steps)
    for step, rate in expected.items():
        found = learning_rate(
            schedule.kind, step, schedule.steps, schedule.learning_rate, warm_up_length=warm_up, every=every
        )
        assert found == pytest.approx(rate), step


def test_a_sample_is_16_boxes_of_objects_and_48_that_overlap_them_a_little():
    # Fast R-CNN, config.py: FG_THRESH .5 (>=), BG_THRESH_HI .5 (<), BG_THRESH_LO .1 (>=)
    overlaps = np.repeat([0.5, 0.1, 0.4999, 0.0999], [39, 30, 30, 50])
    boxes = np.stack([0 * overlaps, 0 * overlaps, 0 * overlaps + 100, 100 * overlaps], axis=1)
    labelled = label(np.array([[0, 0, 100, 100]], np.float32), np.array([1]), boxes)
    chosen = sample(labelled, FINETUNE.rois_per_image, FINETUNE.foreground, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 64
    heights = labelled.boxes[chosen, 3].round(2)
    assert (heights >= 50).sum() == 16
    assert {round(float(height), 2) for height in heights} == {100, 50, 10, 49.99}


def test_weights_start_as_published():
    """Kaiming: He et al., ICCV 2015. Xavier: Caffe's filler. Caffe: CaffeNet's train_val.prototxt."""
    trunk, inputs = Trunk(TINY), {"conv1": 147, "conv2": 600, "conv3": 864, "fc6": 384, "fc7": 256}
    for how, deviation in (
        ("kaiming", {name: math.sqrt(2 / count) for name, count in inputs.items()}),
        ("xavier", {name: math.sqrt(1 / count) for name, count in inputs.items()}),  # uniform, ±√(3/n)
        ("caffe", {"conv1": 0.01, "conv2": 0.01, "conv3": 0.01, "fc6": 0.005, "fc7": 0.005}),
    ):
        initialise(trunk, how, torch.Generator().manual_seed(0))
        for name, expected in deviation.items():
            scale = 64 if (how, name) == ("kaiming", "conv1") else 1  # of pixels, our choice
            found = getattr(trunk, name).weight.std().item() * scale
            assert found == pytest.approx(expected, rel=0.05), (how, name)
            raised = how == "caffe" and name not in ("conv1", "conv3")
            assert (getattr(trunk, name).bias == float(raised)).all(), (how, name)
    initialise(trunk, "xavier", torch.Generator().manual_seed(0))
    assert trunk.fc7.weight.abs().max().item() == pytest.approx(math.sqrt(3 / 256), rel=0.01)


def test_classes_are_voc_s_in_its_order():
    """The devkit's VOCinit.m."""
    assert " ".join(CLASSES) == (
        "aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person "
        "pottedplant sheep sofa train tvmonitor"
    )
