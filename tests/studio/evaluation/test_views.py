"""What the views of a class show, against a plain reading of the files."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor

from core.evaluation.repairs import REPAIRS
from core.evaluation.verdicts import COLOURS, VERDICTS, Verdict
from core.runs.measured_run import MeasuredRun
from studio.evaluation.crop_grid import PAD, SIDE, CropGrid
from studio.evaluation.crops import crop_around
from studio.evaluation.detections_view import DetectionsView
from studio.evaluation.errors_view import ErrorsView
from studio.evaluation.missed_view import MissedView
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from studio.evaluation.threshold_bar import ThresholdBar
from tests.studio.evaluation.measured import ABSENT, UNSEEN
from tests.studio.evaluation.plain import PlainRun

LEFT = Qt.MouseButton.LeftButton
Shown = Callable[[str], ShownClass]


def cut(grid: CropGrid) -> bool:
    return grid.cut() == len(grid.in_view()) > 0


# --- the threshold ----------------------------------------------------------------------------


def test_the_counts_are_those_of_a_plain_reading(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun
) -> None:
    bar = show(ThresholdBar(threshold))
    bar.show_class(shown("car"))
    for value in (0.9, 0.5, 0.123):
        threshold.choose(value)
        found, kept, objects = len(plain.found("car", value)), plain.kept("car", value), plain.counted("car")
        precision = 100 * found / (kept - plain.ignored("car", value))
        recall = 100 * found / len(objects)
        assert bar.words.text() == (
            f"{found} found, {len(objects) - found} missed · precision {precision:.1f} %"
            f" · recall {recall:.1f} %"
        )


def test_the_threshold_is_that_of_the_best_f1_until_one_is_chosen(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun, qtbot: Any
) -> None:
    def f1(name: str, value: float) -> float:
        found = len(plain.found(name, value))
        counted = plain.kept(name, value) - plain.ignored(name, value) + len(plain.counted(name))
        return 2 * found / counted

    bar = show(ThresholdBar(threshold))
    for name in ("car", "cat"):
        bar.show_class(shown(name))
        scores = {score for score, _, _ in plain.detections[name]}
        assert f1(name, threshold.value) == pytest.approx(max(f1(name, score) for score in scores))
    bar.slider.setFocus()
    qtbot.keyClick(bar.slider, Qt.Key.Key_Home)
    assert threshold.value == 0
    bar.show_class(shown("car"))
    assert threshold.value == 0
    qtbot.mouseClick(bar.best_button, LEFT)
    assert threshold.value > 0


def test_slider_number_and_threshold_go_together(show: Any, shown: Shown, threshold: Threshold) -> None:
    bar = show(ThresholdBar(threshold))
    bar.show_class(shown("car"))
    bar.spin.setValue(0.25)
    assert (threshold.value, bar.slider.value()) == (0.25, 250)
    bar.slider.setValue(700)
    assert (threshold.value, bar.spin.value()) == (0.7, 0.7)
    threshold.choose(0.4)
    assert (bar.slider.value(), bar.spin.value()) == (400, 0.4)


def test_a_class_without_detections_and_one_without_objects_are_said_to_be_so(
    show: Any, shown: Shown, threshold: Threshold
) -> None:
    bar = show(ThresholdBar(threshold))
    bar.show_class(shown(UNSEEN))
    assert bar.words.text() == f"No detection; all {shown(UNSEEN).diagnosis.objects} objects are missed"
    assert not bar.slider.isEnabled()
    bar.show_class(shown(ABSENT))
    assert bar.words.text().endswith(f"the set has no {ABSENT} to find")


# --- detections -------------------------------------------------------------------------------


def test_the_detections_stand_in_their_order_each_with_its_verdict(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun, qtbot: Any
) -> None:
    view = show(DetectionsView(threshold))
    view.show_class(shown("car"))
    qtbot.waitUntil(lambda: cut(view.grid))
    assert view.grid.count == len(plain.detections["car"])
    true = {rank for rank, _, _ in plain.found("car")}
    for rank, (score, image, _) in enumerate(plain.detections["car"]):
        cell = view.grid.cell(rank)
        assert cell.lines[1] == f"#{rank + 1} · {score:.3f}"
        assert (cell.lines[0] == "true") == (rank in true)
        assert cell.colour == COLOURS[Verdict(cell.lines[0])]
        assert image in cell.about
        assert cell.faint == (score < threshold.value)
    assert view.chips[Verdict.TRUE].text() == f"true {len(true)}"


def test_chips_show_the_verdicts_that_are_wanted_and_an_order_turns_the_ranking(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun, qtbot: Any
) -> None:
    view = show(DetectionsView(threshold))
    view.show_class(shown("car"))
    true = [rank for rank, _, _ in plain.found("car")]
    qtbot.mouseDClick(view.chips[Verdict.TRUE], LEFT)
    assert view.rows.tolist() == true
    view.order.setCurrentText("least sure first")
    assert view.rows.tolist() == true[::-1]
    view.order.setCurrentText("largest overlap first")
    overlaps = shown("car").detections.overlaps[view.rows]
    assert (np.diff(overlaps) <= 0).all()
    qtbot.mouseDClick(view.chips[Verdict.TRUE], LEFT)
    assert view.grid.count == len(plain.detections["car"])
    qtbot.mouseClick(view.chips[Verdict.TRUE], LEFT)
    assert view.grid.count == len(plain.detections["car"]) - len(true)


def test_a_crop_is_cut_out_of_its_picture(
    show: Any, shown: Shown, threshold: Threshold, measured: MeasuredRun, qtbot: Any
) -> None:
    """Objects are bright squares: the middle of a small one's crop is bright, noise is not."""
    view = show(MissedView(threshold))
    view.show_class(shown(UNSEEN))
    qtbot.waitUntil(lambda: cut(view.grid))
    for place in view.grid.in_view():
        cell = view.grid.cell(place)
        picture = view.grid._cutter.picture(cell.crop)
        x1, y1, x2, y2 = cell.crop.box
        inside = (cell.box.reshape(2, 2).mean(axis=0) - (x1, y1)) / (x2 - x1, y2 - y1) * picture.width()
        assert picture.pixelColor(*inside.astype(int).tolist()).lightness() > 150


def test_the_frame_in_a_crop_is_where_the_box_is(
    show: Any, shown: Shown, threshold: Threshold, qtbot: Any
) -> None:
    view = show(MissedView(threshold))
    view.show_class(shown(UNSEEN))
    qtbot.waitUntil(lambda: cut(view.grid))
    grabbed = view.grid.viewport().grab().toImage()
    for place in view.grid.in_view()[:4]:
        cell, rect = view.grid.cell(place), view.grid.rect(place)
        x1, y1, x2, y2 = cell.crop.box
        at = np.array([rect.left() + PAD, rect.top() + PAD])
        corners = at + (cell.box.reshape(2, 2) - (x1, y1)) / (x2 - x1, y2 - y1) * SIDE
        inside = corners.clip(at + 2, at + SIDE - 3)
        for x, y in ((inside[0, 0], inside[:, 1].mean()), (inside[:, 0].mean(), inside[1, 1])):
            near = [
                grabbed.pixelColor(round(x) + dx, round(y) + dy) for dx in range(-2, 3) for dy in range(-2, 3)
            ]
            is_whole = (corners == inside).all()
            assert not is_whole or any(_alike(one, QColor(cell.colour)) for one in near)


def _alike(one: QColor, other: QColor) -> bool:
    """Lines between two pixels take a part of what is beneath."""
    apart = (one.red() - other.red(), one.green() - other.green(), one.blue() - other.blue())
    return max(map(abs, apart)) < 50


def test_a_crop_keeps_within_its_picture_where_it_fits(measured: MeasuredRun) -> None:
    image = measured.images[0]
    box = np.array([0.0, 130.0, 20.0, 140.0])
    assert crop_around(image, [box]).box == (0, 108, 32, 140)
    whole = np.array([0.0, 0.0, 150.0, 140.0])
    x1, y1, x2, y2 = crop_around(image, [whole]).box
    assert x2 - x1 == y2 - y1 >= 150


def test_the_grid_is_walked_by_keys_and_opened_by_return_or_a_click(
    show: Any, shown: Shown, threshold: Threshold, qtbot: Any
) -> None:
    view = show(DetectionsView(threshold), 700, 300)
    view.show_class(shown("car"))
    grid, opened = view.grid, []
    view.opened.connect(opened.append)
    grid.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Return):
        qtbot.keyClick(grid, key)
    assert opened == [grid.columns]
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.current == grid.count - 1
    assert grid.viewport().rect().contains(grid.rect(grid.current))
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.mouseClick(grid.viewport(), LEFT, pos=grid.rect(1).center())
    assert opened == [grid.columns, 1]
    assert grid._at(QPoint(1, 1)) is None


def test_a_class_that_nothing_was_detected_of_says_so(show: Any, shown: Shown, threshold: Threshold) -> None:
    view = show(DetectionsView(threshold))
    view.show_class(None, "It is being read.")
    assert view.page.sentence == "It is being read."
    view.show_class(shown(UNSEEN))
    assert view.page.sentence == f"The detector reports no {UNSEEN}."
    view.show_class(shown(ABSENT))
    assert not view.page.sentence


# --- missed -----------------------------------------------------------------------------------


def test_missed_objects_are_those_that_nothing_finds_at_the_threshold(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun, qtbot: Any
) -> None:
    view = show(MissedView(threshold))
    view.show_class(shown("car"))
    for value in (0.2, 0.6):
        threshold.choose(value)
        found = {(image, number) for _, image, number in plain.found("car", value)}
        missed = [one for one in plain.counted("car") if one not in found]
        qtbot.waitUntil(lambda missed=missed: [(one.image, one.number) for one in view.objects] == missed)
        cut_off = [(i, n) for i, n in missed if plain.objects[i][n][3]]
        view.kind.setCurrentIndex(view.kind.findData("truncated"))
        assert [(one.image, one.number) for one in view.objects] == cut_off
        all_cut_off = sum(plain.objects[i][n][3] for i, n in plain.counted("car"))
        names = [bar.name for bar in view.chart._bars]
        place = names.index("truncated")
        assert view.chart.words()[place] == f"{len(cut_off)} of {all_cut_off}"
        assert view.chart.lengths()[place] == pytest.approx(100 * len(cut_off) / all_cut_off)
        assert view.chart.words()[:5] == [
            f"{sum(one.size == size for one in shown('car').diagnosis.missed(value))} of {objects}"
            for size, objects in ((s, a.objects) for s, a in shown("car").diagnosis.by_size.items())
        ]
        view.kind.setCurrentIndex(0)


def test_a_class_without_objects_can_miss_none(show: Any, shown: Shown, threshold: Threshold) -> None:
    view = show(MissedView(threshold))
    view.show_class(shown(ABSENT))
    assert view.page.sentence == f"The set has no {ABSENT} that could be missed."


# --- errors -----------------------------------------------------------------------------------


def test_errors_are_counted_above_the_threshold_and_lead_to_their_detections(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun, qtbot: Any
) -> None:
    view = show(ErrorsView(threshold))
    view.show_class(shown("car"))
    threshold.choose(0.5)
    words = view.shares.words()
    assert int(words[VERDICTS.index(Verdict.TRUE)]) == len(plain.found("car", 0.5))
    assert int(words[VERDICTS.index(Verdict.IGNORED)]) == plain.ignored("car", 0.5)
    assert sum(map(int, words)) == plain.kept("car", 0.5)
    diagnosis = shown("car").diagnosis
    assert view.gains.words() == [f"{100 * diagnosis.without[kind]:+.1f}" for kind in REPAIRS]
    assert view.sizes.lengths() == pytest.approx([100 * one.ap for one in diagnosis.by_size.values()])
    chosen: list[Verdict] = []
    view.verdict_chosen.connect(chosen.append)
    plot = view.shares._plot
    row = plot.getViewBox().mapViewToScene(QPointF(0, VERDICTS.index(Verdict.POORLY_PLACED)))
    qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.mapFromScene(row))
    assert chosen == [Verdict.POORLY_PLACED]


def test_errors_of_a_class_without_objects_have_no_gains(
    show: Any, shown: Shown, threshold: Threshold
) -> None:
    view = show(ErrorsView(threshold))
    view.show_class(shown(ABSENT))
    assert set(view.gains.words()) == {"n/a"}
    assert (view.gains.lengths() == 0).all()
