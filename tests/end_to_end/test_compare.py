"""Compare in the real window, with mouse and keys; what it shows is worked out again by other means."""

import csv
import io
import json

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QPushButton, QTableWidget, QToolButton
from scipy import stats

from studio.app import Studio
from studio.window.settings import WindowSettings
from studio.workspaces.notes_dialog import NotesDialog
from tests.end_to_end import compared_project
from tests.end_to_end.compared_project import CLASSES, SEEDS, PlainReading, runs_of

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("compared")
    compared_project.make(root)
    return root


@pytest.fixture(scope="module")
def plain(root):
    return PlainReading(root)


@pytest.fixture(scope="module")
def studio(qapp, root):
    """The real window with the project, for all tests: opening it takes longer than each of them."""
    studio = Studio(qapp, WindowSettings(root / "settings.ini"), root / "log")
    studio.window.resize(1600, 1000)
    studio.window.show()
    assert studio.open_project(root / "project")
    yield studio
    studio.window.close()
    studio.window.deleteLater()


@pytest.fixture
def compare(studio, qtbot):
    """The workspace, with the four evaluations chosen by mouse and keys, all rows closed."""
    studio.window.show_workspace("compare")
    compare = studio.session.compare
    qtbot.waitUntil(lambda: all(run.class_aps for run in compare._runs.for_job("voc")))
    choose(qtbot, compare, "voc")
    compare.table.differences.setChecked(False)
    model = compare.table.model
    for line in reversed(range(len(model.lines))):
        if model.is_open(model.lines[line].row):
            model.turn(line)
    qtbot.waitUntil(lambda: len(model.lines) == 9)
    return compare


def choose(qtbot, compare, job):
    """Click on the runs of a job in the list, with Control from the second on."""
    view = compare.run_list._view
    for place, run in enumerate(compare._runs.for_job(job)):
        index = view.model().index(compare.run_list._shown.runs.index(run), 0)
        view.scrollTo(index)
        keys = CONTROL if place else Qt.KeyboardModifier.NoModifier
        qtbot.mouseClick(view.viewport(), LEFT, keys, view.visualRect(index).center())


def tab(qtbot, compare, title):
    """Click on a tab."""
    bar = compare.tabs.tabBar()
    place = next(place for place in range(bar.count()) if bar.tabText(place) == title)
    qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(place).center())
    return compare.tabs.currentWidget()


def cell(qtbot, compare, line, column):
    """Click on a cell of the table."""
    table = compare.table.table
    index = compare.table.model.index(line, column)
    table.scrollTo(index)
    place = table.visualRect(index).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    return place


def texts(compare, column=0):
    """Text of the rows of runs in a column: AssociationNet-obj and RandomNet, by name."""
    model = compare.table.model
    rows = (place for place, line in enumerate(model.lines) if line.within is None and line.row.runs)
    return {model.lines[row].row.name: model.index(row, column).data() for row in rows}


def aps(project, start, name):
    """Of each seed, in percent, as the run wrote it."""
    read = [json.loads((run / "results" / "ap.json").read_text()) for run in runs_of(project, start)]
    return 100 * np.array([one["map"] if name == "mAP" else one["ap"][name] for one in read])


def half(values):
    return stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)


def test_the_table_gathers_seeds_and_takes_differences_by_seed(compare, root, qtbot):
    project, column = root / "project", 8
    ours, theirs = (aps(project, start, "cat") for start in ("obj", "random"))
    found = texts(compare, column)
    assert found["RandomNet"] == f"{theirs.mean():.1f} ± {half(theirs):.1f}"
    assert found["AssociationNet-obj"].endswith(f" {ours.mean():.1f} ± {half(ours):.1f}")
    sign = "▲" if ours.mean() > theirs.mean() else "▼"
    assert found["AssociationNet-obj"].startswith(sign)
    qtbot.mouseClick(compare.table.differences, LEFT, pos=QPoint(8, compare.table.differences.height() // 2))
    apart = ours - theirs
    assert texts(compare, column)["AssociationNet-obj"] == f"{apart.mean():+.1f} ± {half(apart):.1f}"
    assert texts(compare)["RandomNet"] == "reference"
    names = compare.table.table.verticalHeader()
    line = next(k for k, one in enumerate(compare.table.model.lines) if one.row.name == "AssociationNet-obj")
    place = QPoint(30, names.sectionViewportPosition(line) + 5)
    qtbot.mouseClick(names.viewport(), LEFT, pos=place)
    assert [one.row.name for one in compare.table.model.lines[line + 1 : line + 3]] == ["seed 0", "seed 1"]
    assert compare.table.model.index(line + 1, column).data() == f"{apart[0]:+.1f}"


def test_a_run_is_renamed_from_the_table_and_in_the_list_too(compare, qtbot):
    cell(qtbot, compare, 0, 0)
    qtbot.keyClick(compare.table.table, Qt.Key.Key_Space)  # its seeds
    place = cell(qtbot, compare, 1, 0)
    compare.table.table.customContextMenuRequested.emit(place)
    run = compare.table.model.lines[1].row.runs[0]
    before = run.notes
    next(one for one in compare.menu.actions() if one.text() == "Name and note…").trigger()
    compare.menu.close()
    dialog = compare.findChild(NotesDialog)
    qtbot.keyClicks(dialog.name, "the best <one> & only")
    qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: run.notes.name == "the best <one> & only")
    assert compare.run_list.name_of(run) == run.notes.name
    assert compare.table.model.lines[1].row.name == run.notes.name
    qtbot.keyClick(compare.table.table, Qt.Key.Key_F2)
    (again,) = (one for one in compare.findChildren(NotesDialog) if one.isVisible())
    assert again.name.text() == run.notes.name
    again.reject()
    compare._runs.annotate(run, before)


def test_differences_are_bootstrapped_over_pictures_for_both_runs_at_once(compare, root, plain, qtbot):
    view = tab(qtbot, compare, "Differences")
    qtbot.waitUntil(lambda: bool(view.plot._series))
    assert view.plot.groups == [*CLASSES, "mean"]
    project, drawn = root / "project", np.random.default_rng(0)
    draws = drawn.integers(0, len(plain.images), (1000, len(plain.images)))
    found = view.plot.points(0)
    resampled = {}
    for name in CLASSES:
        gain = aps(project, "obj", name).mean() - aps(project, "random", name).mean()
        assert found[name][0] == pytest.approx(gain, abs=1e-9)
        ours, theirs = (
            [plain.judged(run, name) for run in runs_of(project, start)] for start in ("obj", "random")
        )
        resampled[name] = [
            100 * (mean_ap(plain, ours, name, draw) - mean_ap(plain, theirs, name, draw)) for draw in draws
        ]
        assert found[name][1:] == pytest.approx(ends(resampled[name], gain), abs=1e-6)
    mean = np.mean([resampled[name] for name in CLASSES], axis=0)
    gain = aps(project, "obj", "mAP").mean() - aps(project, "random", "mAP").mean()
    assert found["mean"][1:] == pytest.approx(ends(mean, gain), abs=1e-6)


def ends(resampled, gain):
    """The middle 95 %, around what was measured."""
    return np.quantile(resampled, [0.025, 0.975]) - np.mean(resampled) + gain


def mean_ap(plain, runs, name, draw):
    images = [plain.images[place] for place in draw]
    return np.mean([plain.ap(judged, name, images) for judged in runs])


def test_a_class_that_is_clicked_shows_its_curves_over_each_other(compare, root, plain, qtbot):
    view = tab(qtbot, compare, "Differences")
    qtbot.waitUntil(lambda: bool(view.plot._series))
    plot = view.plot._plot
    at = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(1, 0)))
    qtbot.mouseClick(plot.viewport(), LEFT, pos=at)
    curves = compare.tabs.currentWidget()
    assert curves is compare.curves
    qtbot.waitUntil(lambda: len(curves.plot.drawn()) == 2)
    assert curves.choice.currentText() == "cat"
    total = sum(plain.counted("cat", id) for id in plain.images)
    for start, (recall, precision) in zip(("obj", "random"), sorted_curves(compare), strict=True):
        for wanted in (0, 40, 100):
            values = []
            for run in runs_of(root / "project", start):
                true, best = 0, 0.0
                for rank, one in enumerate(plain.judged(run, "cat"), start=1):
                    true += one.finds is not None
                    if true / total >= wanted / 100 - 1e-9:
                        best = max(best, true / rank)
                values.append(best)
            place = int(np.argmin(np.abs(np.asarray(recall) - wanted)))
            assert precision[place] == pytest.approx(100 * np.mean(values), abs=1e-3)


def sorted_curves(compare):
    """Of AssociationNet-obj and of RandomNet."""
    named = zip(compare.curves.plot._series, compare.curves.plot.drawn(), strict=True)
    return [drawn for _, drawn in sorted(named, key=lambda one: one[0].label)]


def test_the_pictures_on_which_two_runs_differ_are_ranked_and_shown_side_by_side(compare, root, plain, qtbot):
    view = tab(qtbot, compare, "Pictures")
    qtbot.waitUntil(lambda: not view.page.sentence and view.pair.views[1].canvas.picture)
    box = view.findChild(QComboBox, "pictures_class")
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Home)  # all classes
    qtbot.waitUntil(lambda: not view._reading._work.is_running)
    names = [view.findChild(QComboBox, name).currentText() for name in ("first_run", "second_run")]
    assert names == ["AssociationNet-obj, seed 0", "RandomNet, seed 0"]
    ours, theirs = (runs_of(root / "project", start)[0] for start in ("obj", "random"))
    gains = {id: plain.mistakes(theirs, id) - plain.mistakes(ours, id) for id in plain.images}
    shown = [(one.image, one.gain) for one in view._found]
    assert dict(shown) == {id: gains[id] for id, _ in shown}
    assert [abs(gain) for _, gain in shown] == sorted((abs(g) for _, g in shown), reverse=True)
    assert not any(gain for id, gain in gains.items() if id not in dict(shown))
    view.list.setFocus()
    qtbot.keyClick(view.pair.views[0].canvas, Qt.Key.Key_Right)
    second = shown[1][0]
    qtbot.waitUntil(lambda: all(is_read(one) for one in view.pair.views))
    assert [one._image.id for one in view.pair.views] == [second, second]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: box.currentText() == "car" and view.pair.views[0]._shown.name == "car")
    spin = view.pair.bar.spin
    spin.selectAll()
    qtbot.keyClicks(spin, "0.300")
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    for one, run in zip(view.pair.views, (ours, theirs), strict=True):
        qtbot.waitUntil(lambda one=one: is_read(one))
        sure = [score for score, image, _ in plain.detected(run, "car") if image == one._image.id]
        drawn = [mark for mark in one.canvas.marks if mark.kind.value == "detection"]
        assert len(drawn) == sum(score >= 0.3 for score in sure)
    lines = view.pair.counts.text().splitlines()
    assert [line.partition(",")[0] for line in lines] == [name.partition(",")[0] for name in names]


def test_a_seed_of_the_table_is_held_against_the_same_seed_of_the_reference(compare, qtbot):
    line = next(k for k, one in enumerate(compare.table.model.lines) if one.row.name == "AssociationNet-obj")
    cell(qtbot, compare, line, 0)
    qtbot.keyClick(compare.table.table, Qt.Key.Key_Space)
    place = cell(qtbot, compare, line + 2, 0)
    compare.table.table.customContextMenuRequested.emit(place)
    words = "Pictures on which it differs from RandomNet"
    next(one for one in compare.menu.actions() if one.text() == words).trigger()
    compare.menu.close()
    assert compare.tabs.currentWidget() is compare.pictures
    shown = [box.currentText() for box in compare.pictures.boxes]
    assert shown == ["AssociationNet-obj, seed 1", "RandomNet, seed 1"]


def is_read(view):
    """Whether it shows the picture that is wanted."""
    return view._image is not None and view.words.text().startswith(view._image.id)


def test_settings_and_data_say_how_many_edits_lie_between_two_starts(compare, qtbot):
    choose(qtbot, compare, "pretrain")
    tab(qtbot, compare, "Settings and data")
    table = compare.findChild(QTableWidget, "settings_diff")
    qtbot.waitUntil(lambda: table.rowCount() > 3)
    found = {
        table.verticalHeaderItem(row).text(): [
            table.item(row, column).text() for column in range(table.columnCount())
        ]
        for row in range(table.rowCount())
    }
    assert sorted(found["regime"]) == ["obj", "obj", "objtr"]
    apart = found["data: edits apart"]
    assert apart[0] == "the first"
    assert apart[1:] == ["2 edits: 1 rejection, 1 split, before the first"] * SEEDS
    assert len(set(found["data: digest of trajectories"])) == 2


def test_filters_are_those_of_the_starts_or_there_is_a_reason(compare, root, qtbot):
    view = tab(qtbot, compare, "Filters")
    by_title = {picture._heading.text(): picture for picture in view.pictures if picture.isVisible()}
    random = next(picture for title, picture in by_title.items() if "RandomNet" in title)
    assert random.filters is None
    assert random._picture.sentence == "It starts from random weights, and fine-tuning saves no filters."
    title, start = next((title, one) for title, one in by_title.items() if "AssociationNet" in title)
    seed = int(title[-1])
    expected = np.random.default_rng(seed).normal(size=(24, 3, 7, 7)).astype(np.float32)
    np.testing.assert_array_equal(start.filters, expected)


def test_a_figure_is_traced_to_its_command_its_start_and_its_clips(compare, studio, root, qtbot):
    line = next(k for k, one in enumerate(compare.table.model.lines) if one.row.name == "AssociationNet-obj")
    place = cell(qtbot, compare, line, 8)
    qtbot.mouseDClick(compare.table.table.viewport(), LEFT, pos=place)
    view = compare.tabs.currentWidget()
    assert view is compare.origin
    assert view.figure.text().startswith("cat ")
    view.seed.setFocus()
    qtbot.keyClick(view.seed, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: "--seed 1" in view.measured.command.toPlainText())
    assert view.measured.command.toPlainText() == "python main.py voc --seed 1"
    start = next(run for run in compare._runs.for_job("pretrain") if run.settings["seed"] == 1)
    recorded = json.loads((start.path / "provenance.json").read_text())["command"]
    qtbot.waitUntil(lambda: view.start.command.toPlainText() == recorded)
    qtbot.mouseClick(compare.findChild(QPushButton, "origin_train_copy"), LEFT)
    assert QGuiApplication.clipboard().text() == recorded
    qtbot.waitUntil(lambda: "2 edits since: 1 rejection, 1 split" in view.data.words.text())
    qtbot.mouseClick(view.data.clips_button, LEFT)
    qtbot.keyClicks(view._clips._filter, "car")
    qtbot.keyClick(view._clips._filter, Qt.Key.Key_Return)
    assert studio.window.panels.workspace == "curate"
    assert studio.session.view.clip.name == "cars"
    studio.window.show_workspace("compare")
    qtbot.mouseClick(compare.findChild(QPushButton, "origin_train"), LEFT)
    assert studio.window.panels.workspace == "train"
    assert studio.session.train.run_list.chosen() == [start]
    studio.window.show_workspace("compare")
    qtbot.mouseClick(compare.findChild(QPushButton, "origin_evaluate"), LEFT)
    assert studio.window.panels.workspace == "evaluate"
    assert [run.settings["seed"] for run in studio.session.evaluate.run_list.chosen()] == [1]


def test_the_table_and_the_plot_are_written(compare, studio, root, qtbot, tmp_path):
    menu = compare.findChild(QToolButton, "copy_table").menu()
    next(one for one in menu.actions() if one.text() == "Copy as CSV").trigger()
    rows = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text())))
    next(one for one in menu.actions() if one.text() == "Save as CSV…").trigger()
    (dialog,) = studio.window.findChildren(QFileDialog)
    qtbot.waitUntil(dialog.isVisible)
    dialog.selectFile(str(tmp_path / "table.csv"))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    told = f"table.csv was written to {tmp_path}."
    qtbot.waitUntil(lambda: told in studio.window.toasts.texts)
    saved = (tmp_path / "table.csv").read_text().splitlines()
    assert list(csv.DictReader(saved)) == rows
    ours = next(row for row in rows if row["row"] == f"AssociationNet-obj · {SEEDS} seeds")
    values = aps(root / "project", "obj", "car")
    assert float(ours["car"]) == pytest.approx(values.mean(), abs=0.005)
    assert float(ours["car ±"]) == pytest.approx(half(values), abs=0.005)
    view = tab(qtbot, compare, "Differences")
    qtbot.waitUntil(lambda: bool(view.plot._series))
    table = view.plot.figure().table
    assert [row[:2] for row in table.rows] == [
        (f"AssociationNet-obj · {SEEDS} seeds", name) for name in (*CLASSES, "mean")
    ]
