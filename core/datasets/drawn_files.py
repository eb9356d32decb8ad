"""Drawn clips and pictures as files: a clip as a sequence of Moseg, pictures as a year of VOC."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from core.datasets import still_life
from core.datasets.synthetic import SyntheticClip
from core.datasets.voc import VocImage, write_annotation
from core.errors import StudioError

_GRAYS = (0, 255, 128, 51, 204, 76, 178)  # of region 0 (background), 1, 2, 3 …, as Moseg chooses them


@contextmanager
def writing_whole(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """A place to write folders of these names, which come to lie in `folder` when all is written.

    Raises:
        StudioError: `folder` holds one of them already, or cannot be written.
    """
    if any((folder / name).exists() for name in names):
        raise StudioError(f"{folder} holds a sample already; choose another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as unfinished:
            yield Path(unfinished)
            for name in names:
                (Path(unfinished) / name).rename(folder / name)
    except OSError as error:
        raise StudioError(f"Cannot write to {folder} ({error.strerror}); choose another folder.") from error


def write_sequence(folder: Path, clip: SyntheticClip, keyframes: Sequence[int]) -> None:
    """One sequence as in BMS-26: frames, `.bmf`, Def.dat, and label pictures of the frames named.

    Args:
        folder: made here; its name is the clip's.
        clip: of six objects at most.
        keyframes: numbers of frames, from 0.
    """
    folder.mkdir(parents=True)
    stems = [f"{folder.name}_{frame + 1:02d}" for frame in range(len(clip.frames))]
    for stem, frame in zip(stems, clip.frames, strict=True):
        write_image(folder / f"{stem}.jpg", frame)
    names = [f"{stem}.ppm" for stem in stems]
    _write_lines(folder / f"{folder.name}.bmf", [f"{len(names)} 1", *names])
    regions = int(clip.labels.max()) + 1
    lines = ["Ground truth definition file; do not change!", "", "Total number of regions:", str(regions)]
    for region in range(regions):
        lines += [f"Scale of region {region}:", str(_GRAYS[region])]
    lines += ["", "Confusion penality matrix:"]
    lines += [" ".join("0" if row == column else "1" for column in range(regions)) for row in range(regions)]
    lines += ["", "Total number of frames in this shot:", str(len(stems))]
    lines += ["Total number of labeled frames for this shot:", str(len(keyframes))]
    for frame in keyframes:
        lines += ["Frame number:", str(frame), "File name:", f"{stems[frame]}.pgm"]
        lines += ["Input file name:", f"{stems[frame]}.ppm"]
        grays = np.array(_GRAYS, np.uint8)[clip.labels[frame]]
        height, width = grays.shape
        (folder / f"{stems[frame]}.pgm").write_bytes(b"P5\n%d %d\n255\n" % (width, height) + grays.tobytes())
    _write_lines(folder / f"{folder.name}Def.dat", lines)


def write_pictures(
    folder: Path, rng: np.random.Generator, sets: Sequence[tuple[str, int]], prefix: str = ""
) -> None:
    """Pictures, annotations and lists of a year of VOC; every class comes up about equally often.

    Args:
        folder: made here, such as `VOCdevkit/VOC2007`.
        sets: name of each image set, and its pictures; none is in two sets.
        prefix: of every id, such as `2012_`.
    """
    for part in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (folder / part).mkdir(parents=True)
    classes, number = tuple(still_life.CLASSES), 0
    for name, count in sets:
        ids = []
        for _ in range(count):
            number += 1
            things = (classes[number % len(classes)], *rng.choice(classes, rng.integers(0, 3)))
            picture = still_life.draw(rng, tuple(str(thing) for thing in things))
            while not picture.objects:
                picture = still_life.draw(rng, tuple(str(thing) for thing in things))
            id = f"{prefix}{number:06d}"
            path = folder / "JPEGImages" / f"{id}.jpg"
            write_image(path, picture.image)
            height, width = picture.image.shape[:2]
            write_annotation(VocImage(id, path, width, height, picture.objects), folder)
            ids.append(id)
        _write_lines(folder / "ImageSets" / "Main" / f"{name}.txt", ids)


def write_image(path: Path, image: np.ndarray) -> None:
    """Write a picture, (H, W, 3) uint8 RGB, as a JPEG; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, encoded = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 93])
    path.write_bytes(encoded.tobytes())


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join([*lines, ""]), encoding="ascii", newline="\n")
