"""Coverage, filters, neighbours, scores and curves of the machine against the run's own files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from core.array_file import read_arrays
from core.events import Metric
from core.runs.run_folder import RunFolder
from core.trajectories import store
from studio.workspaces.train import TrainWorkspace
from tests.studio.watch.conftest import PINNED, SAVE, STEPS

LEFT = Qt.MouseButton.LeftButton
Show = Callable[[str], None]


def test_coverage_counts_what_the_run_drew(
    train: TrainWorkspace, show_tab: Show, run_folder: Path, document: Any, qtbot: Any
) -> None:
    view = train.monitors.coverage
    show_tab("Coverage")
    qtbot.waitUntil(lambda: not view.page.sentence)
    file = read_arrays(run_folder / "results" / "trajectories.npz")
    drawn = file["anchors"] + file["positives"] + file["negatives"]
    never = set(file["ids"][drawn == 0].tolist())
    assert (
        f"{len(drawn) - len(never)} of {len(drawn)} trajectories were drawn, {len(never)} never."
        in view._words.text()
    )
    anchors, positives, negatives = view.histogram.shown
    for counts, name in ((anchors, "anchors"), (positives, "positives"), (negatives, "negatives")):
        assert counts.counts.sum() == len(drawn)
        assert counts.counts[0] == (file[name] <= counts.edges[1]).sum()
    with document.project.reading() as connection:
        for number, one in enumerate(view.clips):
            ids = {*store.points(connection, one.clip_id).ids.tolist()}
            ids |= {thing.id for thing in store.objects(connection, one.clip_id)}
            item = view.table.topLevelItem(number)
            assert item.text(0) == one.name
            assert int(item.text(3)) == len(never & ids)
            anchors = file["anchors"][np.isin(file["ids"], list(ids))]
            assert (int(item.text(1)), float(item.text(2))) == (len(anchors), round(anchors.mean(), 1))
    assert "drawn3" not in [one.name for one in view.clips]  # held out


def test_those_never_drawn_are_asked_for_clip_by_clip(
    train: TrainWorkspace, show_tab: Show, run_folder: Path, document: Any, qtbot: Any
) -> None:
    view = train.monitors.coverage
    show_tab("Coverage")
    qtbot.waitUntil(lambda: not view.page.sentence)
    file = read_arrays(run_folder / "results" / "trajectories.npz")
    never = set(file["ids"][file["anchors"] + file["positives"] + file["negatives"] == 0].tolist())
    asked: list[tuple[int, frozenset[int]]] = []
    view.select_asked.connect(lambda clip, ids: asked.append((clip, ids)))
    for number in range(view.table.topLevelItemCount()):
        item = view.table.topLevelItem(number)
        qtbot.mouseClick(view.table.viewport(), LEFT, pos=view.table.visualItemRect(item).center())
        if view.select_button.isEnabled():
            qtbot.mouseClick(view.select_button, LEFT)
    with document.project.reading() as connection:
        for clip, ids in asked:
            assert ids == never & set(store.points(connection, clip).ids.tolist()) | (
                never & {thing.id for thing in store.objects(connection, clip)}
            )
    assert set().union(*(ids for _, ids in asked)) == never


def filters_at(run_folder: Path, step: int) -> np.ndarray:
    return read_arrays(run_folder / "results" / "filters" / f"step-{step:06d}.npz")["filters"]


def test_the_strip_scrubs_filters_and_the_line_of_the_curve(
    train: TrainWorkspace, show_tab: Show, run_folder: Path, qtbot: Any
) -> None:
    view = train.monitors.filters
    show_tab("Filters")
    qtbot.waitUntil(lambda: view.shown is not None and view.shown.step == STEPS)
    np.testing.assert_array_equal(view.bank.filters, filters_at(run_folder, STEPS))
    assert [one.step for one in view.strip.saved] == list(range(0, STEPS + 1, SAVE))
    qtbot.mouseClick(view.strip.viewport(), LEFT, pos=view.strip.place(1).center())
    qtbot.waitUntil(lambda: view.shown.step == SAVE)
    np.testing.assert_array_equal(view.bank.filters, filters_at(run_folder, SAVE))
    assert train.loss._chosen.value() == SAVE
    qtbot.keyClick(view.strip, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: view.shown.step == 0)
    train._go_to(25)  # a click on the curve
    qtbot.waitUntil(lambda: view.shown.step == 20)
    np.testing.assert_array_equal(view.bank.filters, filters_at(run_folder, 20))


def test_a_filter_shows_the_patches_that_excite_it_most(
    train: TrainWorkspace, show_tab: Show, run_folder: Path, qtbot: Any
) -> None:
    view = train.monitors.filters
    show_tab("Filters")
    qtbot.waitUntil(lambda: view.shown is not None)
    assert "Click a filter" in view._beside.sentence
    qtbot.mouseClick(view.bank, LEFT, pos=view.bank.place(5).center())
    file = read_arrays(run_folder / "results" / "excitations" / f"step-{STEPS:06d}.npz")
    cards = view.patches.cards
    assert [card.lines[0] for card in cards] == [f"{one:.2f}" for one in file["response"][5]]
    assert [card.patches[0].trajectory for card in cards] == file["patch_trajectory"][5].tolist()
    assert [card.patches[0].frame for card in cards] == file["patch_frame"][5].tolist()
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.mouseClick(view.patches.viewport(), LEFT, pos=view.patches.place(2, 0).center())
    assert opened.args[0].frame == file["patch_frame"][5, 2]
    assert opened.args[0].clip.id == file["patch_clip_id"][5, 2]


def test_dead_and_duplicate_filters_are_marked(
    train: TrainWorkspace, show_tab: Show, run_folder: Path, qtbot: Any
) -> None:
    filters = filters_at(run_folder, STEPS).copy()
    filters[3] *= 1e-4
    filters[7] = 1.3 * filters[11]
    np.savez(run_folder / "results" / "filters" / f"step-{STEPS:06d}.npz", filters=filters)
    path = run_folder / "results" / "excitations" / f"step-{STEPS:06d}.npz"
    excitations = read_arrays(path)
    excitations["response"][9] = -0.5  # silent on every patch
    np.savez(path, **excitations)
    view = train.monitors.filters
    show_tab("Filters")
    qtbot.waitUntil(lambda: view.shown is not None)
    assert "Filter 3: dead" in view.bank.about(3)
    assert "Filter 9: dead" in view.bank.about(9)
    assert "nearly the same as filter 11" in view.bank.about(7)
    assert "nearly the same as filter 7" in view.bank.about(11)
    assert view.bank.about(2) == "Filter 2"
    assert " dead, " in view._words.text()


def test_neighbours_of_pinned_trajectories_stand_beside_those_before_training(
    train: TrainWorkspace, show_tab: Show, run_folder: Path, qtbot: Any
) -> None:
    view = train.monitors.neighbours
    show_tab("Neighbours")
    qtbot.waitUntil(lambda: bool(view.cards.cards))
    assert tuple(card.groups[0][0].trajectory for card in view.cards.cards) == PINNED
    train._go_to(20)
    qtbot.waitUntil(lambda: view.shown.now.step == 20)
    first, now = (
        read_arrays(run_folder / "results" / "neighbours" / f"step-{step:06d}.npz") for step in (0, 20)
    )
    for row, card in enumerate(view.cards.cards):
        assert card.titles[1:] == ("nearest at step 0", "nearest at step 20")
        for group, file in zip(card.groups[1:], (first, now), strict=True):
            ids = file["found_trajectory"][row][: len(group)].tolist()
            assert [patch.trajectory for patch in group] == ids
            assert [patch.tone == "good" for patch in group] == [id == PINNED[row] for id in ids]
            for patch, far in zip(group, file["distance"][row], strict=False):
                assert f"distance {far:.3g}" in patch.note


def test_scores_are_counted_apart_for_positives_and_negatives(
    train: TrainWorkspace, show_tab: Show, run_folder: Path, qtbot: Any
) -> None:
    view = train.monitors.scores
    show_tab("Scores")
    qtbot.waitUntil(lambda: view.shown is not None)
    file = read_arrays(run_folder / "results" / "scores" / f"step-{STEPS:06d}.npz")
    by_label = {one.label: one for one in view.histogram.shown}
    for label, which in (("positive", file["positive"]), ("negative", ~file["positive"])):
        edges = by_label[label].edges
        assert by_label[label].counts.tolist() == np.histogram(file["scores"][which], edges)[0].tolist()
        assert by_label[label].counts.sum() == which.sum() == 12
    assert {f"positive, step {SAVE}", f"negative, step {SAVE}"} <= by_label.keys()


def test_the_machine_is_drawn_as_the_run_reported_it(
    train: TrainWorkspace, show_tab: Show, run_folder: Path, qtbot: Any
) -> None:
    show_tab("Machine")
    plots = train.monitors.machine.plots
    for plot in plots.values():
        plot.set_smoothing("off")
    factors = {"gradient_norm": 1, "step_seconds": 1000, "data_wait": 1000, "memory": 1, "learning_rate": 1}
    for name, factor in factors.items():
        events, _ = RunFolder(run_folder).events()
        told = [one for one in events if isinstance(one, Metric) and one.name == name]
        assert told, name
        qtbot.waitUntil(lambda name=name: bool(plots[name].drawn()))
        ((x, y),) = plots[name].drawn()
        np.testing.assert_array_equal(x, [one.step for one in told])
        np.testing.assert_allclose(y, [factor * one.value for one in told])
    assert plots["gpu_use"].drawn() == [(None, None)]  # there is no GPU: it says when it appears
    assert plots["gpu_use"]._empty.isVisible()


def test_every_tab_says_what_will_appear_where_nothing_is_recorded(
    run_folder: Path, train: TrainWorkspace, show_tab: Show, qtbot: Any
) -> None:
    results = run_folder / "results"
    for room in ("neighbours", "scores", "excitations"):
        for path in (results / room).iterdir():
            path.unlink()
    (results / "trajectories.npz").unlink()
    monitors = train.monitors
    for title, view in (
        ("Coverage", monitors.coverage),
        ("Neighbours", monitors.neighbours),
        ("Scores", monitors.scores),
    ):
        show_tab(title)
        qtbot.waitUntil(lambda view=view: "appear" in view.page.sentence)
        assert "lder versions" in view.page.sentence
    show_tab("Filters")
    qtbot.waitUntil(lambda: monitors.filters.shown is not None)
    qtbot.mouseClick(monitors.filters.bank, LEFT, pos=monitors.filters.bank.place(0).center())
    assert "did not record them" in monitors.filters._beside.sentence


def test_a_step_that_is_looked_at_can_be_left_again(
    train: TrainWorkspace, show_tab: Show, qtbot: Any
) -> None:
    monitors = train.monitors
    assert not monitors.newest_button.isVisible()
    show_tab("Filters")
    train._go_to(10)
    assert (monitors.newest_button.isVisible(), monitors.newest_button.text()) == (True, "Step 10")
    qtbot.waitUntil(lambda: monitors.filters.shown is not None and monitors.filters.shown.step == 10)
    qtbot.mouseClick(monitors.newest_button, LEFT)
    assert not monitors.newest_button.isVisible()
    assert not train.loss._chosen.isVisible()
    qtbot.waitUntil(lambda: monitors.filters.shown.step == STEPS)
    show_tab("Curves")
    train._go_to(10)
    qtbot.waitUntil(lambda: 5 < monitors.pairs.step.value() <= 10)
    qtbot.mouseClick(monitors.newest_button, LEFT)
    qtbot.waitUntil(lambda: monitors.pairs.step.value() == STEPS)
