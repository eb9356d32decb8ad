"""What systems and notebooks leave in every folder of a data set is never taken for data."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from core.datasets.image import encode_palette_png
from core.datasets.label_meaning import palette
from core.datasets.readers import find_clips, read_labels

FOLDERS = (".ipynb_checkpoints", "__MACOSX", "@eaDir", "$RECYCLE.BIN", ".git")
FILES = (".DS_Store", "Thumbs.db", "desktop.ini", "._{name}", ".{name}", "~${name}")


def davis(root: Path, jpg: Callable[..., None]) -> None:
    for frame in range(2):
        jpg(root / "JPEGImages" / "480p" / "walk" / f"{frame:05d}.jpg", 50)
        path = root / "Annotations" / "480p" / "walk" / f"{frame:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_palette_png(np.tri(24, 32, dtype=np.uint8), palette()))


def vsb100(root: Path, jpg: Callable[..., None]) -> None:
    jpg(root / "Images" / "walk" / "image001.jpg", 50)
    path = root / "Groundtruth" / "walk" / "image001.mat"
    path.parent.mkdir(parents=True)
    labels = np.ones((24, 32), np.uint8)
    labels[5:9, 5:9] = 2
    savemat(path, {"groundTruth": labels})


def moseg(root: Path, jpg: Callable[..., None]) -> None:
    folder = root / "walk"
    jpg(folder / "walk_1.jpg", 50)
    (folder / "walk.bmf").write_text("1 1\nwalk_1.ppm\n")
    (folder / "GroundTruth").mkdir()
    (folder / "GroundTruth" / "walk_1.png").write_bytes(
        encode_palette_png(np.tri(24, 32, dtype=np.uint8) * 255, palette())
    )
    (folder / "GroundTruth" / "walkDef.dat").write_text(
        "Total number of regions:\n2\nScale of region 0:\n0\nScale of region 1:\n14737600\n"
        "Total number of frames in this shot:\n1\nTotal number of labeled frames for this shot:\n1\n"
        "Frame number:\n0\nFile name:\nwalk_1.png\nInput file name:\nwalk_1.ppm\n"
    )


def litter(root: Path) -> None:
    """Leftovers at every level, folders with copies of the files beside them and files that are no data."""
    for folder in [root, *(item for item in root.rglob("*") if item.is_dir())]:
        own = [item for item in folder.iterdir() if item.is_file()]
        inside = [item for item in folder.iterdir() if item.is_dir()]
        for name in FOLDERS:
            (folder / name).mkdir()
            for item in own:
                shutil.copy(item, folder / name / item.name)
                shutil.copy(item, folder / name / f"{item.stem}-checkpoint{item.suffix}")
            for item in inside:
                shutil.copytree(item, folder / name / item.name, dirs_exist_ok=True)
        for item in own or [folder / "x.png"]:
            for name in FILES:
                (folder / name.format(name=item.name)).write_bytes(
                    b"\0\x05\x16\x07\0\x02\0\0Mac OS X" + bytes(99)
                )


@pytest.mark.parametrize("write", [davis, vsb100, moseg])
def test_leftovers_at_every_level_change_nothing(tmp_path, jpg, write):
    write(tmp_path / "clean", jpg)
    write(tmp_path / "littered", jpg)
    litter(tmp_path / "littered")
    clean, littered = (find_clips(tmp_path / name) for name in ("clean", "littered"))
    assert littered.format == clean.format == write.__name__
    assert littered.warnings == ()
    assert [one.clip.files for one in littered.clips] == [one.clip.files for one in clean.clips]
    for one, other in zip(clean.clips, littered.clips, strict=True):
        assert (other.warnings, len(other.annotations)) == (one.warnings, len(one.annotations))
        for first, second in zip(read_labels(one), read_labels(other), strict=True):
            assert first.labels.any()
            np.testing.assert_array_equal(first.labels, second.labels)
