"""Our CVAT files in the programs of others: datumaro, which CVAT exports with, and pycocotools."""

from dataclasses import replace

import numpy as np

from core.geometry import decode_mask, encode_mask, mask_box
from core.trajectories.exchange import export_clip, rle
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from tests.core.trajectories.exchange import random_tracks
from tests.peers.peers import peers

CLIP = replace(random_tracks.clip(), width=64, height=48)  # 12 frames
NOTHING = PointTrajectories.pack([], [])


def painted(seed: int) -> np.ndarray:
    """A disk with a hole, a second part beside it, and a speck within the hole."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:48, :64]
    far = np.hypot(x - 20 - rng.integers(8), y - 22)
    mask = (far < 15) & (far > 7) | (far < 3)
    mask[10:40, 50 : 54 + rng.integers(6)] = True
    return mask


def moving(masks, label: str, frames=range(12)) -> ObjectTrajectory:
    """An object whose first mask is annotated and whose others are propagated."""
    origin = np.full(len(masks), Origin.PROPAGATED, np.uint8)
    origin[0] = Origin.ANNOTATED
    return ObjectTrajectory(
        frames=np.array(frames, np.int32),
        boxes=np.array([mask_box(mask) for mask in masks], np.float32),
        origin=origin,
        confidence=np.ones(len(masks), np.float32),
        masks=tuple(encode_mask(mask) for mask in masks),
        label=label,
    )


def test_cvat_keeps_every_mask_as_the_same_pixels(tmp_path):
    """CVAT keeps keyframes alone, a ring each: all of them, and filled by pycocotools what they were."""
    masks = [painted(n) for n in range(12)]
    solid = [np.roll(np.pad(np.ones((9, 14), bool), ((5, 34), (3, 47))), n, axis=1) for n in range(5)]
    objects = [moving(masks, "ring"), moving(solid, "block", range(3, 8))]
    folder = export_clip("cvat", CLIP, NOTHING, objects, tmp_path).parent
    found, shapes = peers(("datumaro", folder, "cvat"), ("filled", folder, "cvat", 48, 64))
    assert found["labels"] == ["block", "ring"]
    assert {(one["label"], one["track"], one["type"]) for one in found["shapes"]} == {
        ("ring", 0, "polygon"),
        ("block", 1, "polygon"),
    }
    kept = [one for one in shapes["shapes"] if one["keyframe"] and not one["outside"]]
    assert len(kept) == 12 + 5
    assert not any(one["occluded"] for one in kept)
    for one in kept:
        frame = int(one["item"].removeprefix("frame_"))
        mask = masks[frame] if one["track"] == 0 else solid[frame - 3]
        theirs = decode_mask(rle.runs_of_counts(rle.decompress(one["counts"]), 48, 64), 48, 64)
        overlap = (theirs & mask).sum() / (theirs | mask).sum()
        assert overlap == 1, (frame, overlap)


def test_frames_are_those_of_the_source(tmp_path):
    clip = replace(CLIP, start=2, step=3)
    folder = export_clip("cvat", clip, NOTHING, [moving([painted(0)], "ring", [4])], tmp_path).parent
    found = peers(("datumaro", folder, "cvat"))[0]
    assert [one["item"] for one in found["shapes"]] == ["frame_000014", "frame_000017"]
    assert [one["attributes"]["outside"] for one in found["shapes"]] == [False, True]
