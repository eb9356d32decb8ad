"""Models in files of our own making, asked in a process of their own."""

import os
import signal
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import helper

from core import agreements
from core.errors import StudioError
from core.segmentation.model_process import ModelProcess
from core.segmentation.networks import open_model
from core.segmentation.segmenter import Prompts
from tests.core.segmentation.onnx_files import save

HEIGHT, WIDTH = 48, 96
IMAGE = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
IMAGE[10:30, 20:60] = 200
OBJECT = IMAGE[..., 0] > 100
CLICK = Prompts().with_point(40, 20, inside=True)


class Bright(torch.nn.Module):
    """Bright pixels are the object, within 1,000 px of the clicks; a click beside turns all around."""

    def forward(self, image, points, labels, mask):
        sign = labels[0, -1] * 2 - 1 + 0 * points.sum()
        return sign * (image.mean(1, keepdim=True) - 100) + 0 * mask


@pytest.fixture
def scripted(tmp_path: Path) -> Path:
    path = tmp_path / "bright.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is; people have such files
        torch.jit.script(Bright()).save(path)
    agreements.agree(agreements.program(path).key)
    return path


@pytest.fixture
def process(scripted: Path):
    process = ModelProcess(scripted)
    yield process
    process.close()


def test_a_torch_script_answers_from_its_process_and_a_crash_is_a_sentence(process: ModelProcess):
    found = process.segment(IMAGE, CLICK)
    np.testing.assert_array_equal(found.mask, OBJECT)
    assert found.confidence > 0.9
    beside = process.segment(IMAGE, CLICK.with_point(1, 1, inside=False).correcting(found.mask))
    np.testing.assert_array_equal(beside.mask, ~OBJECT)
    first = process._process.pid
    os.kill(first, getattr(signal, "SIGKILL", signal.SIGTERM))
    with pytest.raises(StudioError, match=r"bright\.pt ended unexpectedly"):
        process.segment(IMAGE, CLICK)
    np.testing.assert_array_equal(process.segment(IMAGE[:, ::-1], CLICK).mask, OBJECT[:, ::-1])
    process.close()
    with pytest.raises(StudioError):
        process.segment(IMAGE, CLICK)


@pytest.mark.parametrize("name", ["nothing.pt", "text.pt", "text.onnx", "sam.encoder.onnx"])
def test_what_is_no_model_is_one_sentence(tmp_path: Path, name):
    path = tmp_path / name
    if name != "nothing.pt":
        path.write_text("no model")
        agreements.agree(agreements.program(path).key)
    with pytest.raises(StudioError) as error:
        open_model(path)
    assert name in str(error.value)


def test_one_onnx_file_takes_picture_and_clicks_by_their_names(tmp_path: Path):
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["grey", "limit"], ["logits"]),
    ]
    inputs = {"image": [1, 3, None, None], "points": [1, None, 2], "labels": [1, None]}
    save(tmp_path / "one.onnx", nodes, inputs, {"logits": [1, 1, None, None]}, {"limit": np.float32([100])})
    found = open_model(tmp_path / "one.onnx").segment(IMAGE, CLICK)
    np.testing.assert_array_equal(found.mask, OBJECT)


SIDE = 64


def save_sam(folder: Path, second: bool) -> Path:
    """An encoder that hands on the mean of the normalised colours at a quarter of its size, and a decoder.

    The decoder gives two masks: what is bright, and, surer, the same turned over where the first click is
    further right than 24 pixels of what the encoder sees, or further down than 40.
    """
    names = ["image_embed", "high_res_feats_0", "high_res_feats_1"] if second else ["image_embeddings"]
    nodes = [
        helper.make_node("AveragePool", ["x"], ["small"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("ReduceMean", ["small"], [names[0]], axes=[1], keepdims=1),
        *(helper.make_node("Identity", [names[0]], [name]) for name in names[1:]),
    ]
    small = [1, 1, SIDE // 4, SIDE // 4]
    save(folder / "sam_encoder.onnx", nodes, {"x": [1, 3, SIDE, SIDE]}, dict.fromkeys(names, small), {})
    nodes = [
        helper.make_node("Slice", ["point_coords", "zeros", "ones", "axes"], ["first"]),
        helper.make_node("Sub", ["limit", "first"], ["left"]),
        helper.make_node("Sign", ["left"], ["signs"]),
        helper.make_node("ReduceProd", ["signs"], ["sign"], axes=[2], keepdims=1),
        helper.make_node("Mul", [names[0], "sign"], ["turned"]),
        helper.make_node("Concat", [names[0], "turned"], ["low_res_masks"], axis=1),
        helper.make_node("Identity", ["scores"], ["iou_predictions"]),
    ]
    inputs = {name: small for name in names} | {"point_coords": [1, None, 2], "point_labels": [1, None]}
    inputs |= {"mask_input": small, "has_mask_input": [1]} | ({} if second else {"orig_im_size": [2]})
    constants = {
        "zeros": np.array([0]),
        "ones": np.array([1]),
        "axes": np.array([1]),
        "limit": np.float32([24, 40]),
        "scores": np.float32([[0.2, 0.9]]),
    }
    outputs = {"low_res_masks": [1, 2, *small[2:]], "iou_predictions": [1, 2]}
    save(folder / "sam_decoder.onnx", nodes, inputs, outputs, constants)
    return folder / "sam_decoder.onnx"


@pytest.mark.parametrize("second", [False, True])
def test_the_two_files_of_sam_see_picture_and_clicks_at_the_same_scale(tmp_path: Path, second):
    model = open_model(save_sam(tmp_path, second))
    left = model.segment(IMAGE, Prompts().with_point(34, 20, inside=True))  # 22.7 of 64 px
    right = model.segment(IMAGE, Prompts().with_point(38, 20, inside=True))  # 25.3
    assert left.confidence == pytest.approx(0.9)
    assert (left.mask & OBJECT).sum() / (left.mask | OBJECT).sum() > 0.8
    assert (right.mask & ~OBJECT).sum() / (right.mask | ~OBJECT).sum() > 0.8
    low = model.segment(IMAGE, Prompts().with_point(34, 40, inside=True))  # 26.7 of 64 px, or 53.3
    np.testing.assert_array_equal(low.mask, right.mask if second else left.mask)
    boxed = model.segment(IMAGE, Prompts().with_box(np.array((20, 10, 60, 30), np.float32)))
    assert (boxed.mask == left.mask).all()
    again = model.segment(IMAGE[:, ::-1].copy(), Prompts().with_point(34, 20, inside=True))
    assert (again.mask == left.mask[:, ::-1]).mean() > 0.95
