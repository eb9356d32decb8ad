"""Damaged files of every format: refused with a sentence, or read; never anything else."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from core.datasets.image import encode_palette_png, image_size, read_image, read_values
from core.datasets.label_meaning import palette
from core.datasets.mat_reader import parsed
from core.datasets.readers import find_clips, read_labels
from core.datasets.voc import read_image_annotation
from core.errors import StudioError
from tests.reliability.mutations import of_bytes


def mutants(data: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Bytes replaced, cut, doubled, dropped and swapped, a few at a time."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield of_bytes(data, rng)


def survives(data: bytes, path: Path, read: Callable[[], object], count: int) -> int:
    """How many of `count` mutants are refused."""
    refused = 0
    for mutant in mutants(data, count):
        path.write_bytes(mutant)
        try:
            read()
        except StudioError:
            refused += 1
    path.write_bytes(data)
    return refused


@pytest.mark.parametrize("name", ["cars.bmf", "carsDef.dat", "cars_1.pgm"])
def test_moseg(moseg, name):
    path = moseg / "cars" / name

    def read() -> None:
        for one in find_clips(moseg, "moseg").clips:
            assert all(frame.labels.shape == (24, 32) for frame in read_labels(one))

    assert survives(path.read_bytes(), path, read, 200) > 20


def test_voc(tmp_path, jpg):
    jpg(tmp_path / "JPEGImages" / "1.jpg", 9)
    path = tmp_path / "Annotations" / "1.xml"
    path.parent.mkdir()
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>20</ymax></bndbox>"
    thing = f"<object><name>car</name><truncated>0</truncated><difficult>1</difficult>{box}</object>"
    size = "<size><width>32</width><height>24</height><depth>3</depth></size>"
    text = f'<?xml version="1.0"?><annotation><filename>1.jpg</filename>{size}{thing}{thing}</annotation>'

    def read() -> None:
        image = read_image_annotation(tmp_path, "1")
        assert all(np.isfinite(one.box).all() for one in image.objects)

    assert survives(text.encode(), path, read, 400) > 100


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".ppm", ".pgm", ".bmp", ".tif", ".webp"])
def test_images(tmp_path, suffix):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 13, 3)).astype(np.uint8)
    data = cv2.imencode(suffix, pixels[:, :, 0] if suffix == ".pgm" else pixels)[1].tobytes()
    path = tmp_path / f"a{suffix}"

    def read() -> None:
        for way in (image_size, read_values, read_image):
            with contextlib.suppress(StudioError):
                way(path)

    survives(data, path, read, 200)


def test_palette_pictures(tmp_path):
    data = encode_palette_png(np.arange(48, dtype=np.uint8).reshape(6, 8), palette())
    path = tmp_path / "a.png"
    assert survives(data, path, lambda: read_values(path), 200) > 190


def _mat(folder: Path) -> bytes:
    cell = np.empty((1, 1), object)
    cell[0, 0] = {"Segmentation": np.arange(96, dtype=np.uint16).reshape(8, 12)}
    savemat(folder / "a.mat", {"groundTruth": cell})
    return (folder / "a.mat").read_bytes()


@pytest.mark.parametrize("count", [6, pytest.param(200, marks=pytest.mark.slow)])
def test_mat(tmp_path, count):
    """Each mutant has a child of its own, some 0.4 s."""
    path = tmp_path / "a.mat"

    def read() -> None:
        with parsed([path]) as segmentations:
            assert segmentations.picture(0, 0).ndim == 2

    survives(_mat(tmp_path), path, read, count)


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_video(tmp_path, count):
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 24))
    for shade in range(0, 250, 25):
        writer.write(np.full((24, 32, 3), shade, np.uint8))
    writer.release()
    survives(path.read_bytes(), path, lambda: find_clips(path), count)
