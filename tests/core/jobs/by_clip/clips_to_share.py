"""Drawn clips for a job that is shared out, and what is found in them."""

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.jobs.by_clip.results import clips_done, read_clip

NAMES = ("meadow", "pond", "road")


def stored_clip(root, name, seed, frames):
    """A clip whose frames are pictures in a folder of that name."""
    (root / name).mkdir()
    drawn = render_clip(seed, frames=frames, width=200, height=150)
    files = tuple(f"{name}/{frame:02d}.png" for frame in range(frames))
    for file, image in zip(files, drawn.frames, strict=True):
        cv2.imwrite(str(root / file), image[..., ::-1])
    return Clip(name=name, dataset="frames", width=200, height=150, root=root, files=files)


def results(folder):
    """Id of a clip that is done → the arrays that were found in it."""
    return {clip_id: read_clip(folder, clip_id) for clip_id in clips_done(folder)}


def assert_same(found, wanted):
    assert found.keys() == wanted.keys()
    assert len(found) == len(NAMES)
    for clip_id, arrays in wanted.items():
        assert found[clip_id].keys() == arrays.keys()
        for name, values in arrays.items():
            np.testing.assert_array_equal(found[clip_id][name], values, err_msg=name)
