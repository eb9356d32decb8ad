"""Our MOTChallenge files in the programs of others: TrackEval, py-motmetrics and datumaro."""

from dataclasses import replace

import numpy as np

from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.exchange.omissions import omissions
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from tests.core.trajectories.exchange import random_tracks
from tests.peers.peers import peer, peers

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
NOTHING = PointTrajectories.pack([], [])


def walker(start: float, frames: range, label: str = "") -> ObjectTrajectory:
    """A box that walks; its first frame is annotated, the others are propagated."""
    count = len(frames)
    left = start + np.arange(count) / 2
    origin = np.full(count, Origin.PROPAGATED, np.uint8)
    origin[0] = Origin.ANNOTATED
    return ObjectTrajectory(
        frames=np.array(frames, np.int32),
        boxes=np.column_stack([left, left + 1, left + 4.25, left + 5]).astype(np.float32),
        origin=origin,
        confidence=np.where(origin == Origin.ANNOTATED, 1, 0.4).astype(np.float32),
        masks=(None,) * count,
        label=label,
    )


def evaluated(folder, objects, clip=CLIP):
    """TrackEval's and py-motmetrics' scores of our results against our ground truth."""
    truth = export_clip("mot", clip, NOTHING, objects, folder / "truth")
    results = export_clip("mot-results", clip, NOTHING, objects, folder / "results")
    ours = ("trackeval_mot", truth.parent, results, clip.name)
    calls = (*ours, "MOT17", 1), (*ours, "MOT15", 0), ("motmetrics", truth / "gt" / "gt.txt", results)
    return dict(zip(("MOT17", "MOT15", "motmetrics"), peers(*calls), strict=True))


def test_every_box_counts_and_the_score_is_perfect(tmp_path):
    """With one label, MOT16's or not, and with the numbers of label pictures, which are no classes."""
    for labels in (("cup", "cup"), ("car", "car"), ("object 1", "object 2")):
        objects = [walker(0, range(12), labels[0]), walker(8, range(3, 9), labels[1])]
        for name, scores in evaluated(tmp_path, objects).items():
            assert scores["mota"] == scores["idf1"] == 1, name
            assert scores["boxes"] == 18, name
            assert name == "motmetrics" or (scores["hota"], scores["tracks"]) == (1, 2)
        assert not any("TrackEval" in text for text in omissions("mot", CLIP, NOTHING, objects))


def test_a_clip_of_every_third_frame_keeps_the_numbers_of_its_source(tmp_path):
    clip = replace(CLIP, start=2, step=3)
    objects = [walker(0, range(12))]
    for scores in evaluated(tmp_path, objects, clip).values():
        assert (scores["mota"], scores["boxes"]) == (1, 12)
    path = tmp_path / "results" / "a.txt"
    numbers = [int(line.split(",")[0]) for line in path.read_text().splitlines()]
    assert numbers == [3 + 3 * n for n in range(12)]
    for source in (path, tmp_path / "truth" / "a"):
        _, (again,), warnings = import_tracks("mot", source, clip)
        assert (again.frames.tolist(), warnings) == (list(range(12)), [])


def test_what_trackeval_does_not_count_is_said_beforehand(tmp_path):
    """The most frequent label becomes class 1, the only one that it counts."""
    objects = [walker(0, range(3), "ball"), walker(8, range(12), "cup")]
    boxes = {name: one["boxes"] for name, one in evaluated(tmp_path, objects).items()}
    assert boxes == {
        "MOT17": 12,
        "MOT15": 15,
        "motmetrics": 15,
    }
    said = omissions("mot", CLIP, NOTHING, objects)[0]
    assert said.startswith("TrackEval counts class 1 alone (cup): 3 boxes of ball do not count; ")


def test_datumaro_finds_names_tracks_and_flags(tmp_path):
    objects = [walker(0, range(12), "ball"), walker(8, range(3, 9), "cup"), walker(3, range(2))]
    folder = export_clip("mot", CLIP, NOTHING, objects, tmp_path)
    found = peer("datumaro", folder, "mot_seq")
    assert found["labels"] == ["ball", "cup", "unnamed"]
    shapes = found["shapes"]
    assert {(one["track"], one["label"]) for one in shapes} == {(1, "ball"), (2, "cup"), (3, "unnamed")}
    assert len(shapes) == 20
    assert not any(one["attributes"]["occluded"] or one["attributes"]["ignored"] for one in shapes)
    # It counts pixels from 0, which is said.
    first = next(one for one in shapes if one["track"] == 1)
    np.testing.assert_allclose(first["points"], objects[0].boxes[0] + 1)
    assert any("a pixel further right and down" in text for text in omissions("mot", CLIP, NOTHING, objects))


def test_what_datumaro_writes_is_read(tmp_path):
    """CVAT exports MOT through it: `labels.txt`, pixels from 0, and no `seqinfo.ini`."""
    objects = [walker(0, range(12), "ball"), walker(8, range(3, 9), "cup")]
    source = export_clip("cvat", CLIP, NOTHING, objects, tmp_path / "source")
    peer("datumaro_convert", source.parent, "cvat", tmp_path / "theirs", "mot_seq_gt")
    _, again, warnings = import_tracks("mot", tmp_path / "theirs", CLIP)
    assert [one.label for one in again] == ["ball", "cup"]
    for mine, one in zip(again, objects, strict=True):
        np.testing.assert_allclose(mine.boxes[: len(one.frames)], one.boxes, atol=0.01)
    assert any(text.startswith("Taken as pixels from 0, as CVAT and datumaro") for text in warnings)
