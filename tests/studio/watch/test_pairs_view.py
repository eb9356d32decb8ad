"""The sampler X-ray against the run's files, the database, and a run that went one step further."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt

from core.array_file import read_arrays
from core.trajectories import store
from studio.watch.pair_reader import Which
from studio.watch.pairs_view import PairsView
from studio.workspaces.train import TrainWorkspace
from tests.studio.watch.conftest import REPORT, SETTINGS, STEPS, Trained

LEFT = Qt.MouseButton.LeftButton


def shown(pairs: PairsView, which: Which, qtbot: Any) -> list[Any]:
    """The cards, once these pairs are read."""
    ready = lambda: pairs._shown is not None and pairs._shown.which is which and not pairs.page.sentence  # noqa: E731
    qtbot.waitUntil(ready)
    return list(pairs.cards.cards)


def press(pairs: PairsView, which: Which, qtbot: Any) -> None:
    qtbot.mouseClick(pairs.choices.button(which), LEFT)


def loss_of(card: Any) -> float:
    return float(card.lines[0].rpartition(" ")[2])


def test_the_next_pairs_are_those_that_the_next_step_draws(
    train: TrainWorkspace, show_tab: Callable[[str], None], trained: Trained, qtbot: Any
) -> None:
    show_tab("Pairs")
    cards = shown(train.monitors.pairs, Which.NEXT, qtbot)
    assert Counter(card.patches[0].trajectory for card in cards) == trained.next_drawn
    assert f"of step {STEPS + 1}" in train.monitors.pairs._words.text()


def test_a_card_says_what_the_database_says(
    train: TrainWorkspace, show_tab: Callable[[str], None], document: Any, qtbot: Any
) -> None:
    show_tab("Pairs")
    cards = shown(train.monitors.pairs, Which.NEXT, qtbot)
    kinds = set()
    with document.project.reading() as connection:
        for card in cards:
            anchor, candidate = card.patches
            ours = {one.id: one for one in store.objects(connection, anchor.clip.id)}
            if anchor.trajectory in ours:
                one = ours[anchor.trajectory]
                boxes = dict(zip(one.frames.tolist(), one.boxes.tolist(), strict=True))
                kinds.add("object")
            else:
                points = store.points(connection, anchor.clip.id)
                place = points.ids.tolist().index(anchor.trajectory)
                boxes = {
                    int(points.first[place]) + k: [x - 20, y - 20, x + 20, y + 20]
                    for k, (x, y) in enumerate(points.points(place).tolist())
                }
                kinds.add("point")
            np.testing.assert_allclose(anchor.box, boxes[anchor.frame], atol=1e-3)
            assert f"{abs(candidate.frame - anchor.frame)} frames apart" == card.lines[1]
            own = boxes[candidate.frame]
            same = np.allclose(candidate.box, own, atol=1e-3)
            assert card.lines[0] == ("same" if same else "different")
            overlap = int(card.lines[2].split()[1])
            assert (overlap == 100) if same else (0 < overlap < 50)
    assert kinds == {"object", "point"}


def test_a_click_on_the_curve_opens_the_worst_batch_of_that_point_worst_first(
    train: TrainWorkspace, run_folder: Any, qtbot: Any
) -> None:
    view = train.loss._plot.getViewBox()
    qtbot.waitUntil(lambda: view.viewRange()[0][1] >= STEPS)
    place = train.loss._plot.mapFromScene(view.mapViewToScene(QPointF(20.4, np.mean(view.viewRange()[1]))))
    qtbot.mouseClick(train.loss._plot.viewport(), LEFT, pos=place)
    assert train.monitors.tabs.tabText(train.monitors.tabs.currentIndex()) == "Pairs"
    pairs = train.monitors.pairs
    cards = shown(pairs, Which.AT_STEP, qtbot)
    chunk = read_arrays(run_folder / "results" / "pairs" / "step-000001.npz")
    rows = np.flatnonzero((chunk["steps"] > 20 - REPORT) & (chunk["steps"] <= 20))
    row = rows[chunk["losses"][rows].mean(axis=1).argmax()]
    assert pairs.step.value() == chunk["steps"][row]
    expected = np.sort(chunk["losses"][row])[::-1]
    np.testing.assert_allclose([loss_of(card) for card in cards], expected, rtol=6e-3)
    assert train.loss._chosen.value() == 20


def test_typing_a_step_goes_there_and_moves_the_line_of_the_curve(
    train: TrainWorkspace, show_tab: Callable[[str], None], run_folder: Any, qtbot: Any
) -> None:
    show_tab("Pairs")
    pairs = train.monitors.pairs
    shown(pairs, Which.NEXT, qtbot)
    press(pairs, Which.AT_STEP, qtbot)
    shown(pairs, Which.AT_STEP, qtbot)
    assert pairs.step.value() == STEPS
    pairs.step.setFocus()
    pairs.step.selectAll()
    qtbot.keyClicks(pairs.step, "7")
    qtbot.keyClick(pairs.step, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: pairs._shown.sampled.step == 7)
    chunk = read_arrays(run_folder / "results" / "pairs" / "step-000001.npz")
    losses = [loss_of(card) for card in pairs.cards.cards]
    np.testing.assert_allclose(losses, np.sort(chunk["losses"][6])[::-1], rtol=6e-3)
    assert train.loss._chosen.value() == 7


def test_the_first_pairs_of_a_new_run_are_those_of_a_run_with_the_same_settings(
    train: TrainWorkspace, show_tab: Callable[[str], None], qtbot: Any
) -> None:
    show_tab("Pairs")
    pairs = train.monitors.pairs
    train.form.set_value(SETTINGS)
    press(pairs, Which.NEW_RUN, qtbot)
    new = shown(pairs, Which.NEW_RUN, qtbot)
    press(pairs, Which.AT_STEP, qtbot)
    pairs.step.setValue(1)
    qtbot.waitUntil(lambda: pairs._shown.sampled.step == 1 and pairs._shown.losses is not None)

    def seen(cards: Any) -> Counter[Any]:
        return Counter((one.trajectory, one.frame, one.box) for card in cards for one in card.patches)

    assert seen(pairs.cards.cards) == seen(new)


def test_histograms_count_the_pairs_that_are_shown(
    train: TrainWorkspace, show_tab: Callable[[str], None], qtbot: Any
) -> None:
    show_tab("Pairs")
    pairs = train.monitors.pairs
    cards = shown(pairs, Which.NEXT, qtbot)
    (gaps,) = pairs.gaps.shown
    apart = [abs(card.patches[1].frame - card.patches[0].frame) for card in cards]
    expected = [
        sum(low < gap < high for gap in apart) for low, high in zip(gaps.edges, gaps.edges[1:], strict=False)
    ]
    assert gaps.counts.tolist() == expected
    same, different = pairs.overlaps.shown
    assert (same.counts.sum(), different.counts.sum()) == (4, 4)
    assert same.counts[-1] == 4  # at 100 %
    assert different.counts[10:].sum() == 0  # below 50 %


def test_an_older_run_says_that_nothing_was_recorded(
    run_folder: Any, train: TrainWorkspace, show_tab: Callable[[str], None], qtbot: Any
) -> None:
    for path in (run_folder / "results" / "pairs").iterdir():
        path.unlink()
    pairs = train.monitors.pairs
    show_tab("Pairs")
    qtbot.waitUntil(lambda: "did not record its pairs" in pairs.page.sentence)
    press(pairs, Which.AT_STEP, qtbot)
    qtbot.waitUntil(lambda: "has recorded no pairs yet" in pairs.page.sentence)


def test_triplets_show_a_patch_of_another_trajectory(
    train: TrainWorkspace, show_tab: Callable[[str], None], qtbot: Any
) -> None:
    show_tab("Pairs")
    pairs = train.monitors.pairs
    train.form.set_value(dataclasses.replace(SETTINGS, method="slowfeat", regime="tr", pinned=()))
    press(pairs, Which.NEW_RUN, qtbot)
    cards = shown(pairs, Which.NEW_RUN, qtbot)
    assert "8 triplets" in pairs._words.text()
    others = 0
    for card in cards:
        anchor, positive, negative = card.patches
        assert anchor.trajectory == positive.trajectory
        others += negative.trajectory != anchor.trajectory
        assert [patch.note.split(",")[0] for patch in card.patches] == ["anchor", "positive", "negative"]
        assert int(card.lines[2].split()[1]) < 50  # of the negative with the anchor's own
    assert others > 0
    (negatives,) = pairs.overlaps.shown
    assert negatives.counts.sum() == 8


def test_labelled_images_have_no_pairs(
    train: TrainWorkspace, show_tab: Callable[[str], None], tmp_path: Path, qtbot: Any
) -> None:
    show_tab("Pairs")
    pairs = train.monitors.pairs
    train.form.set_value(dataclasses.replace(SETTINGS, method="caltech101", images=tmp_path, held_out=""))
    press(pairs, Which.NEW_RUN, qtbot)
    assert "Labelled images come from no trajectory" in pairs.page.sentence
