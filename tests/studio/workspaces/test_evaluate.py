"""The Evaluate workspace: what it shows of runs, and a real evaluation started by clicks."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QSplitter, QWidget

from core import record_file
from core.datasets.voc import CLASSES
from core.detection.config import VocConfig
from core.events import ClassAP
from core.pretraining.config import PretrainConfig
from core.runs.run_folder import State
from studio.document import Document
from studio.evaluation.class_views import CURVE, PICTURE
from studio.evaluation.picture_marks import Kind
from studio.in_steps import whole
from studio.runs.reader import Mark, News
from studio.runs.runs import Runs
from studio.workspaces.evaluate import EvaluateWorkspace
from tests.studio.workspaces import recorded

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def open_evaluate(
    document: Document, follow: Callable[[], Runs], qtbot: Any
) -> Iterator[Callable[[], EvaluateWorkspace]]:
    made: list[EvaluateWorkspace] = []

    def new() -> EvaluateWorkspace:
        workspace = whole(EvaluateWorkspace(document, follow()))
        made.append(workspace)
        qtbot.addWidget(workspace)
        workspace.resize(1400, 800)
        workspace.show()
        wait_until_read(workspace, qtbot)
        return workspace

    yield new
    for workspace in made:
        workspace.close_reader()


def wait_until_read(workspace: EvaluateWorkspace, qtbot: Any) -> None:
    chosen = workspace.run_list.chosen()[:1]
    qtbot.waitUntil(lambda: workspace._measured.of(chosen) is not None)


def write_voc(root: Path, names: tuple[str, ...] = ("cat",)) -> Path:
    """A VOCdevkit with six pictures of one bright square each, called by these names in turn."""
    base = root / "VOCdevkit" / "VOC2007"
    for name in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (base / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(6):
        image = rng.integers(0, 90, (60, 80, 3)).astype(np.uint8)
        x, y = (int(value) for value in rng.integers(5, 25, 2))
        image[y : y + 30, x : x + 40] = 220
        cv2.imwrite(str(base / "JPEGImages" / f"{number:06d}.jpg"), image)
        box = f"<xmin>{x + 1}</xmin><ymin>{y + 1}</ymin><xmax>{x + 40}</xmax><ymax>{y + 30}</ymax>"
        (base / "Annotations" / f"{number:06d}.xml").write_text(
            f"<annotation><filename>{number:06d}.jpg</filename>"
            "<size><width>80</width><height>60</height><depth>3</depth></size>"
            f"<object><name>{names[number % len(names)]}</name><difficult>0</difficult>"
            f"<bndbox>{box}</bndbox></object></annotation>"
        )
    for name, numbers in (("trainval", range(4)), ("test", range(4, 6))):
        lines = "".join(f"{number:06d}\n" for number in numbers)
        (base / "ImageSets" / "Main" / f"{name}.txt").write_text(lines)
    return base.parent


def button(widget: QWidget, name: str) -> QPushButton:
    found = widget.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def texts(widget: QWidget) -> str:
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if not one.isHidden())


def test_the_button_says_which_folder_it_needs(open_evaluate: Any, tmp_path: Path) -> None:
    workspace = open_evaluate()
    start = button(workspace, "evaluate_button")
    assert start.toolTip() == "Choose the folder of the VOC data (field VOC)."
    workspace.form.set_value(VocConfig(voc=tmp_path))
    workspace.form.changed.emit()
    assert not start.isEnabled()
    assert start.toolTip() == f"{tmp_path} holds no VOC2007; choose the folder that does."
    workspace.form.set_value(VocConfig(voc=write_voc(tmp_path)))
    workspace.form.changed.emit()
    assert start.isEnabled()


def test_a_finished_run_shows_its_bars_its_mean_and_its_table(document: Document, open_evaluate: Any) -> None:
    recorded.evaluation(document.project.runs, "20260101T000000", {"cat": 0.5, "dog": 0.1})
    workspace = open_evaluate()
    heights = workspace.bars.heights(0)
    assert heights[CLASSES.index("cat")] == pytest.approx(50)
    assert heights[-1] == pytest.approx(30)
    assert workspace.mean.text() == "mAP 30.0 %"
    assert "mean of 2 classes (cat, dog); RandomNet, quoted: 33.4 %, not comparable" in texts(workspace)
    assert "not comparable: measured on 20 objects, not 12,032; tiny network, not paper" in texts(workspace)
    table = [[workspace.table.item(row, column).text() for column in range(4)] for row in range(20)]
    assert table[CLASSES.index("cat")] == ["cat", "50.0", "38.0", "10"]
    assert table[CLASSES.index("cow")] == ["cow", "n/a", "27.7", "0"]
    assert workspace.bars.marks()[CLASSES.index("cat")] == pytest.approx(38)


def test_choosing_a_class_in_the_table_draws_its_curve(
    document: Document, open_evaluate: Any, qtbot: Any
) -> None:
    recorded.evaluation(document.project.runs, "20260101T000000", {"cat": 0.5})
    workspace = open_evaluate()
    table = workspace.table
    place = table.visualItemRect(table.item(CLASSES.index("cat"), 0)).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    assert workspace.views.tabs.currentIndex() == CURVE
    curve = workspace.views.curve.plot
    qtbot.waitUntil(lambda: len(curve.drawn()) == 1)
    ((recall, precision),) = curve.drawn()
    np.testing.assert_allclose(recall, [10, 20])
    np.testing.assert_allclose(precision, [100, 50])
    assert "Precision and recall · cat" in texts(workspace)


def test_another_published_row_can_be_set_beside_the_run(document: Document, open_evaluate: Any) -> None:
    recorded.evaluation(document.project.runs, "20260101T000000", {"cat": 0.5})
    workspace = open_evaluate()
    workspace.quoted.setCurrentText("AssociationNet-objtr · VOC 2007, one scale")
    assert workspace.bars.marks()[CLASSES.index("cat")] == pytest.approx(41.4)
    workspace.quoted.setCurrentIndex(0)
    assert len(workspace.bars.marks()) == 0


def test_what_runs_measured_is_not_read_in_the_thread_of_the_window(
    document: Document, open_evaluate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[str] = []
    read = record_file.read_whole

    def noting(path: Path, most: int) -> bytes:
        if path.name == "ap.json":
            readers.append(threading.current_thread().name)
        return read(path, most)

    monkeypatch.setattr(record_file, "read_whole", noting)
    recorded.evaluation(document.project.runs, "20260101T000000", {"cat": 0.5})
    workspace = open_evaluate()
    workspace.diagnoses.changed.emit()
    assert "not comparable" in workspace._mean_words.text()
    assert readers
    assert threading.main_thread().name not in readers


def test_bars_are_drawn_while_they_are_seen(document: Document, open_evaluate: Any) -> None:
    recorded.evaluation(document.project.runs, "20260101T000000", {"cat": 0.5})
    workspace = open_evaluate()
    (run,) = workspace._runs.all
    workspace.hide()
    run.take(News(run.status, None, Mark(), class_aps=[ClassAP("cat", 0.4, 10)]))
    workspace.diagnoses.changed.emit()
    assert workspace.bars.heights(0)[CLASSES.index("cat")] == pytest.approx(50)
    workspace.show()
    assert workspace.bars.heights(0)[CLASSES.index("cat")] == pytest.approx(40)


@pytest.mark.parametrize(
    ("settings", "quoted"),
    [
        ({}, "RandomNet · VOC 2007, one scale"),
        ({"scales": "multi"}, "RandomNet · VOC 2007, several scales (*SA)"),
        ({"year": 2012}, "RandomNet · VOC 2012, one scale"),
        ({"year": 2012, "scales": "multi"}, "beside no published row"),
    ],
)
def test_the_published_row_beside_a_run_is_of_its_year_and_scales(
    document: Document, open_evaluate: Any, settings: dict[str, Any], quoted: str, qtbot: Any
) -> None:
    runs = document.project.runs
    recorded.evaluation(runs, "20260101T000000", {"cat": 0.5}, **settings)
    other = recorded.evaluation(runs, "20260102T000000", {"cat": 0.5}, scales="multi")
    workspace = open_evaluate()
    assert workspace.quoted.currentText() == "RandomNet · VOC 2007, several scales (*SA)"
    (first,) = (run for run in workspace._runs.all if run.name != other.name)
    workspace.run_list.choose(first)
    wait_until_read(workspace, qtbot)
    assert workspace.quoted.currentText() == quoted


def test_pretraining_runs_are_offered_as_starts(document: Document, open_evaluate: Any) -> None:
    folder = recorded.pretraining(document.project.runs, "20260101T000000", PretrainConfig(regime="tr"))
    workspace = open_evaluate()
    box = workspace.form.editor("init").findChild(QComboBox)
    assert [box.itemData(place) for place in range(box.count())] == ["random", str(folder.path)]
    assert box.itemText(1).startswith("association tr")
    box.setCurrentIndex(1)
    assert workspace.form.value().init == str(folder.path)


def test_an_evaluation_is_started_by_a_click_and_fills_the_bars(
    open_evaluate: Any, document: Document, tmp_path: Path, qtbot: Any
) -> None:
    workspace = open_evaluate()
    ends: list[State] = []
    workspace._runs.finished.connect(lambda run: ends.append(run.state))
    workspace.form.set_value(
        VocConfig(
            voc=write_voc(tmp_path),
            network="tiny",
            steps=4,
            learning_rate=1e-3,
            report_every=1,
            mode="fast",
            device="cpu",
            rois_per_image=8,
            short_side=96,
            long_side=128,
        )
    )
    workspace.form.changed.emit()
    qtbot.mouseClick(button(workspace, "evaluate_button"), LEFT)
    (run,) = workspace._runs.all
    qtbot.waitUntil(lambda: bool(ends), timeout=600_000)
    assert ends == [State.DONE], run.status.error
    assert run.title == "Evaluate on VOC · RandomNet · tiny"
    assert set(run.class_aps) == set(CLASSES)
    wait_until_read(workspace, qtbot)
    assert workspace.bars.heights(0)[-1] == pytest.approx(100 * run.class_aps["cat"].ap)
    assert len(run.curve("loss")) == 4
    assert list((document.project.cache / "proposals").rglob("*"))

    workspace.choose_class("cat")
    views = workspace.views
    qtbot.waitUntil(lambda: views.shown is not None)
    assert views.shown.diagnosis.ap == pytest.approx(run.class_aps["cat"].ap)
    views.tabs.setCurrentIndex(PICTURE)
    picture = views.picture
    qtbot.waitUntil(lambda: picture.canvas.picture is not None)
    assert picture.words.text().startswith("000004 (1 of 2)")
    picture.proposals.setChecked(True)
    proposed = [mark for mark in picture.canvas.marks if mark.kind is Kind.PROPOSAL]
    assert len(proposed) == len(views.shown.run.proposals("000004")) > 0


OWN = ("bare head", "helmet", "person")


def test_a_run_of_classes_of_its_own_has_bars_and_a_table_of_these(
    document: Document, open_evaluate: Any, qtbot: Any
) -> None:
    runs = document.project.runs
    recorded.evaluation(runs, "20260101T000000", {"cat": 0.5})
    aps = {"helmet": 0.6, "person": 0.2}
    recorded.evaluation(runs, "20260102T000000", aps, OWN, classes="annotations")
    workspace = open_evaluate()
    assert workspace.bars.groups == [*OWN, "mean"]
    assert workspace.quoted.currentText() == "beside no published row"
    assert "mean of 2 classes; bare head has no test object" in texts(workspace)
    table = workspace.table
    shown = [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]
    assert shown == [
        ["bare head", "n/a", "", "0"],
        ["helmet", "60.0", "", "10"],
        ["person", "20.0", "", "10"],
    ]
    assert table.isColumnHidden(2)  # what is quoted is of VOC's classes
    workspace.choose_class("person")
    assert table.currentRow() == 2
    (own,) = workspace.run_list.chosen()
    other = next(run for run in workspace._runs.for_job("voc") if run is not own)
    workspace.run_list.choose(own, other)
    qtbot.waitUntil(lambda: len(workspace.bars.groups) == 3 + 19 + 1)
    assert workspace.bars.groups == [*OWN, *(name for name in CLASSES if name != "person"), "mean"]
    workspace.run_list.choose(other)
    qtbot.waitUntil(lambda: table.rowCount() == 20)
    assert workspace.bars.groups == [*CLASSES, "mean"]
    assert workspace.quoted.currentText().startswith("RandomNet")
    assert not table.isColumnHidden(2)
    assert table.currentRow() == CLASSES.index("person")  # both have it
    workspace.choose_class("cat")
    workspace.run_list.choose(own)
    qtbot.waitUntil(lambda: table.rowCount() == 3)
    assert table.currentRow() == 1  # the first class with objects


def test_a_data_set_without_a_year_can_be_chosen(open_evaluate: Any, tmp_path: Path) -> None:
    workspace, start = open_evaluate(), tmp_path / "helmets"
    (write_voc(tmp_path) / "VOC2007").rename(start)
    for folder in (start, start / "ImageSets" / "Main"):
        workspace.form.set_value(VocConfig(voc=start, classes="annotations"))
        workspace.form.changed.emit()
        assert button(workspace, "evaluate_button").isEnabled(), folder


def test_no_field_of_the_form_is_cut_at_its_side(open_evaluate: Any, tmp_path: Path) -> None:
    workspace = open_evaluate()
    workspace.form.editor("voc").set_value(tmp_path / "VOCdevkit")  # gets a button to reset it, too
    columns = next(one for one in workspace.findChildren(QSplitter) if one.isAncestorOf(workspace.form))
    columns.setSizes([240, 1000, 200])
    QApplication.processEvents()
    seen = workspace.form.parentWidget().width()
    assert workspace.form.width() <= seen
    assert workspace.form.minimumSizeHint().width() <= seen
