"""A person looks at an evaluation in the real window: while it runs, and then down to the picture."""

import csv
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFileDialog

from core.datasets.voc import CLASSES
from core.detection.config import VocConfig
from core.evaluation import comp4
from core.evaluation.verdicts import VERDICTS, Verdict
from core.events import ClassAP, Metric, Progress
from core.project.project import Project
from core.runs.run_folder import RunFolder, State, Status
from studio.evaluation.class_views import CURVE, DETECTIONS, ERRORS, LOSS, MISSED, PICTURE
from studio.evaluation.picture_marks import Kind
from studio.runs.words import state_words
from tests.end_to_end.user import User
from tests.studio.evaluation.measured import ABSENT, UNSEEN, write_measured
from tests.studio.evaluation.plain import PlainRun
from tests.studio.plots import exported

LOSSES = {"in all": 3.0, "classes": 2.0, "boxes": 1.0}
"""What the first report of the run that is followed says; the second says half of it."""

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "project") as project:
        return project.path


@pytest.fixture
def measured(project: Path, tmp_path: Path) -> RunFolder:
    """An evaluation that is done; its VOC data and detections lie outside the project."""
    return write_measured(tmp_path, project / "runs")


@pytest.fixture
def plain(measured: RunFolder, tmp_path: Path) -> PlainRun:
    return PlainRun(tmp_path / "VOCdevkit" / "VOC2007", tmp_path / "detections")


@pytest.fixture
def user(qtbot, qapp, project: Path, tmp_path: Path):
    user = User(qtbot, qapp, tmp_path)
    user.start()
    assert user.studio.open_project(project)
    user.studio.window.resize(1400, 900)
    user.key("evaluate")
    yield user
    user.leave()


@pytest.fixture
def evaluate(user: User):
    return user.session.evaluate


def looked_at(user: User, name: str):
    """Choose a class in the table, and wait until it is worked out."""
    evaluate = user.session.evaluate
    item = evaluate.table.item(CLASSES.index(name), 0)
    evaluate.table.scrollToItem(item)
    place = evaluate.table.visualItemRect(item).center()
    user.qtbot.mouseClick(evaluate.table.viewport(), LEFT, pos=place)
    user.wait(lambda: evaluate.views.shown is not None and evaluate.views.heading.text().startswith(name))
    return evaluate.views


def turn_to(user: User, tab: int) -> None:
    """Go to a tab by the keys."""
    tabs = user.session.evaluate.views.tabs
    tabs.setFocus()
    while tabs.currentIndex() != tab:
        user.qtbot.keyClick(tabs, Qt.Key.Key_Right if tabs.currentIndex() < tab else Qt.Key.Key_Left)


def slide_to(user: User, steps: int) -> None:
    """Move the threshold to so many thousandths by the keys of the slider."""
    slider = user.session.evaluate.views.bar.slider
    user.wait(slider.isEnabled)
    slider.setFocus()
    user.qtbot.keyClick(slider, Qt.Key.Key_Home)
    for _ in range(steps // slider.pageStep()):
        user.qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    assert slider.value() == steps


def save(user: User, words: str, path: Path) -> None:
    """Choose in the menu of the button that saves, and a file or folder in the dialog."""
    button, window = user.session.evaluate.views.save_button, user.studio.window
    (action,) = [one for one in button.choices.actions() if one.text() == words]

    def is_offered() -> bool:
        button.choices.aboutToShow.emit()
        return action.isEnabled()

    user.wait(is_offered)
    action.trigger()
    (dialog,) = window.findChildren(QFileDialog)
    user.wait(dialog.isVisible)
    dialog.selectFile(str(path))
    user.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    user.wait(lambda: not window.findChildren(QFileDialog))


def report(folder: RunFolder, step: int, what: str, count: str) -> None:
    """Say how far a run is, as its worker does."""
    folder.append(Progress(step, 1346, what, count))
    folder.write_status(Status(State.RUNNING, step, 1346, what, updated=time.time(), count=count))


def test_a_run_is_followed_from_its_first_step_to_its_last_class(user: User, evaluate, project: Path):
    folder = RunFolder.create(project / "runs" / "20260102T000000000000-voc-0000", "voc", VocConfig())
    views, bars = evaluate.views, evaluate.bars
    with folder.held_lock():
        for step in (10, 20):
            for name, value in (("loss", 30 / step), ("loss_class", 20 / step), ("loss_box", 10 / step)):
                folder.append(Metric(name, step, value))
        report(folder, 1002, "Fine-tuning", "step 60 of 60")
        user.wait(lambda: [run.name for run in evaluate.run_list.chosen()] == [folder.name])
        (run,) = evaluate.run_list.chosen()
        user.wait(lambda: state_words(run).startswith("Fine-tuning · step 60 of 60"))
        assert views.tabs.currentIndex() == LOSS
        losses = [(name, [(10, whole), (20, whole / 2)]) for name, whole in LOSSES.items()]
        expected = [(name, *point) for name, points in losses for point in points]
        user.wait(lambda: [tuple(row[:3]) for row in evaluate.loss.figure().table.rows] == expected)
        assert not evaluate.mean.isVisible()
        turn_to(user, DETECTIONS)
        user.wait(lambda: views.detections.page.sentence)
        assert "as soon as the run has measured" in views.detections.page.sentence

        report(folder, 1322, "Detecting", "picture 120 of 322")
        user.wait(lambda: state_words(run).startswith("Detecting · picture 120 of 322"))
        for place, (name, ap) in enumerate((("aeroplane", 0.5), ("bicycle", 0.25)), start=1):
            folder.append(ClassAP(name, ap, 7))
            report(folder, 1326 + place, "Measuring", f"class {place} of 20")
            user.wait(lambda: bars.heights(0)[place - 1] == pytest.approx(100 * ap))  # noqa: B023
        assert evaluate.mean.text() == "mAP 37.5 %"
        assert "so far, 2 of 20 classes" in evaluate._mean_words.text()
        assert "evaluate" not in user.session.curate.steps.done
        folder.write_status(Status(State.STOPPED, 1328, 1346, updated=time.time()))
    user.wait(lambda: "resume it to see them" in views.detections.page.sentence)


def test_a_class_is_looked_at_in_every_view(user: User, evaluate, measured: RunFolder, plain: PlainRun):
    user.wait(lambda: evaluate.bars.heights(0).any() if evaluate.bars._bars else False)
    views = looked_at(user, "car")
    assert views.tabs.currentIndex() == CURVE
    ap = json.loads((measured.results / "ap.json").read_text())["ap"]["car"]
    low, high = (float(value) for value in re.search(r"\[(.+), (.+)\]", views.heading.text()).groups())
    assert f"car · AP {100 * ap:.1f} %" in views.heading.text()
    assert low < 100 * ap < high
    user.wait(lambda: (0, "mean") in evaluate.bars.intervals())
    assert evaluate.bars.intervals()[0, "car"] == pytest.approx((low, high), abs=0.06)

    # the curve, and its point, which the mouse drags and the slider moves
    curve = views.curve.plot
    scores = [score for score, _, _ in plain.detections["car"]]
    user.wait(lambda: curve.point() is not None)
    ranks = [rank for rank, _, _ in plain.found("car")]
    objects, view = len(plain.counted("car")), curve._plot.getViewBox()
    for wanted in (len(ranks) - 1, len(ranks) // 3):
        value = scores[ranks[wanted]]
        found, kept = len(plain.found("car", value)), plain.kept("car", value) - plain.ignored("car", value)
        at = QPointF(100 * found / objects, 100 * found / kept)
        place = curve._plot.mapFromScene(view.mapViewToScene(at))
        user.qtbot.mousePress(curve._plot.viewport(), LEFT, pos=place + QPoint(-2, 1))
        user.qtbot.mouseRelease(curve._plot.viewport(), LEFT, pos=place)
        recall, precision = curve.point()
        near = curve._plot.mapFromScene(view.mapViewToScene(QPointF(recall, precision)))
        assert (near - place).manhattanLength() <= 6
        value = views.threshold.value
        found, kept = len(plain.found("car", value)), plain.kept("car", value) - plain.ignored("car", value)
        assert (recall, precision) == pytest.approx((100 * found / objects, 100 * found / kept))
    slide_to(user, 500)
    found = len(plain.found("car", 0.5))
    kept = plain.kept("car", 0.5) - plain.ignored("car", 0.5)
    assert curve.point() == pytest.approx((100 * found / objects, 100 * found / kept))
    said = f"{found} found, {objects - found} missed · precision {100 * found / kept:.1f} %"
    assert views.bar.words.text() == f"{said} · recall {100 * found / objects:.1f} %"

    # its detections: one verdict alone, by the mouse
    turn_to(user, DETECTIONS)
    grid = views.detections.grid
    user.wait(lambda: grid.cut() == len(grid.in_view()) > 0)
    assert grid.count == len(scores)
    user.qtbot.mouseDClick(views.detections.chips[Verdict.TRUE], LEFT)
    assert views.detections.rows.tolist() == ranks

    # what was missed
    turn_to(user, MISSED)
    hit = {(image, number) for _, image, number in plain.found("car", 0.5)}
    missed = [one for one in plain.counted("car") if one not in hit]
    user.wait(lambda: [(one.image, one.number) for one in views.missed.objects] == missed)
    user.qtbot.mouseClick(views.missed.grid.viewport(), LEFT, pos=views.missed.grid.rect(0).center())
    user.wait(lambda: views.picture.words.text().startswith(missed[0][0]))
    user.qtbot.keyClick(views.picture.canvas, Qt.Key.Key_Escape)
    assert views.tabs.currentIndex() == MISSED

    # its errors, which lead back to the detections
    turn_to(user, ERRORS)
    words = dict(zip(VERDICTS, views.errors.shares.words(), strict=True))
    assert int(words[Verdict.TRUE]) == found
    assert sum(map(int, words.values())) == plain.kept("car", 0.5)
    plot = views.errors.shares._plot
    bar = plot.getViewBox().mapViewToScene(QPointF(0, VERDICTS.index(Verdict.BACKGROUND)))
    user.qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.mapFromScene(bar))
    assert views.tabs.currentIndex() == DETECTIONS
    assert set(VERDICTS[one] for one in views.shown.detections.verdicts[views.detections.rows]) == {
        Verdict.BACKGROUND
    }

    # a picture, opened by the keys, with what was detected in it
    grid.setFocus()
    user.qtbot.keyClick(grid, Qt.Key.Key_Return)
    row = int(views.detections.rows[0])
    image = plain.detections["car"][row][1]
    user.wait(lambda: views.picture.words.text().startswith(image))
    assert views.tabs.currentIndex() == PICTURE
    drawn = [mark for mark in views.picture.canvas.marks if mark.kind is Kind.DETECTION]
    expected = {r for r, one in enumerate(plain.detections["car"]) if one[1] == image and one[0] >= 0.5}
    assert len(drawn) == len(expected | {row})
    user.qtbot.keyClick(views.picture.canvas, Qt.Key.Key_Right)
    user.wait(lambda: not views.picture.words.text().startswith(image))


def test_classes_that_lack_something_say_so(user: User, evaluate, measured: RunFolder):
    views = looked_at(user, UNSEEN)
    turn_to(user, DETECTIONS)
    assert views.detections.page.sentence == f"The detector reports no {UNSEEN}."
    turn_to(user, MISSED)
    objects = views.shown.diagnosis.objects
    user.wait(lambda: len(views.missed.objects) == objects)
    views = looked_at(user, ABSENT)
    assert views.heading.text() == f"{ABSENT} · the set has no object of it, so it has no AP"
    assert views.missed.page.sentence == f"The set has no {ABSENT} that could be missed."
    for tab in (CURVE, ERRORS, PICTURE, DETECTIONS):
        turn_to(user, tab)
    assert not views.detections.page.sentence


def test_what_was_detected_goes_to_files(
    user: User, evaluate, measured: RunFolder, plain: PlainRun, tmp_path: Path
):
    views = looked_at(user, "car")
    user.wait(lambda: evaluate.diagnoses.want(evaluate.run_list.chosen()[0]).whole is not None)
    slide_to(user, 500)
    out = tmp_path / "out"
    out.mkdir()
    save(user, "Save detections…", out)
    user.wait(lambda: len(list(out.glob("comp4_det_test_*.txt"))) == 20)
    name = comp4.file_name("test", "car")
    assert (out / name).read_bytes() == (tmp_path / "detections" / name).read_bytes()
    for words, file in (
        ("Save judged detections…", "judged.csv"),
        ("Save missed objects…", "missed.csv"),
        ("Save report…", "report.html"),
    ):
        save(user, words, out / file)
        user.wait(lambda: (out / file).is_file())  # noqa: B023
    with open(out / "judged.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["class"] == "car"]
    assert [row["image"] for row in rows] == [image for _, image, _ in plain.detections["car"]]
    assert [int(row["rank"]) - 1 for row in rows if row["verdict"] == "true"] == [
        rank for rank, _, _ in plain.found("car")
    ]
    with open(out / "missed.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["class"] == "car"]
    hit = {(image, number) for _, image, number in plain.found("car", 0.5)}
    missed = [one for one in plain.counted("car") if one not in hit]
    assert [(row["image"], int(row["object"]) - 1) for row in rows] == missed
    for row, (image, number) in zip(rows, missed, strict=True):
        box = np.array([float(row[f"{corner} (px)"]) for corner in ("x1", "y1", "x2", "y2")])
        np.testing.assert_allclose(box + np.array([1, 1, 0, 0]), plain.objects[image][number][1])
    assert "<html" in (out / "report.html").read_text()
    assert views.save_button.folder == out

    turn_to(user, ERRORS)
    exported.save(user.qtbot, views.errors.shares, out / "verdicts.csv")
    rows = {row["kind"]: row["words"] for row in exported.table(out / "verdicts.csv")}
    assert int(rows["true"]) == len(plain.found("car", 0.5))
    turn_to(user, PICTURE)
    user.wait(lambda: views.picture.canvas.marks)
    exported.save(user.qtbot, views.picture, out / "picture.png")
    colours = exported.png(out / "picture.png").convert("RGB").getcolors(10**7)
    drawn = {tuple(QColor(mark.colour).getRgb()[:3]) for mark in views.picture.canvas.marks}
    assert drawn <= {colour for _, colour in colours}


def test_data_that_moved_are_said_in_a_sentence_and_the_rest_stays(
    user: User, evaluate, measured: RunFolder, tmp_path: Path
):
    """The curve needs no VOC data; the views that do say what is missing."""
    (tmp_path / "VOCdevkit").rename(tmp_path / "elsewhere")
    item = evaluate.table.item(CLASSES.index("car"), 0)
    user.wait(lambda: evaluate.run_list.chosen())
    user.qtbot.mouseClick(evaluate.table.viewport(), LEFT, pos=evaluate.table.visualItemRect(item).center())
    views = evaluate.views
    for tab, view in (
        (DETECTIONS, views.detections),
        (MISSED, views.missed),
        (ERRORS, views.errors),
        (PICTURE, views.picture),
    ):
        turn_to(user, tab)
        page = view.page
        user.wait(lambda: "are no longer in" in page.sentence)  # noqa: B023
    turn_to(user, CURVE)
    user.wait(lambda: len(evaluate.views.curve.plot.drawn()) == 1)
    assert evaluate.views.curve.plot.point() is None
