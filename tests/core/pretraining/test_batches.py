from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.datasets.clip import Clip
from core.datasets.patches import PatchReader
from core.networks.initialisation import initialise
from core.networks.sizes import TINY
from core.networks.trunk import Trunk
from core.pairs.jitter import Jitter
from core.pairs.sampling import FrameGap
from core.pairs.training_set import build_training_set
from core.pretraining.batches import patch_batches
from core.pretraining.config import PretrainConfig
from core.pretraining.device_patches import DevicePatchReader
from core.pretraining.loop import on_device, take_step
from core.pretraining.objectives import Association
from core.training.optimisation import sgd
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.snapshot import ClipSnapshot, Snapshot

BOX = (60, 40, 92, 72)


@pytest.fixture
def still(tmp_path):
    """A clip of 12 equal frames, with an object that stays where it is; and the frame."""
    pixels = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    files = tuple(f"{number}.png" for number in range(12))
    for name in files:
        cv2.imwrite(str(tmp_path / name), pixels[:, :, ::-1])
    clip = Clip(id=1, name="still", dataset="frames", width=160, height=120, root=tmp_path, files=files)
    object_ = ObjectTrajectory(
        id=1,
        frames=np.arange(12, dtype=np.int32),
        boxes=np.tile(np.float32(BOX), (12, 1)),
        origin=np.full(12, Origin.ANNOTATED, np.uint8),
        confidence=np.ones(12, np.float32),
        masks=(None,) * 12,
    )
    content = ClipSnapshot(clip, PointTrajectories.pack([], []), (object_,))
    return Snapshot((content,), revision=0, project=""), pixels


@pytest.mark.parametrize("method", ["association", "slowfeat", "nce"])
def test_positives_are_patches_of_the_object_mirrored_together_and_labelled(still, method):
    training_set, pixels = build_training_set(still[0]), still[1]
    with PatchReader(training_set.clips, 32) as reader:
        batches = patch_batches(training_set, method, "obj", FrameGap(), reader)
        batch = batches.draw(40, np.random.default_rng(0))
    members = 2 if method == "association" else 3
    x1, y1, x2, y2 = BOX
    own = pixels[y1:y2, x1:x2]
    mirrored = 0
    for number, patches in enumerate(batch.patches.reshape(40, members, 32, 32, 3)):
        flipped = np.array_equal(patches[0], own[:, ::-1])
        mirrored += flipped
        object_ = own[:, ::-1] if flipped else own
        assert np.array_equal(patches[0], object_)
        if members == 3:
            assert np.array_equal(patches[1], object_)
            assert not np.array_equal(patches[2], object_)
        else:
            assert np.array_equal(patches[1], object_) == (batch.labels[number] == 1)
    assert 10 < mirrored < 30
    if members == 3:
        assert (batch.labels == 1).all()  # the trajectory
    else:
        assert batch.labels.sum() == 20


def test_where_frames_do_not_fit_pairs_come_from_clips_in_turn(still):
    (content,) = still[0].clips
    clips = tuple(replace(content, clip=replace(content.clip, id=k, name=f"{k}")) for k in range(6))
    training_set = build_training_set(replace(still[0], clips=clips))
    with PatchReader(training_set.clips, 32) as reader:
        all_at_once = patch_batches(training_set, "association", "obj", FrameGap(), reader)
        in_turn = patch_batches(training_set, "association", "obj", FrameGap(), reader, 12 * 120 * 160 * 3)
        assert len(np.unique(all_at_once.draw(40, np.random.default_rng(0)).drawn.clip)) == 6
        seen = [np.unique(in_turn.draw(40, np.random.default_rng(seed)).drawn.clip) for seed in range(9)]
    assert {len(clips) for clips in seen} == {1}
    assert len(np.unique(np.concatenate(seen))) > 1


def test_colour_jitter_tints_each_patch_as_the_sampler_drew(still):
    training_set = build_training_set(still[0])
    with PatchReader(training_set.clips, 32) as reader:
        jitter = Jitter(colour=0.4)
        tinted, plain = (
            patch_batches(training_set, "association", "obj", FrameGap(), reader, jitter=one).draw(
                8, np.random.default_rng(0)
            )
            for one in (jitter, Jitter())
        )
    assert plain.drawn.colours is None
    np.testing.assert_array_equal(tinted.drawn.box, plain.drawn.box)
    maps = tinted.drawn.colours.reshape(16, 3, 4).astype(np.float64)
    exact = np.einsum("nij,nhwj->nhwi", maps[:, :, :3], plain.patches) + maps[:, None, None, :, 3]
    assert np.abs(tinted.patches - np.clip(exact, 0, 255)).max() < 1  # OpenCV multiplies bytes in fixed point
    assert np.abs(tinted.patches.astype(int) - plain.patches).mean((1, 2, 3)).min() > 1


def test_a_loop_learns_the_same_from_patches_cut_on_its_device(still, tmp_path):
    training_set, cpu, losses = build_training_set(still[0]), torch.device("cpu"), []
    for reader in (
        PatchReader(training_set.clips, TINY.input_size),
        DevicePatchReader(training_set.clips, TINY.input_size, cpu),
    ):
        trunk = Trunk(TINY, dropout=0.0)
        initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
        objective = Association(trunk, "abs", torch.Generator().manual_seed(0))
        optimizer, generator = sgd(objective, 0.9, 5e-4), np.random.default_rng(0)
        with reader:
            batches = patch_batches(training_set, "association", "obj", FrameGap(), reader)
            for _ in range(4):
                sent = on_device(batches.draw(4, generator), cpu)
                judged, _ = take_step(objective, optimizer, *sent, 1e-3, PretrainConfig(batch=4), cpu)
                losses.append(judged.loss.item())
    assert losses[4:] == pytest.approx(losses[:4], rel=0.003)
    assert losses[3] != pytest.approx(losses[0], rel=0.005)
