"""A picture with its objects, detections and proposals, against a plain reading of the files."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from core.datasets.voc import CLASSES
from core.detection.proposal_file import Proposals
from core.evaluation import origin
from core.evaluation.judging import JudgedDetections, SetObjects
from core.runs.run_folder import RunFolder
from studio.evaluation.picture_marks import Kind
from studio.evaluation.picture_view import MISSED, PictureView
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from tests.studio.evaluation.measured import ABSENT, UNSEEN
from tests.studio.evaluation.plain import PlainRun

LEFT = Qt.MouseButton.LeftButton
Shown = Callable[[str], ShownClass]


def test_a_picture_shows_its_objects_and_what_was_detected_above_the_threshold(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun, qtbot: Any
) -> None:
    view = show(PictureView(threshold))
    threshold.choose(0.3)
    view.show_class(shown("car"))
    qtbot.waitUntil(lambda: view.canvas.picture is not None and bool(view.canvas.marks))
    rank = next(rank for rank, _, _ in plain.found("car", 0.3))
    score, image, _ = plain.detections["car"][rank]
    view.open_detection(rank)
    qtbot.waitUntil(lambda: view.words.text().startswith(image))
    for value in (0.3, score, 1.0):
        threshold.choose(value)
        marks = view.canvas.marks
        found = {number for _, where, number in plain.found("car", value) if where == image}
        own = [n for n, one in enumerate(plain.objects[image]) if one[0] == "car"]
        objects = [mark for mark in marks if mark.kind is Kind.OBJECT]
        missed = [n for n in own if n not in found and not plain.objects[image][n][2]]
        assert len(objects) == len(own)
        assert [mark.colour == MISSED for mark in objects] == [n in missed for n in own]
        kept = {r for r, one in enumerate(plain.detections["car"]) if one[1] == image and one[0] >= value}
        detected = [mark for mark in marks if mark.kind is Kind.DETECTION]
        assert len(detected) == len(kept | {rank})  # the one that is looked at stays
        assert [mark.strong for mark in detected] == [False] * (len(detected) - 1) + [True]
    view.detections.setChecked(False)
    view.objects.setChecked(False)
    assert view.canvas.marks == []
    view.objects.setChecked(True)
    view.others.setChecked(True)
    assert len(view.canvas.marks) == len(plain.objects[image])


def test_a_difficult_object_is_never_missed(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun, qtbot: Any
) -> None:
    image = next(
        id for id, objects in plain.objects.items() if any(one[0] == "car" and one[2] for one in objects)
    )
    view = show(PictureView(threshold))
    threshold.choose(2.0)  # nothing is found
    view.show_class(shown("car"))
    view.open_picture(image)
    qtbot.waitUntil(lambda: view.words.text().startswith(image))
    cars = [one for one in plain.objects[image] if one[0] == "car"]
    assert [(mark.words, mark.colour == MISSED) for mark in view.canvas.marks] == [
        ("car · difficult", False) if difficult else ("car · missed", True) for _, _, difficult, _ in cars
    ]


def test_arrows_go_through_the_pictures_of_the_class(
    show: Any, shown: Shown, threshold: Threshold, plain: PlainRun, qtbot: Any
) -> None:
    view = show(PictureView(threshold))
    threshold.choose(2.0)  # no detection counts
    view.show_class(shown("cat"))
    with_cats = [id for id, objects in plain.objects.items() if any(one[0] == "cat" for one in objects)]
    qtbot.waitUntil(lambda: view.words.text().startswith(with_cats[0]))
    view.canvas.setFocus()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Left)
    for id in with_cats[1:3]:
        qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
        qtbot.waitUntil(lambda id=id: view.words.text().startswith(id))
    qtbot.mouseClick(view.previous_button, LEFT)
    qtbot.waitUntil(lambda: view.words.text().startswith(with_cats[1]))
    assert f"(2 of {len(with_cats)})" in view.words.text()
    with qtbot.waitSignal(view.left):
        qtbot.keyClick(view.canvas, Qt.Key.Key_Escape)


@pytest.mark.parametrize("name", ["car", "cat", UNSEEN, ABSENT])
def test_pictures_are_those_with_an_object_or_a_detection(shown: Shown, plain: PlainRun, name: str) -> None:
    for value in (0.0, 0.9, 2.0):
        detected = {image for score, image, _ in plain.detections[name] if score >= value}
        assert shown(name).pictures(value) == [
            id
            for id, objects in plain.objects.items()
            if id in detected or any(one[0] == name for one in objects)
        ]


def test_objects_are_found_by_true_detections_alone(shown: Shown, plain: PlainRun) -> None:
    car = shown("car")
    for value in (0.0, 0.5):
        found = {
            (row, image, number) for image in car.images for number, row in car.found_in(image, value).items()
        }
        assert found == set(plain.found("car", value))


def test_a_picture_is_zoomed_moved_and_fitted(
    show: Any, shown: Shown, threshold: Threshold, qtbot: Any
) -> None:
    view = show(PictureView(threshold))
    view.show_class(shown("car"))
    canvas = view.canvas
    qtbot.waitUntil(lambda: canvas.picture is not None)
    fitted = canvas.camera
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.camera.scale == pytest.approx(1.25 * fitted.scale)
    before = canvas.camera
    qtbot.mousePress(canvas, LEFT, pos=QPoint(50, 50))
    qtbot.mouseMove(canvas, QPoint(60, 80))
    qtbot.mouseRelease(canvas, LEFT, pos=QPoint(60, 80))
    assert (canvas.camera.dx - before.dx, canvas.camera.dy - before.dy) == (10, 30)
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.camera == fitted


def test_proposals_that_were_not_kept_cannot_be_shown(
    show: Any, shown: Shown, threshold: Threshold, qtbot: Any
) -> None:
    view = show(PictureView(threshold))
    view.show_class(shown("car"))
    qtbot.waitUntil(lambda: view.canvas.picture is not None)
    assert not view.proposals.isEnabled()
    assert view.proposals.toolTip() == "The proposals of this run were not kept."


def test_a_picture_goes_to_a_file_with_its_marks(
    show: Any, shown: Shown, threshold: Threshold, qtbot: Any
) -> None:
    view = show(PictureView(threshold))
    threshold.choose(0.3)
    view.show_class(shown("car"))
    qtbot.waitUntil(lambda: bool(view.canvas.marks))
    figure = view.figure()
    assert len(figure.table.rows) == len(view.canvas.marks)
    assert figure.title.endswith("· car")
    assert (figure.size.width(), figure.size.height()) == (720, pytest.approx(720 * 140 / 150))


def test_proposals_that_could_find_an_object_are_strong(
    show: Any, shown: Shown, threshold: Threshold, tmp_path: Path, qtbot: Any
) -> None:
    """A run that says which file its boxes came from."""
    car = shown("car")
    image = next(one for one in car.run.images if any(each.name == "car" for each in one.objects))
    box = next(each.box for each in image.objects if each.name == "car")
    boxes = np.array([[0, 0, 3, 3], box, box + np.float32([0, 0, 1, 1]), [140, 0, 150, 9]], np.float32)
    Proposals.of({image.id: boxes}).save(tmp_path / "boxes.npz")
    folder = RunFolder(shutil.copytree(car.run.folder.path, tmp_path / "run"))
    files = tmp_path / "detections"
    shutil.copytree(car.run.files, files)
    origin.write(files, "test", {"proposals": str(tmp_path / "boxes.npz")})
    run = replace(car.run, folder=folder, files=files)
    view = show(PictureView(threshold))
    view.show_class(ShownClass(run, car.images, car.classes, "car"))
    view.open_picture(image.id)
    qtbot.waitUntil(lambda: view.words.text().startswith(image.id))
    view.proposals.setChecked(True)
    proposed = [mark for mark in view.canvas.marks if mark.kind is Kind.PROPOSAL]
    assert [mark.strong for mark in proposed] == [False, False, True, True]
    np.testing.assert_array_equal(proposed[2].box, boxes[1])
    assert view.canvas.marks[0].kind is Kind.PROPOSAL  # below all else


def crowded(car: ShownClass) -> ShownClass:
    """Twenty classes with 12,000 detections each, in 3,000 pictures."""
    image = next(iter(car.images.values()))
    images = {f"{number:06}": replace(image, id=f"{number:06}") for number in range(3000)}
    of = SetObjects.of([*images.values()])
    where = np.random.default_rng(0).integers(0, len(images), 12_000)
    some, none = np.linspace(1, 0, len(where)), np.zeros(len(where), np.int64)
    boxes = np.tile([10.0, 10, 60, 60], (len(where), 1))
    judged = JudgedDetections(of.ids[where], where, some, boxes, none, some, none, some, some)
    one = replace(car.diagnosis, detections=judged, found=replace(car.diagnosis.found, of=of))
    return ShownClass(car.run, images, dict.fromkeys(CLASSES, one), "car")


def test_the_marks_of_all_classes_follow_the_threshold_of_a_large_set(
    show: Any, shown: Shown, threshold: Threshold, qtbot: Any
) -> None:
    """Each step takes less than sorting the detections of all classes by their pictures would."""
    view, many = show(PictureView(threshold)), crowded(shown("car"))
    threshold.choose(0.9)
    view.show_class(many)
    qtbot.waitUntil(lambda: view.canvas.picture is not None)
    view.others.setChecked(True)

    def step(value: float) -> float:
        began = time.thread_time()
        threshold.choose(value)
        return time.thread_time() - began

    def sort() -> float:
        began = time.thread_time()
        for each in many.classes.values():
            order = np.argsort(each.detections.pictures, kind="stable")
            np.split(order, np.flatnonzero(np.diff(each.detections.pictures[order])) + 1)
        return time.thread_time() - began

    assert min(map(step, (0.8, 0.7, 0.6, 0.5, 0.4))) < min(sort() for _ in range(3)) / 2
    detections = many.detections
    kept = np.flatnonzero((detections.pictures == 0) & (detections.scores >= 0.4))
    marked = [mark for mark in view.canvas.marks if mark.kind is Kind.DETECTION]
    assert len(marked) == len(CLASSES) * len(kept) > 0
    pictures = set(detections.images[detections.scores >= 0.4].tolist())
    assert f"(1 of {len(pictures):,})" in view.words.text()
