"""The picture of filters holds their pixels, and the strip goes through the steps."""

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QSlider

from core.events import Filters
from core.filters import tiled
from studio.plots.filter_picture import FilterPicture


def save(folder: Path, step: int, value: float = 0.0) -> Filters:
    filters = np.random.default_rng(step).normal(size=(6, 3, 4, 4)).astype(np.float32) + value
    path = folder / f"step-{step}.npz"
    np.savez(path, filters=filters)
    return Filters(step, path.name)


def test_each_filter_is_stretched_to_its_own_contrast() -> None:
    filters = np.zeros((3, 3, 2, 2), np.float32)
    filters[0, 0, 0, 0], filters[0, 2, 1, 1] = 1.0, -1.0
    filters[1] = 5.0
    filters[1, 1, 0, 1] = 5.1
    picture = tiled(filters, columns=2)
    assert picture.shape == (5, 5, 4)
    assert picture[0, 0].tolist() == [255, 128, 128, 255]
    assert picture[1, 1].tolist() == [128, 128, 0, 255]
    assert picture[0, 4].tolist() == [0, 255, 0, 255]
    assert picture[3, 0].tolist() == [128, 128, 128, 255]  # the third is flat
    assert (picture[2, :, 3] == 0).all()
    assert (picture[3:, 3:, 3] == 0).all()


def test_the_newest_filters_are_shown_until_one_goes_back(tmp_path: Path, qtbot: Any) -> None:
    picture = FilterPicture()
    qtbot.addWidget(picture)
    saved = [save(tmp_path, step) for step in (0, 50)]
    picture.show_filters(tmp_path, saved)
    assert picture.step == 50
    picture.show_filters(tmp_path, [*saved, save(tmp_path, 100)])
    assert picture.step == 100
    picture.findChild(QSlider).setValue(0)
    assert picture.step == 0
    picture.show_filters(tmp_path, [*saved, save(tmp_path, 100), save(tmp_path, 150)])
    assert picture.step == 0
    picture.go_to(120)
    assert picture.step == 100
    with np.load(tmp_path / "step-100.npz") as arrays:
        np.testing.assert_array_equal(picture.filters, arrays["filters"])


def test_the_pixels_on_the_screen_are_the_filters_pixels(tmp_path: Path, qtbot: Any) -> None:
    filters = np.zeros((1, 3, 2, 2), np.float32)
    filters[0, 0, 0, 0] = filters[0, 1, 0, 1] = filters[0, 2, 1, 0] = 1.0
    np.savez(tmp_path / "one.npz", filters=filters)
    picture = FilterPicture()
    qtbot.addWidget(picture)
    picture.resize(300, 300)
    picture.show_filters(tmp_path, [Filters(0, "one.npz")])
    picture.show()
    image = picture.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(300) for y in range(300)}
    assert {"#ff0000", "#00ff00", "#0000ff", "#000000"} <= colours
    red = [(x, y) for x in range(300) for y in range(300) if image.pixelColor(x, y) == QColor("#ff0000")]
    across = max(x for x, _ in red) - min(x for x, _ in red) + 1
    assert len(red) == across**2  # one sharp square


def test_a_file_that_is_missing_is_said(tmp_path: Path, qtbot: Any) -> None:
    picture = FilterPicture()
    qtbot.addWidget(picture)
    picture.show_filters(tmp_path, [Filters(7, "gone.npz")])
    assert "step 7: the file is missing or damaged" in [
        label.text() for label in picture.findChildren(QLabel)
    ]


def test_a_damaged_file_is_said(tmp_path: Path, qtbot: Any) -> None:
    saved = save(tmp_path, 7)
    path = tmp_path / saved.path
    path.write_bytes(path.read_bytes()[:200])
    picture = FilterPicture()
    qtbot.addWidget(picture)
    picture.show_filters(tmp_path, [saved])
    assert picture.filters is None
