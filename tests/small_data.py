"""Small data sets for tests that go through many stages: drawn clips in DAVIS' layout, a small VOCdevkit."""

import hashlib
from pathlib import Path

import cv2
import numpy as np

from core.datasets import still_life
from core.datasets.image import encode_palette_png
from core.datasets.label_meaning import palette
from core.datasets.synthetic import render_clip
from core.datasets.voc import VocImage, write_annotation

FRAMES = 14
KEYFRAMES = (0, 6, 13)


def write_davis(
    folder: Path,
    names: tuple[str, ...] = ("ape", "bear"),
    frames: int = FRAMES,
    size: tuple[int, int] = (128, 96),
) -> Path:
    """Clips of two objects each, masks on the first, a middle and the last frame; returns the folder."""
    for seed, name in enumerate(names):
        clip = render_clip(seed, frames=frames, width=size[0], height=size[1])
        pictures, masks = folder / "JPEGImages" / "480p" / name, folder / "Annotations" / "480p" / name
        pictures.mkdir(parents=True)
        masks.mkdir(parents=True)
        for frame, image in enumerate(clip.frames):
            write_image(pictures / f"{frame:05d}.jpg", image)
        for frame in (0, (frames - 1) // 2, frames - 1):
            labels = clip.labels[frame].astype(np.uint8)
            (masks / f"{frame:05d}.png").write_bytes(encode_palette_png(labels, palette()))
    return folder


def write_voc(folder: Path, train: int = 6, test: int = 4) -> Path:
    """A VOCdevkit with VOC2007: pictures of a few things, 120 × 90, in sets trainval and test."""
    rng, voc, number = np.random.default_rng(0), folder / "VOC2007", 0
    for part in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (voc / part).mkdir(parents=True)
    for name, count in (("trainval", train), ("test", test)):
        ids = []
        for _ in range(count):
            number += 1
            picture = still_life.draw(rng, ("car", "cat"), 120, 90)
            path = voc / "JPEGImages" / f"{number:06d}.jpg"
            write_image(path, picture.image)
            write_annotation(VocImage(path.stem, path, 120, 90, picture.objects), voc)
            ids.append(path.stem)
        (voc / "ImageSets" / "Main" / f"{name}.txt").write_text("\n".join([*ids, ""]))
    return folder


def write_image(path: Path, image: np.ndarray) -> None:
    """Write (H, W, 3) uint8 RGB in the format of the file's suffix."""
    _, data = cv2.imencode(path.suffix, image[:, :, ::-1])
    path.write_bytes(data.tobytes())


def digest(folder: Path) -> str:
    """Of the names and contents of all files of a folder."""
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return content.hexdigest()
