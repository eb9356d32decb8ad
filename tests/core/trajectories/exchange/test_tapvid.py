"""TAP-Vid's arrays: what others save is read as they mean it, and what is written scores as itself there."""

import tracemalloc
import zipfile

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.model import PointTrajectories
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
COUNT, FRAMES = 5, 12
XY = np.stack(
    [np.linspace(2, 9, FRAMES)[None] + 2 * np.arange(COUNT)[:, None], np.full((COUNT, FRAMES), 7.5)], -1
)
SIZE = np.array([20, 14])
ALL = np.ones((COUNT, FRAMES), bool)


def read(path, clip=CLIP, **arrays):
    np.savez(path / "a.npz", **arrays)
    points, objects, warnings = import_tracks("tapvid", path / "a.npz", clip)
    assert objects == []
    return points, warnings


def paths(points):
    return points.xy.reshape(COUNT, FRAMES, 2)


HAIR = XY / SIZE
HAIR[0, 3, 0] = 1.003  # one place a hair outside
FAR = XY / SIZE
FAR[4, :, 0] += 0.6  # one point that is outside the frame from its second frame on
LOGITS = np.where(ALL, 3.5, 0.0)


@pytest.mark.parametrize(
    ("arrays", "expected", "says"),
    [
        ({"points": HAIR, "occluded": ~ALL}, HAIR * SIZE, ["Scaled to the frame"]),
        (
            {"points": FAR, "occluded": ~ALL},
            FAR * SIZE,
            ["Scaled to the frame", "Outside the 20 x 14"],
        ),
        ({"target_points": XY[None], "occluded": ~ALL[None]}, XY, []),
        ({"points": XY, "occluded": np.where(ALL, -2.0, 0)}, XY, []),
        ({"tracks": XY, "visibles": ALL.astype(np.uint8)}, XY, []),
        ({"tracks": XY / SIZE, "visible": ALL}, XY, ["Scaled to the frame"]),
        ({"tracks": np.dstack([XY, ALL * 0.9])}, XY, ["Taken as x, y and whether it is seen"]),
        (
            {"tracks": XY.swapaxes(0, 1), "visible": ALL.T},
            XY,
            ["Taken as (T, N, 2), in a.npz: a has 12 frames."],
        ),
        ({"tracks": np.asfortranarray(XY), "visible": np.asfortranarray(ALL)}, XY, []),
        (
            {"pred_tracks": XY.swapaxes(0, 1)[None], "pred_visibility": ALL.T[None]},
            XY + 0.5,
            ["Moved by half a pixel"],
        ),
        (
            {"pred_tracks": XY.swapaxes(0, 1)[None], "pred_visibility": LOGITS.T[None, ..., None]},
            XY + 0.5,
            ["Moved by half a pixel"],
        ),
        (
            {"points": XY * 2, "occluded": ~ALL, "video": np.zeros((FRAMES, 28, 40, 3), np.uint8)},
            XY,
            ["Scaled to the frame, in a.npz: its video is of 40 x 28 pixels, a of 20 x 14."],
        ),
        ({"points": XY, "occluded": ~ALL, "query_points": np.zeros((COUNT, 3))}, XY, []),
    ],
)
def test_what_others_save(tmp_path, arrays, expected, says):
    points, warnings = read(tmp_path, **arrays)
    np.testing.assert_allclose(paths(points), expected, rtol=1e-6)
    assert len(warnings) == len(says)
    assert all(warning.startswith(said) for warning, said in zip(warnings, says, strict=True))


def test_as_many_points_as_frames_are_told_by_how_they_move(tmp_path):
    square = np.stack(
        [np.linspace(2, 4, FRAMES)[None] + 1.2 * np.arange(FRAMES)[:, None], np.full((FRAMES, FRAMES), 7.5)],
        -1,
    )
    seen = np.ones((FRAMES, FRAMES), bool)
    for arrays, shape in ((square, "(N, T, 2)"), (square.swapaxes(0, 1), "(T, N, 2)")):
        points, warnings = read(tmp_path, points=arrays, occluded=~seen)
        np.testing.assert_allclose(points.xy.reshape(FRAMES, FRAMES, 2), square, rtol=1e-6)
        assert warnings == [f"Taken as {shape}, in a.npz: points move less along the frames."]


def test_a_point_counts_where_it_is_more_likely_seen_than_not(tmp_path):
    chance = np.where(np.arange(FRAMES) < 6, 0.7, 0.2) * ALL
    points, _ = read(tmp_path, tracks=XY, visibility=chance)
    assert points.lengths.tolist() == [6] * COUNT
    points, _ = read(tmp_path, points=XY, occluded=chance)
    assert (points.first.tolist(), points.lengths.tolist()) == ([6] * COUNT, [6] * COUNT)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"query_points": np.zeros((5, 3))}, "holds queries and no tracks"),
        ({"tracks": XY}, "no array 'visible' beside 'tracks'"),
        ({"tracks": XY, "visible": ALL[:, :4]}, "other shapes than"),
        (
            {"tracks": np.dstack([XY, ALL * 2.5])},
            "of which the last does not lie between hidden (0) and seen",
        ),
        ({"tracks": XY[:, :5], "visible": ALL[:, :5]}, "of 5 frames while a has 12"),
        ({"tracks": XY.astype(complex), "visible": ALL}, "no table of numbers"),
        ({"tracks": XY + np.nan, "visible": ALL}, "a point that is not all numbers"),
    ],
)
def test_what_is_refused(tmp_path, arrays, says):
    with pytest.raises(StudioError) as caught:
        read(tmp_path, **arrays)
    assert says in str(caught.value)
    assert is_clear(str(caught.value))


def test_a_few_odd_places_are_left_out(tmp_path):
    odd = XY.copy()
    odd[2, 4] = np.nan
    points, warnings = read(tmp_path, tracks=odd, visible=ALL)
    assert points.lengths.tolist() == [12, 12, 4, 7, 12, 12]
    assert warnings[0].startswith("Left out, in a.npz: 1 row, the first of track 2 in frame 4")


def sparse(count: int, frames: int) -> tuple[Clip, PointTrajectories]:
    """Points that are each seen in three frames of many."""
    clip = Clip(
        name="long",
        dataset="frames",
        width=640,
        height=480,
        root=CLIP.root,
        files=tuple(f"{number}.png" for number in range(frames)),
    )
    first = np.arange(count) % (frames - 3)
    return clip, PointTrajectories.pack(first.tolist(), [np.full((3, 2), 5.25 + one % 400) for one in first])


def test_nothing_of_points_times_frames_is_held(tmp_path):
    clip, points = sparse(4_000, 5_000)  # 160 MB as tracks alone
    tracemalloc.start()
    try:
        path = export_clip("tapvid", clip, points, (), tmp_path)
        again, _, warnings = import_tracks("tapvid", path, clip)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20
    assert warnings == []
    np.testing.assert_array_equal(again.first, points.first)
    np.testing.assert_array_equal(again.xy, points.xy)


def test_an_archive_that_claims_more_than_it_holds_is_refused_at_once(tmp_path):
    archive = zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED)
    with archive, archive.open("tracks.npy", "w") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (50_000, 20_000, 2)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(1000))
    with pytest.raises(StudioError, match=r"claims 8,000,000,000 bytes where it has [\d,]+; save it again"):
        import_tracks("tapvid", tmp_path / "a.npz", CLIP)


def average_jaccard(truth, seen, guess, guessed) -> tuple[float, float]:
    """AJ and <δx of TAP-Vid, in the mode `first`: of each point only the frames after it is first seen count.

    An independent transcription of Sections 3 and 3.1 of the paper; tapnet's own evaluator needs TensorFlow.
    Both (N, T, 2) are of a raster of 256 x 256.
    """
    jaccards, shares = [], []
    first = seen.argmax(axis=1)
    counts = np.arange(seen.shape[1])[None] > first[:, None]
    far = ((truth - guess) ** 2).sum(axis=2)
    for threshold in (1, 2, 4, 8, 16):
        near = far < threshold**2
        hits = (near & seen & guessed & counts).sum()
        false = (guessed & ~(near & seen) & counts).sum()
        jaccards.append(hits / ((seen & counts).sum() + false))
        shares.append((near & seen & counts).sum() / (seen & counts).sum())
    return float(np.mean(jaccards)), float(np.mean(shares))


def test_an_export_scores_perfectly_against_itself(tmp_path):
    rng = np.random.default_rng(3)
    tracks = [rng.random((length, 2)) * SIZE for length in (12, 5, 7)]
    points = PointTrajectories.pack([0, 4, 3], tracks)
    path = export_clip("tapvid", CLIP, points, (), tmp_path)
    again, _, _ = import_tracks("tapvid", path, CLIP)
    second = export_clip("tapvid", CLIP, again, (), tmp_path / "again")
    with np.load(path) as truth, np.load(second) as guess:
        scale = 256 / SIZE
        arrays = (truth["tracks"] * scale, truth["visible"], guess["tracks"] * scale, guess["visible"])
        np.testing.assert_array_equal(truth["visible"].sum(axis=1), [12, 5, 7])
    assert average_jaccard(*arrays) == (1, 1)
    moved = average_jaccard(*arrays[:2], arrays[2] + 3, arrays[3])  # 4.2 pixels off: of 8 and of 16
    assert moved == (pytest.approx(0.4), pytest.approx(0.4))
