"""Puts a drawn clip with its true point trajectories into a project, for jobs that really run."""

from pathlib import Path

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import PointTrajectories


def add_drawn_clips(project: Project, folder: Path, count: int = 2, frames: int = 12) -> None:
    """Add clips of 160 x 120 px with 20 point trajectories each."""
    clips, points = [], []
    for number in range(count):
        drawn = render_clip(number, frames=frames, width=160, height=120, objects=1)
        files = []
        (folder / f"drawn{number}").mkdir(parents=True)
        for frame, image in enumerate(drawn.frames):
            files.append(f"drawn{number}/{frame:03d}.png")
            cv2.imwrite(str(folder / files[-1]), np.ascontiguousarray(image[..., ::-1]))
        clip = Clip(
            name=f"drawn{number}", dataset="frames", width=160, height=120, root=folder, files=tuple(files)
        )
        clips.append((clip, ()))
        starts = np.random.default_rng(number).uniform((50, 40), (110, 80), (20, 2))
        paths = np.stack([drawn.position(0, starts, frame) for frame in range(frames)], axis=1)
        points.append(PointTrajectories.pack([0] * len(starts), list(paths)))
    with project.writing() as connection:
        journal.perform(connection, AddClips(clips))
        stored = {clip.name: clip.id for clip in store.clips(connection)}
        by_id = {stored[f"drawn{number}"]: one for number, one in enumerate(points)}
        journal.perform(connection, ReplacePoints(by_id))
