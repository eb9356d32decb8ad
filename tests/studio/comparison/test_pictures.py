"""The pictures of two runs, while a person goes from pair to pair and runs change."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from core.evaluation.picture_differences import differing_pictures
from core.events import ClassAP
from core.runs.measured_run import MeasuredRun
from core.runs.run_folder import State, Status
from core.runs.run_notes import RunNotes
from studio.comparison.pictures_view import ONE_RUN, PicturesView
from studio.document import Document
from studio.evaluation.diagnoses import ACTIVE
from studio.in_steps import whole
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.workspaces.compare import CompareWorkspace
from tests.end_to_end.compared_project import measure


@pytest.fixture
def compare(
    document: Document, follow: Callable[[], Runs], tmp_path: Path, voc: Path, qtbot: Any
) -> Iterator[CompareWorkspace]:
    """Three seeds, the newest first; the pictures of the newest two are looked at."""
    for seed in range(3):
        measure(tmp_path, document.project.runs, voc, 10 + seed, seed, "random")
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    workspace.resize(1400, 900)
    workspace.show()
    workspace.run_list.choose(*workspace._runs.all)
    workspace.tabs.setCurrentWidget(workspace.pictures)
    view = workspace.pictures
    qtbot.waitUntil(lambda: len(view._choices) == 3)
    pick(qtbot, view, 0, 0)
    pick(qtbot, view, 1, 1)
    qtbot.waitUntil(lambda: not view.page.sentence and bool(view._found))
    yield workspace
    workspace.close_reader()


def pick(qtbot: Any, view: PicturesView, box: int, place: int) -> None:
    """Choose a run in a box with the keys."""
    while view.boxes[box].currentIndex() != place:
        down = view.boxes[box].currentIndex() < place
        qtbot.keyClick(view.boxes[box], Qt.Key.Key_Down if down else Qt.Key.Key_Up)


def expected(view: PicturesView, name: str | None = None) -> list[tuple[str, int]]:
    """The pictures and gains of the two that are chosen, from their files as they are now."""
    paths = [box.currentData().path for box in view.boxes]
    found = differing_pictures(*(MeasuredRun.open(path).diagnosis() for path in paths), name)
    return [(one.image, one.gain) for one in found]


def listed(view: PicturesView) -> list[tuple[str, int]]:
    return [(one.image, one.gain) for one in view._found]


def measure_again(run: Run, like: Run) -> None:
    """Give a run the detections of another, as its worker does when it evaluates again."""
    assert run.folder is not None
    assert like.folder is not None
    shutil.rmtree(run.folder.results)
    shutil.copytree(like.folder.results, run.folder.results)
    for name, one in like.class_aps.items():
        run.folder.append(ClassAP(name, one.ap, one.objects))
    run.folder.write_status(Status(State.DONE, 10, 10, updated=time.time()))


def test_a_run_that_is_measured_again_is_compared_again(compare: CompareWorkspace, qtbot: Any) -> None:
    view = compare.pictures
    before, runs = listed(view), [choice.run for choice in view._choices]
    assert before == expected(view)
    measure_again(runs[1], runs[2])
    after = expected(view)
    assert after != before
    qtbot.waitUntil(lambda: listed(view) == after and not view.page.sentence)


def test_what_was_compared_stays_while_a_run_goes_away(
    compare: CompareWorkspace, qtbot: Any, tmp_path: Path
) -> None:
    view, gone = compare.pictures, compare.pictures._choices[0].run
    about = [view.list.cell(place).about for place in range(view.list.count)]
    assert gone.path is not None
    shutil.move(gone.path, tmp_path / "elsewhere")
    assert [view.list.cell(place).about for place in range(view.list.count)] == about
    view.list.viewport().repaint()
    qtbot.keyClick(view.pair.views[0].canvas, Qt.Key.Key_Right)
    assert view.list.current == 1
    assert view.pair.views[0]._image is not None
    assert view.pair.views[0]._image.id == listed(view)[1][0]


def test_a_run_that_is_deleted_leaves_the_view_and_comes_back_with_an_undo(
    compare: CompareWorkspace, qtbot: Any
) -> None:
    view, runs, before = compare.pictures, compare._runs, listed(compare.pictures)
    first, second = (box.currentData() for box in view.boxes)
    runs.delete(second)
    qtbot.waitUntil(lambda: len(view._choices) == 2)
    assert second not in [box.currentData() for box in view.boxes]
    runs.restore(second)
    compare.run_list.choose(*runs.all)
    qtbot.waitUntil(lambda: len(view._choices) == 3)
    for box, run in enumerate((first, second)):
        pick(qtbot, view, box, [choice.run.name for choice in view._choices].index(run.name))
    qtbot.waitUntil(lambda: listed(view) == before and not view.page.sentence)


def test_a_run_that_is_resumed_says_so_and_its_pictures_come_back(
    compare: CompareWorkspace, qtbot: Any
) -> None:
    view, run = compare.pictures, compare.pictures._choices[0].run
    before, done = listed(view), run.status
    run.status = Status(State.RUNNING)
    view._show()
    assert view.page.sentence == ACTIVE
    run.status = done
    view._show()
    qtbot.waitUntil(lambda: listed(view) == before and not view.page.sentence)


def test_another_name_of_a_run_is_shown_at_the_picture_that_is_looked_at(
    compare: CompareWorkspace, qtbot: Any
) -> None:
    view, run = compare.pictures, compare.pictures._choices[0].run
    qtbot.keyClick(view.pair.views[0].canvas, Qt.Key.Key_Right)
    compare._runs.annotate(run, RunNotes(name="the best"))
    assert view.list.cell(1).about.splitlines()[1].startswith("the best: ")
    assert "<b>the best</b>" in view.pair.titles[0].text()
    assert view.list.current == 1
    assert not view.page.sentence


def test_the_list_of_the_former_class_is_not_shown_under_the_new_one(
    compare: CompareWorkspace, qtbot: Any
) -> None:
    view, seen = compare.pictures, []
    view._reading.done.connect(lambda read: seen.append((view.of.currentText(), listed(view))))
    view.show_class("car")
    view.show_class("cat")  # before the first is read
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen[0] == ("cat", expected(view))
    assert seen[1] == ("cat", expected(view, "cat"))


def test_the_pictures_come_back_when_a_person_does(compare: CompareWorkspace, qtbot: Any) -> None:
    view = compare.pictures
    pick(qtbot, view, 1, 0)
    assert view.page.sentence == ONE_RUN
    pick(qtbot, view, 1, 1)
    qtbot.waitUntil(lambda: not view.page.sentence)


def test_the_sentence_of_runs_that_are_not_alike_comes_back_too(
    compare: CompareWorkspace, qtbot: Any
) -> None:
    view, other = compare.pictures, compare.pictures._choices[2].run
    assert other.path is not None
    result = json.loads((other.path / "results" / "ap.json").read_text())
    (other.path / "results" / "ap.json").write_text(json.dumps(result | {"overlap": 0.75}))
    pick(qtbot, view, 1, 2)
    words = "These runs were measured at different overlaps"
    qtbot.waitUntil(lambda: view.page.sentence.startswith(words))
    pick(qtbot, view, 0, 1)
    qtbot.waitUntil(lambda: not view._reading._work.is_running)
    assert view.page.sentence.startswith(words)
    pick(qtbot, view, 0, 2)
    assert view.page.sentence == ONE_RUN
    pick(qtbot, view, 0, 1)
    qtbot.waitUntil(lambda: view.page.sentence.startswith(words))


def test_a_pair_whose_reading_was_given_up_is_read_when_it_is_wanted_again(
    compare: CompareWorkspace, qtbot: Any
) -> None:
    view = compare.pictures
    pick(qtbot, view, 1, 2)
    qtbot.waitUntil(lambda: view._diagnoses.missing == 0)
    for other in (0, 1, 0, 2):  # faster than they are read
        view.boxes[1].setCurrentIndex(other)
        view._choose()
    qtbot.waitUntil(lambda: not view.page.sentence)
