"""Bad input of each kind, and what must be the same after it was refused."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file

from core.networks.sizes import TINY
from core.networks.trunk import Trunk
from core.networks.weights import save_trunk
from tests.core.datasets.conftest import DEFINITION, write_jpg, write_pgm


def contents(project: Path) -> tuple[dict[str, list], set[str]]:
    """Every row of every table, and the files but runs and derived ones, of a project that none has open."""
    with contextlib.closing(sqlite3.connect(project / "annotations.sqlite")) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    passing = {"annotations.sqlite-wal", "annotations.sqlite-shm"}  # looking makes them
    files = {str(path.relative_to(project)) for path in project.rglob("*")} - passing
    return tables, {name for name in files if not name.startswith(("runs", "cache"))}


def is_clear(sentence: str) -> bool:
    """One sentence that says what is wrong and, after a semicolon, what to do."""
    wrong, _, remedy = sentence.rstrip().partition("; ")
    return "\n" not in sentence.rstrip() and bool(wrong and remedy) and remedy.endswith(".")


# --- what is imported -------------------------------------------------------------------------


def moseg(folder: Path) -> Path:
    """Four frames and two label pictures, all whole."""
    clip = folder / "moseg" / "cars"
    for number in range(1, 5):
        write_jpg(clip / f"cars_{number}.jpg", 40 * number)
    (clip / "cars.bmf").write_text("4 1\n" + "".join(f"cars_{n}.ppm\n" for n in range(1, 5)))
    (clip / "carsDef.dat").write_text(DEFINITION)
    for number in (1, 4):
        write_pgm(clip / f"cars_{number}.pgm", np.full((24, 32), 255))
    return clip.parent


def _without(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        source = moseg(folder)
        (source / "cars" / name).unlink()
        return source

    return make


def _cut(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        source = moseg(folder)
        cut_short(source / "cars" / name)
        return source

    return make


def _empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def _frames(folder: Path) -> Path:
    for number in range(3):
        write_jpg(folder / "walk" / f"{number}.jpg", 40 * number)
    cut_short(folder / "walk" / "1.jpg")
    return folder / "walk"


def _broken_mat(folder: Path) -> Path:
    split = folder / "vsb" / "General_test_fullres"
    for number in (1, 2):
        write_jpg(split / "Images" / "zoo" / f"image{number:03d}.jpg", 40 * number)
    mat = split / "Groundtruth" / "zoo" / "image001.mat"
    mat.parent.mkdir(parents=True)
    mat.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + bytes(range(256)) * 4)
    return split


def _no_video(folder: Path) -> Path:
    (folder / "film.mp4").write_bytes(bytes(5000))
    return folder / "film.mp4"


def _cut_video(folder: Path) -> Path:
    path = folder / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for number in range(20):
        writer.write(np.full((48, 64, 3), 10 * number, np.uint8))
    writer.release()
    cut_short(path)
    return path


SOURCES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "an empty folder": (_empty_folder, "is empty; choose a folder that holds clips"),
    "a missing folder": (lambda folder: folder / "gone", "There is no folder or file"),
    "a missing frame": (_without("cars_2.jpg"), r"cars\.bmf names cars_2\.ppm, which is not there; put"),
    "a truncated frame": (_cut("cars_3.jpg"), r"cars_3\.jpg is cut short .*; copy it again"),
    "a truncated frame in a folder": (_frames, r"1\.jpg is cut short .*; copy it again"),
    "a truncated label picture": (_cut("cars_4.pgm"), r"cars_4\.pgm is cut short .*; copy it again"),
    "a Def.dat that names absent files": (
        _without("cars_4.pgm"),
        r"carsDef\.dat names cars_4\.pgm, which is not there; put",
    ),
    "a broken .mat": (_broken_mat, r"image001\.mat is damaged; restore it or take it away"),
    "what is no video": (_no_video, r"film\.mp4 is not a video that can be read; replace it"),
    "a damaged video": (_cut_video, r"film\.avi is not a video that can be read; replace it"),
}
"""What is imported by what it is: makes it in a folder; and what the sentence must say."""


# --- databases --------------------------------------------------------------------------------


def _newer(project: Path) -> None:
    with contextlib.closing(sqlite3.connect(project / "annotations.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def _garbled(project: Path) -> None:
    database = project / "annotations.sqlite"
    data = database.read_bytes()
    database.write_bytes(data[:4096] + b"\xa5" * 8192 + data[12288:])


def _a_folder(project: Path) -> None:
    (project / "annotations.sqlite").unlink()
    (project / "annotations.sqlite").mkdir()


DATABASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "of a newer version": (_newer, "newer than this program's .*; update the program"),
    "damaged": (
        _garbled,
        "is damaged .*; put the newest file of its folder backups/ that is whole in it",
    ),
    "cut short": (lambda p: cut_short(p / "annotations.sqlite"), "is damaged .*; put the newest file"),
    "text": (lambda p: (p / "annotations.sqlite").write_text("x" * 5000), "is damaged .*; put the newest"),
    "gone": (lambda p: (p / "annotations.sqlite").unlink(), "is missing; put the newest file"),
    "a folder": (_a_folder, "Cannot write to .*; free disk space or copy the project"),
}
"""What a project's database can be: makes it so; and what the sentence must say."""


# --- weights ----------------------------------------------------------------------------------


def _good_weights(folder: Path) -> tuple[Path, dict[str, torch.Tensor], dict[str, str]]:
    path = folder / "weights.safetensors"
    save_trunk(Trunk(TINY), path)
    return path, load_file(path), {"format": "associationnet-trunk", "version": "1", "network": "tiny"}


def _other_shape(folder: Path) -> Path:
    path, tensors, metadata = _good_weights(folder)
    save_file({**tensors, "conv1.bias": torch.zeros(3, 3)}, path, metadata)
    return path


def _not_finite(folder: Path) -> Path:
    path, tensors, metadata = _good_weights(folder)
    save_file({**tensors, "conv1.bias": tensors["conv1.bias"] * torch.nan}, path, metadata)
    return path


def _foreign(folder: Path) -> Path:
    path, tensors, _ = _good_weights(folder)
    save_file(tensors, path, {"format": "pt"})
    return path


def _cut_weights(folder: Path) -> Path:
    path, _, _ = _good_weights(folder)
    cut_short(path)
    return path


def _pickle(folder: Path) -> Path:
    torch.save({"conv1.bias": torch.zeros(3)}, folder / "weights.pth")
    return folder / "weights.pth"


WEIGHTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "another shape": (_other_shape, r"does not fit the tiny network: conv1\.bias is \(3, 3\), .*; choose"),
    "not finite": (_not_finite, "are not finite; choose other weights"),
    "foreign": (_foreign, r"holds no trunk of this program; choose a trunk\.safetensors"),
    "damaged": (_cut_weights, "is not a readable safetensors file .*; choose another one"),
    "pickled": (_pickle, "is not a readable safetensors file .*; choose another one"),
    "gone": (lambda folder: folder / "gone.safetensors", "There are no weights at .*; give"),
    "a folder that is no run": (_empty_folder, "holds no pretrained trunk yet .*; let its run finish"),
}
"""What weights can be: makes them in a folder; and what the sentence must say."""


def cut_short(path: Path) -> None:
    """Leave the first third of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])
