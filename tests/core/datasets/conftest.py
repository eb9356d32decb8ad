"""Small data sets written by hand, as their authors lay them out."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

DEFINITION = """Ground truth definition file; do not change!

Total number of regions:
3
Scale of region 0:
0
Scale of region 1:
255
Scale of region 2:
128

Confusion penality matrix:
0 1  0.5
1 0 1
0.5 1 0

Total number of frames in this shot:
4
Total number of labeled frames for this shot:
2
Frame number:
0
File name:
cars_1.pgm
Input file name:
cars_1.ppm
Frame number:
3
File name:
cars_4.pgm
Input file name:
cars_4.ppm
"""


def write_jpg(path: Path, shade: int, width: int = 32, height: int = 24) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((height, width, 3), shade, np.uint8)
    path.write_bytes(cv2.imencode(".jpg", image)[1].tobytes())


def write_pgm(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = values.shape[:2]
    kind = b"P6" if values.ndim == 3 else b"P5"
    path.write_bytes(kind + b"\n%d %d\n255\n" % (width, height) + values.astype(np.uint8).tobytes())


@pytest.fixture
def jpg() -> Callable[..., None]:
    """Writes a gray JPEG: path, shade, width, height."""
    return write_jpg


@pytest.fixture
def pgm() -> Callable[[Path, np.ndarray], None]:
    """Writes a PGM, or a PPM for (H, W, 3) values."""
    return write_pgm


@pytest.fixture
def moseg(tmp_path: Path) -> Path:
    """`moseg/cars`: four frames, two labelled; the first picture holds values that Def.dat does not list."""
    folder = tmp_path / "moseg" / "cars"
    for number in range(1, 5):
        write_jpg(folder / f"cars_{number}.jpg", 40 * number)
    (folder / "cars.bmf").write_text("4 1\n" + "".join(f"cars_{n}.ppm\n" for n in range(1, 5)))
    (folder / "carsDef.dat").write_text(DEFINITION)
    first = np.zeros((24, 32))
    first[2:6, 3:9], first[10:14, 3:9], first[20, 5:8] = 255, 128, 57
    write_pgm(folder / "cars_1.pgm", first)
    write_pgm(folder / "cars_4.pgm", np.where(first == 255, 128, 0))
    return folder.parent
