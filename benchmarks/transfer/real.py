"""The real world: BMS-26, VSB100 and DAVIS, at a short side of 240 pixels."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.transfer.drawn import objects_of, of_boxes
from benchmarks.transfer.worlds import World, world_of
from core.datasets.found import FoundClip
from core.datasets.readers import find_clips, read_labels
from core.datasets.reading import open_frames
from core.tracking.boxes import interpolate_boxes
from core.tracking.config import TrackConfig
from core.trajectories.model import ObjectTrajectory

SHORT_SIDE = 240
ASPECT_OF_VSB = 16 / 9
"""Its frames come resized to 1152 x 480 by a third party; what was filmed was 16:9."""

LARGEST_GAP = 20
"""Frames between two annotated ones through which boxes are interpolated; a longer gap stays empty."""

FOLDERS = ("moseg_dataset", "vsb100", "DAVIS")


def make_world(data: Path) -> World:
    """Read the clips, fill gaps between annotated frames, track points (not through VSB's 20th frames)."""
    clips, still = [], set()
    for folder in FOLDERS:
        for found in find_clips(data / folder).clips:
            frames, objects = _reduced(found)
            if folder == "vsb100":
                still.add(found.clip.name)
            else:
                objects = [_filled(one) for one in objects]
            clips.append((found.clip.name, frames, objects))
    tracking = TrackConfig(preset="fast", spacing=12, min_length=10, max_trajectories=400, threads=1)
    return world_of("real", clips, tracking, frozenset(still), patch_size=50)


def _reduced(found: FoundClip) -> tuple[np.ndarray, list[ObjectTrajectory]]:
    """The frames at the smaller size, and the first annotator's objects, boxes of their masks."""
    clip = found.clip
    aspect = ASPECT_OF_VSB if clip.dataset == "vsb100" else clip.width / clip.height
    width, height = round(SHORT_SIDE * max(aspect, 1)), round(SHORT_SIDE / min(aspect, 1))
    with open_frames(clip) as source:
        frames = np.stack(
            [
                cv2.resize(source[frame], (width, height), interpolation=cv2.INTER_AREA)
                for frame in range(clip.frames)
            ]
        )
    pictures = [one for one in read_labels(found) if one.annotator == 0]
    small = [cv2.resize(one.labels, (width, height), interpolation=cv2.INTER_NEAREST) for one in pictures]
    objects = []
    for one in objects_of(np.stack(small)) if small else []:
        frames_of = [pictures[place].frame for place in one.frames.tolist()]
        objects.append(of_boxes(frames_of, one.boxes))
    return frames, objects


def _filled(one: ObjectTrajectory) -> ObjectTrajectory:
    frames = [int(one.frames[0])]
    for before, after in zip(one.frames[:-1].tolist(), one.frames[1:].tolist(), strict=True):
        frames += range(before + 1, after) if after - before <= LARGEST_GAP else ()
        frames.append(after)
    return of_boxes(frames, interpolate_boxes(one.frames, one.boxes, np.array(frames)).astype(np.float32))
