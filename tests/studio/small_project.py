"""A small project drawn on the spot: two clips, objects with masks, points of known error."""

from pathlib import Path

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.geometry import encode_mask, mask_box
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

WIDTH, HEIGHT, FRAMES = 64, 48, 12
KEYFRAMES = (0, 5, 11)


def draw_clip(folder: Path, name: str) -> Clip:
    """Frames whose red channel is ten times their number."""
    (folder / name).mkdir(parents=True)
    files = []
    for frame in range(FRAMES):
        image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        image[..., 2] = 10 * frame
        files.append(f"{name}/{frame:03d}.png")
        cv2.imwrite(str(folder / files[-1]), image)
    return Clip(name=name, dataset="frames", width=WIDTH, height=HEIGHT, root=folder, files=tuple(files))


def square(frame: int) -> np.ndarray:
    """(48, 64) bool: 10 × 10 pixels, one column further each frame."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[8:18, 10 + frame : 20 + frame] = True
    return mask


def draw_object(label: str) -> ObjectTrajectory:
    """Keyframes at `KEYFRAMES`."""
    masks = [square(frame) for frame in KEYFRAMES]
    return ObjectTrajectory(
        frames=np.array(KEYFRAMES, np.int32),
        boxes=np.array([mask_box(mask) for mask in masks], np.float32),
        origin=np.full(len(KEYFRAMES), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(KEYFRAMES), np.float32),
        masks=tuple(encode_mask(mask) for mask in masks),
        label=label,
    )


def draw_points(count: int) -> PointTrajectories:
    """Point i starts at frame i % 4, is i % 5 + 3 frames long and has the error i / 10 on every link."""
    lengths = [number % 5 + 3 for number in range(count)]
    errors = [np.full(length, number / 10) for number, length in enumerate(lengths)]
    for error in errors:
        error[0] = 0
    steps = [np.stack((np.arange(n) + 5.0, np.full(n, 5.0 + n)), axis=1) for n in lengths]
    return PointTrajectories.pack([number % 4 for number in range(count)], steps, errors)


def make_project(path: Path, frames: Path, points: int = 20) -> Path:
    """Clips `birds` (two objects) and `cars` (one object), each with points; closed again."""
    with Project.create(path) as project, project.writing() as connection:
        clips = [
            (draw_clip(frames, "birds"), [draw_object("swan"), draw_object("goose")]),
            (draw_clip(frames, "cars"), [draw_object("van")]),
        ]
        journal.perform(connection, AddClips(clips))
        ids = {clip.name: clip.id for clip in store.clips(connection)}
        journal.perform(connection, ReplacePoints({id: draw_points(points) for id in ids.values()}))
    return path
