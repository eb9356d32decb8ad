"""Our COCO and YouTube-VIS files in the programs of others: pycocotools, datumaro and TrackEval."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from core.geometry import decode_mask
from core.trajectories.exchange import export_clip
from core.trajectories.exchange.omissions import omissions
from core.trajectories.model import PointTrajectories
from tests.core.trajectories.exchange import random_tracks
from tests.core.trajectories.small_database import make_object
from tests.peers.peers import peer, peers

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
VIDEO = replace(
    CLIP, dataset="video", files=("a.mp4",), timestamps=tuple(range(12)), keyframes=(0,), start=2, step=3
)
NOTHING = PointTrajectories.pack([], [])
OBJECTS = [make_object(range(4), "cat"), make_object([0, 2], ""), make_object([1, 3], "object")]


@pytest.mark.parametrize("clip", [CLIP, VIDEO])
def test_coco_is_perfect_against_itself_and_keeps_names_and_tracks(tmp_path, clip):
    path = export_clip("coco", clip, NOTHING, OBJECTS, tmp_path)
    folder = tmp_path / "set"
    (folder / "annotations").mkdir(parents=True)
    (folder / "images").mkdir()
    shutil.copy(path, folder / "annotations" / "instances_default.json")
    scores, found = peers(("pycocotools", path), ("datumaro", folder, "coco"))
    assert scores["bbox"] == scores["segm"] == 1
    masks = [decode_mask(runs, 14, 20) for one in OBJECTS for runs in one.masks]
    assert scores["areas"] == [int(mask.sum()) for mask in masks]
    assert found["labels"] == ["object_", "cat", "object"]
    kinds = {(one["track"], one["label"]) for one in found["shapes"]}
    assert kinds == {(1, "cat"), (2, "object_"), (3, "object")}
    assert {one["item"].rsplit("/", 1)[-1] for one in found["shapes"]} == {
        f"{n:03}" if clip is CLIP else f"frame_{2 + 3 * n:06}" for n in range(4)
    }
    assert not any(one["attributes"].get("occluded") for one in found["shapes"])


def test_boxes_alone_are_evaluated_as_boxes_and_that_is_said_beforehand(tmp_path):
    objects = [*OBJECTS, make_object([5, 6], masks=False)]
    path = export_clip("coco", CLIP, NOTHING, objects, tmp_path)
    scores = peer("pycocotools", path)
    assert (scores["bbox"], "segm" in scores) == (1, False)
    assert omissions("coco", CLIP, NOTHING, objects)[0] == (
        "pycocotools evaluates boxes (bbox), but not masks (segm): 2 boxes without one."
    )
    assert not any("pycocotools" in text for text in omissions("coco", CLIP, NOTHING, OBJECTS))


@pytest.mark.parametrize("clip", [CLIP, VIDEO])
def test_youtube_vis_is_perfect_against_itself(tmp_path, clip):
    path = export_clip("youtube-vis", clip, NOTHING, OBJECTS, tmp_path)
    scores = peer("trackeval_youtube_vis", path)
    assert {name: scores[name] for name in ("cat", "object", "object_")} == {
        name: {"ap": pytest.approx(1), "hota": pytest.approx(1)} for name in ("cat", "object", "object_")
    }


def test_boxes_alone_are_absent_for_trackeval_which_is_said(tmp_path):
    objects = [make_object(range(4), "cat"), make_object([5, 6], "cat", masks=False)]
    assert omissions("youtube-vis", CLIP, NOTHING, objects)[0] == (
        "TrackEval looks at masks alone: 2 boxes without one will be absent."
    )
    content = json.loads(export_clip("youtube-vis", CLIP, NOTHING, objects, tmp_path).read_text())
    seen = [np.array([mask is not None for mask in one["segmentations"]]) for one in content["annotations"]]
    assert [int(one.sum()) for one in seen] == [4, 0]
