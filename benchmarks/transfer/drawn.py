"""The drawn world: clips in which still-life things move, and pictures of the same classes."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.transfer.worlds import World, world_of
from core.datasets import still_life, synthetic, textures
from core.datasets.synthetic import Camera, Surface
from core.datasets.voc import VocImage, write_annotation
from core.geometry import mask_box
from core.tracking.config import TrackConfig
from core.trajectories.model import ObjectTrajectory, Origin

CLIPS, FRAMES, THINGS = 180, 12, 3
"""Of the clips 27 only measure; the other 153 show 459 things."""

SIZE = (320, 240)
SEED = 7


def make_world() -> World:
    """Draw the clips, with a box on every frame, and track points through them."""
    clips = []
    for number in range(CLIPS):
        frames, labels = draw_clip(np.random.default_rng([SEED, number]))
        clips.append((f"drawn{number:03d}", frames, objects_of(labels)))
    tracking = TrackConfig(preset="fast", spacing=12, min_length=6, max_trajectories=40, threads=1)
    return world_of("drawn", clips, tracking, minimum_length=6)


def draw_clip(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(T, H, W, 3) uint8 frames and (T, H, W) labels: three things on clutter, seen by a moving camera."""
    width, height = SIZE
    camera = Camera(rng, width, height)
    wide, high = int(1.7 * width) + 32, int(1.7 * height) + 32
    ground = textures.leaves(rng, high, wide, textures.palette(rng, rng.random(), 7))
    surfaces = [Surface(rng, np.dstack([ground, np.full((high, wide), 255, np.uint8)]), 0, camera, 0)]
    for number in range(1, THINGS + 1):
        figure = still_life.CLASSES[str(rng.choice(list(still_life.CLASSES)))](rng)
        size = height * rng.uniform(0.42, 0.62)
        surfaces.append(Surface(rng, figure, number, camera, size))
    frames = np.empty((FRAMES, height, width, 3), np.uint8)
    labels = np.empty((FRAMES, height, width), np.uint8)
    for time in range(FRAMES):
        image, seen = synthetic._expose(surfaces, time, width, height, synthetic.Effects())
        image += 2 * rng.standard_normal(image.shape, np.float32)
        frames[time], labels[time] = np.clip(np.rint(image), 0, 255), seen
    return frames, labels


def objects_of(labels: np.ndarray) -> list[ObjectTrajectory]:
    """The things of a clip, a box in every frame where some of them is seen."""
    objects = []
    for number in range(1, int(labels.max()) + 1):
        boxes = [mask_box(frame == number) for frame in labels]
        frames = [place for place, box in enumerate(boxes) if box is not None]
        if len(frames) >= 2:
            objects.append(of_boxes(frames, np.array([boxes[frame] for frame in frames], np.float32)))
    return objects


def of_boxes(frames: list[int], boxes: np.ndarray) -> ObjectTrajectory:
    """A trajectory of boxes without masks."""
    return ObjectTrajectory(
        frames=np.array(frames, np.int32),
        boxes=boxes,
        origin=np.full(len(frames), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(frames), np.float32),
        masks=(None,) * len(frames),
    )


def write_pictures(voc: Path, sets: dict[str, int], seed: int = SEED) -> None:
    """A VOCdevkit of drawn pictures; every class comes up about equally often."""
    folder, rng = voc / "VOC2007", np.random.default_rng([seed, 2007])
    for part in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (folder / part).mkdir(parents=True)
    classes, number = tuple(still_life.CLASSES), 0
    for name, count in sets.items():
        ids = []
        while len(ids) < count:
            things = (classes[number % len(classes)], *rng.choice(classes, rng.integers(0, 3)))
            picture = still_life.draw(rng, tuple(str(thing) for thing in things))
            if not picture.objects:
                continue
            number += 1
            ids.append(f"{number:06d}")
            path = folder / "JPEGImages" / f"{ids[-1]}.jpg"
            cv2.imwrite(str(path), picture.image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 93])
            height, width = picture.image.shape[:2]
            write_annotation(VocImage(ids[-1], path, width, height, picture.objects), folder)
        (folder / "ImageSets" / "Main" / f"{name}.txt").write_text("\n".join([*ids, ""]), encoding="ascii")
