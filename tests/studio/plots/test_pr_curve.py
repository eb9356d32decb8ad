import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from studio.plots.pr_curve import POINTS_DRAWN, PrCurve, PrPoint, PrSeries, read_pr


def write(results: Path, precision: float, stamp: int) -> None:
    curves = {"cat_recall": np.array([0.5], np.float32), "cat_precision": np.array([precision], np.float32)}
    np.savez(results / "pr.npz", **curves)
    os.utime(results / "pr.npz", ns=(stamp, stamp))


def test_a_file_is_read_once_until_it_changes(tmp_path: Path):
    write(tmp_path, 0.25, 1)
    assert read_pr(tmp_path, "cat")[1] == pytest.approx([0.25])
    write(tmp_path, 0.5, 1)  # of the same time, so it is not read
    assert read_pr(tmp_path, "cat")[1] == pytest.approx([0.25])
    write(tmp_path, 0.75, 2)
    assert read_pr(tmp_path, "cat")[1] == pytest.approx([0.75])


def test_without_curves_there_are_none(tmp_path: Path):
    assert read_pr(tmp_path, "cat") is None
    write(tmp_path, 0.5, 1)
    assert read_pr(tmp_path, "dog") is None
    (tmp_path / "pr.npz").write_bytes(b"PK damaged")
    assert read_pr(tmp_path, "cat") is None


@pytest.fixture
def curve(qtbot) -> PrCurve:
    curve = PrCurve()
    qtbot.addWidget(curve)
    curve.resize(420, 420)
    curve.show()
    recall, precision = np.array([0.2, 0.2, 0.4, 0.6]), np.array([1.0, 0.5, 2 / 3, 0.75])
    curve.show_class("cat", [PrSeries("a", recall, precision), PrSeries("b", recall / 2, precision, 1)])
    return curve


def press(curve: PrCurve, qtbot, recall: float, precision: float) -> None:
    place = curve._plot.getViewBox().mapViewToScene(QPointF(recall, precision))
    qtbot.mouseClick(curve._plot.viewport(), Qt.MouseButton.LeftButton, pos=curve._plot.mapFromScene(place))


def test_a_point_is_marked_and_the_nearest_place_to_the_mouse_chosen(curve: PrCurve, qtbot):
    chosen: list[int] = []
    curve.place_chosen.connect(chosen.append)
    press(curve, qtbot, 40, 66)
    assert chosen == []  # there is no point to move
    curve.show_point(PrPoint(0.6, 0.75, "score ≥ 0.3"))
    assert curve.point() == pytest.approx((60, 75))
    for at in ((41, 64), (3, 101), (90, 75)):
        press(curve, qtbot, *at)
    assert chosen == [2, 0, 3]
    assert "score ≥ 0.3" in "".join(curve.figure().legend)
    curve.show_class("dog", [])
    assert curve.point() is None


def test_a_curve_of_many_detections_is_thinned_on_the_screen_and_whole_in_its_table(curve: PrCurve):
    count = 100_000
    recall = np.linspace(0, 1, count)
    curve.show_class("cat", [PrSeries("a", recall, 1 - recall)])
    ((x, _),) = curve.drawn()
    assert len(x) <= POINTS_DRAWN
    assert (x[0], x[-1]) == pytest.approx((0, 100), abs=0.1)
    assert len(curve.figure().table.rows) == count
