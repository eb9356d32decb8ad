"""DAVIS masks as its own evaluation reads them: J and F of an export against what it was made from are 1.

J and F are written down here from the paper and from `metrics.py` of davis2017-evaluation, not called.
Source: Perazzi et al., CVPR 2016, Section 5; Pont-Tuset et al., 2017.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.datasets.clip import Clip
from core.geometry import encode_mask, mask_box
from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

HEIGHT, WIDTH = 48, 64
NO_POINTS = PointTrajectories.pack([], [])
FOLDER = Clip(
    name="walk",
    dataset="davis",
    width=WIDTH,
    height=HEIGHT,
    root=Path("/nowhere"),
    files=tuple(f"walk/{number:05d}.jpg" for number in range(0, 30, 5)),
)
VIDEO = replace(FOLDER, dataset="video", files=("film.mp4",), timestamps=tuple(range(21)), start=3, step=3)
NAMED = replace(FOLDER, dataset="frames", files=tuple(f"walk/cam-{number}.png" for number in range(1, 7)))


def region_similarity(truth: np.ndarray, found: np.ndarray) -> float:
    """J of two masks; 1 where both are empty."""
    union = np.logical_or(truth, found).sum()
    return 1.0 if union == 0 else float(np.logical_and(truth, found).sum() / union)


def boundary_accuracy(truth: np.ndarray, found: np.ndarray) -> float:
    """F of the boundaries of two masks, within 0.8 % of the diagonal."""
    reach = int(np.ceil(0.008 * np.hypot(*truth.shape)))
    lines = [_boundary(mask) for mask in (found, truth)]
    precision, recall = (
        float((line & _widened(other, reach)).sum() / line.sum()) if line.any() else 1.0
        for line, other in (lines, lines[::-1])
    )
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def _boundary(mask: np.ndarray) -> np.ndarray:
    """Pixels that differ from the one to the right, below, or below on the right."""
    wide = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    line = (mask != wide[:-1, 1:]) | (mask != wide[1:, :-1]) | (mask != wide[1:, 1:])
    line[-1, -1] = False
    return line


def _widened(line: np.ndarray, reach: int) -> np.ndarray:
    wide = np.zeros_like(line)
    for row, column in np.argwhere(line):
        rows, columns = np.ogrid[: line.shape[0], : line.shape[1]]
        wide |= (rows - row) ** 2 + (columns - column) ** 2 <= reach**2
    return wide


def drawn(frames: range) -> list[ObjectTrajectory]:
    """A disc that moves, a ring around it, and a bar that is there for some frames only."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    objects = []
    for radius, inner, own in ((9, 0, frames), (14, 9, frames), (5, 0, frames[2:4])):
        masks = []
        for frame in own:
            away = np.hypot(rows - 22, columns - 20 - 4 * frame)
            masks.append((away < radius) & (away >= inner) if radius != 5 else (rows > 40) & (columns > 50))
        objects.append(
            ObjectTrajectory(
                frames=np.array(own, np.int32),
                boxes=np.array([mask_box(mask) for mask in masks], np.float32),
                origin=np.full(len(masks), Origin.ANNOTATED, np.uint8),
                confidence=np.ones(len(masks), np.float32),
                masks=tuple(encode_mask(mask) for mask in masks),
                label=f"object {len(objects) + 1}",
            )
        )
    return objects


def as_davis_reads(folder: Path) -> dict[str, np.ndarray]:
    """(H, W) indices of each picture by its name."""
    return {path.stem: np.array(Image.open(path)) for path in sorted(folder.glob("*.png"))}


@pytest.mark.parametrize(
    ("clip", "names"),
    [
        (FOLDER, [f"{number:05d}" for number in range(0, 30, 5)]),
        (VIDEO, [f"{number:05d}" for number in range(3, 21, 3)]),
        (NAMED, [f"{number:05d}" for number in range(6)]),
    ],
)
def test_davis_gives_an_export_against_itself_a_perfect_score(tmp_path, clip, names):
    objects = drawn(range(clip.frames))
    pictures = as_davis_reads(export_clip("davis", clip, NO_POINTS, objects, tmp_path))
    assert list(pictures) == names  # of the frames that the source numbers so
    for number, one in enumerate(objects, start=1):
        for frame, name in enumerate(names):
            place = one.place(frame)
            truth = np.zeros((HEIGHT, WIDTH), bool) if place is None else _decoded(one.masks[place])
            found = pictures[name] == number
            assert (region_similarity(truth, found), boundary_accuracy(truth, found)) == (1, 1)
    moved = np.roll(pictures[names[0]] == 1, 3, axis=1)
    truth = _decoded(objects[0].masks[0])
    assert 0.5 < region_similarity(truth, moved) < 0.9  # the measure is none that is always 1
    assert boundary_accuracy(truth, moved) < 0.9


@given(st.sampled_from([FOLDER, VIDEO, NAMED]), st.lists(st.booleans(), min_size=6, max_size=6))
@settings(max_examples=20)
def test_masks_come_back_to_the_frames_of_their_source(tmp_path_factory, clip, there):
    frames = [frame for frame in range(clip.frames) if there[frame]] or [3]
    whole = drawn(range(clip.frames))[0]
    one = ObjectTrajectory(
        frames=np.array(frames, np.int32),
        boxes=whole.boxes[frames],
        origin=whole.origin[frames],
        confidence=whole.confidence[frames],
        masks=tuple(whole.masks[frame] for frame in frames),
        label=whole.label,
    )
    path = export_clip("davis", clip, NO_POINTS, [one], tmp_path_factory.mktemp("out"))
    _, (seen,), warnings = import_tracks("davis", path, clip)
    assert (seen.frames.tolist(), seen.masks, warnings) == (frames, one.masks, [])


def _decoded(runs: bytes) -> np.ndarray:
    counts = np.frombuffer(runs, "<u4")
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape((HEIGHT, WIDTH), order="F")
