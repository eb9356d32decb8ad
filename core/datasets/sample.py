"""The sample that comes with the program: drawn on the spot, so it needs no download and no licence."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.datasets import still_life
from core.datasets.synthetic import Effects, SyntheticClip, render_clip
from core.datasets.voc import VocImage, write_annotation
from core.errors import StudioError

_FRAMES = 40
_GRAYS = (0, 255, 128, 51)  # of region 0 (background), 1, 2, 3, as Moseg chooses them
_CLIPS = (
    ("creatures1", 2, Effects()),
    ("creatures2", 2, Effects(shadows=True)),
    ("creatures3", 3, Effects()),
    ("creatures4", 2, Effects(parallax=True)),
)
_SETS = (("trainval", 120), ("test", 60))


@dataclass(frozen=True)
class SamplePaths:
    """Where the sample lies: `clips` in Moseg's layout, `voc` a VOCdevkit with VOC2007 in it."""

    clips: Path
    voc: Path


def write_sample(folder: Path, seed: int) -> SamplePaths:
    """Write the sample into a folder: four clips and 180 pictures; the same seed gives the same files.

    The clips, 320 x 240 px and 40 frames, have exact masks on frames 0, 9, 19, 29 and 39. The pictures,
    200 x 150 px, show things of five VOC classes: 120 in `trainval`, 60 in `test`.

    Raises:
        StudioError: the folder holds files already or cannot be written.
    """
    paths = SamplePaths(clips=folder / "clips", voc=folder / "VOCdevkit")
    if paths.clips.exists() or paths.voc.exists():
        raise StudioError(f"{folder} holds a sample already; choose another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as unfinished:
            for number, (name, objects, effects) in enumerate(_CLIPS):
                clip = render_clip(
                    seed * len(_CLIPS) + number, frames=_FRAMES, objects=objects, effects=effects
                )
                _write_clip(Path(unfinished) / "clips" / name, clip)
            _write_voc(Path(unfinished) / "VOCdevkit" / "VOC2007", np.random.default_rng([seed, 2007]))
            for path in (paths.clips, paths.voc):
                (Path(unfinished) / path.name).rename(path)
    except OSError as error:
        raise StudioError(f"Cannot write to {folder} ({error.strerror}); choose another folder.") from error
    return paths


def _write_clip(folder: Path, clip: SyntheticClip) -> None:
    """One sequence as in BMS-26: frames, `.bmf`, Def.dat and label pictures."""
    folder.mkdir(parents=True)
    stems = [f"{folder.name}_{frame + 1:02d}" for frame in range(len(clip.frames))]
    for stem, frame in zip(stems, clip.frames, strict=True):
        _write_image(folder / f"{stem}.jpg", frame)
    names = [f"{stem}.ppm" for stem in stems]
    (folder / f"{folder.name}.bmf").write_text("\n".join([f"{len(names)} 1", *names, ""]), encoding="ascii")
    regions = int(clip.labels.max()) + 1
    labelled = [frame for frame in range(len(stems)) if frame == 0 or frame % 10 == 9]
    lines = ["Ground truth definition file; do not change!", "", "Total number of regions:", str(regions)]
    for region in range(regions):
        lines += [f"Scale of region {region}:", str(_GRAYS[region])]
    lines += ["", "Confusion penality matrix:"]
    lines += [" ".join("0" if row == column else "1" for column in range(regions)) for row in range(regions)]
    lines += ["", "Total number of frames in this shot:", str(len(stems))]
    lines += ["Total number of labeled frames for this shot:", str(len(labelled))]
    for frame in labelled:
        lines += ["Frame number:", str(frame), "File name:", f"{stems[frame]}.pgm"]
        lines += ["Input file name:", f"{stems[frame]}.ppm"]
        grays = np.array(_GRAYS, np.uint8)[clip.labels[frame]]
        height, width = grays.shape
        (folder / f"{stems[frame]}.pgm").write_bytes(b"P5\n%d %d\n255\n" % (width, height) + grays.tobytes())
    (folder / f"{folder.name}Def.dat").write_text("\n".join([*lines, ""]), encoding="ascii")


def _write_voc(folder: Path, rng: np.random.Generator) -> None:
    """Pictures, annotations and the two lists; every class comes up about equally often."""
    for part in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (folder / part).mkdir(parents=True)
    classes, number = tuple(still_life.CLASSES), 0
    for name, count in _SETS:
        ids = []
        for _ in range(count):
            number += 1
            things = (classes[number % len(classes)], *rng.choice(classes, rng.integers(0, 3)))
            picture = still_life.draw(rng, tuple(str(thing) for thing in things))
            while not picture.objects:
                picture = still_life.draw(rng, tuple(str(thing) for thing in things))
            id = f"{number:06d}"
            path = folder / "JPEGImages" / f"{id}.jpg"
            _write_image(path, picture.image)
            height, width = picture.image.shape[:2]
            write_annotation(VocImage(id, path, width, height, picture.objects), folder)
            ids.append(id)
        (folder / "ImageSets" / "Main" / f"{name}.txt").write_text("\n".join([*ids, ""]), encoding="ascii")


def _write_image(path: Path, image: np.ndarray) -> None:
    _, encoded = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 93])
    path.write_bytes(encoded.tobytes())
