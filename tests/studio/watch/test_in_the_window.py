"""From what a run recorded to Curate and back, by mouse and keys; what came of it is in the database."""

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QMenu, QToolButton

from core.array_file import read_arrays
from core.overlay.colours import REJECTED
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import DeleteTrajectories
from studio.app import Studio
from studio.tables.track_model import COLUMNS
from studio.timeline.painting import lane_colour
from studio.watch import monitors
from studio.watch.pair_reader import Which
from tests.studio.at_the_window import key

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(studio: Studio, project_path: Path, qtbot: Any) -> Studio:
    """The real window in Train, with the run's pairs shown."""
    assert studio.open_project(project_path)
    studio.window.resize(1500, 950)
    studio.window.show_workspace("train")
    show(studio, monitors.PAIRS, qtbot)
    pairs = studio.session.train.monitors.pairs
    qtbot.waitUntil(lambda: bool(pairs.cards.cards) and not pairs.page.sentence)
    return studio


def show(studio: Studio, tab: int, qtbot: Any) -> None:
    tabs = studio.session.train.monitors.tabs
    qtbot.mouseClick(tabs, LEFT, pos=tabs.tabRect(tab).center())


def ask(project: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of the database, read by another connection."""
    with sqlite3.connect(f"file:{project / 'annotations.sqlite'}?mode=ro", uri=True) as connection:
        return connection.execute(query, values).fetchall()


def review_of(project: Path, trajectory: int) -> int:
    ((review,),) = ask(project, "SELECT review FROM trajectory WHERE id = ?", trajectory)
    return int(review)


def test_a_click_on_a_patch_opens_its_frame_with_the_trajectory_selected(
    window: Studio, project_path: Path, qtbot: Any
) -> None:
    session = window.session
    cards = session.train.monitors.pairs.cards
    place = next(k for k, card in enumerate(cards.cards) if card.patches[1].clip.id != session.view.clip.id)
    patch = cards.cards[place].patches[1]
    cards.verticalScrollBar().setValue(cards.place(place, 1).top())
    qtbot.mouseClick(cards.viewport(), LEFT, pos=cards.place(place, 1).center())
    qtbot.waitUntil(lambda: session.view.frame == patch.frame)
    assert window.window.panels.workspace == "curate"
    ((clip,),) = ask(project_path, "SELECT clip_id FROM trajectory WHERE id = ?", patch.trajectory)
    assert session.view.clip.id == clip
    assert session.view.selection == {patch.trajectory}
    qtbot.waitUntil(lambda: session.canvas.stage.scene.frame == patch.frame)


def test_delete_rejects_the_trajectory_of_a_pair_and_undo_takes_it_back(
    window: Studio, project_path: Path, qtbot: Any
) -> None:
    cards = window.session.train.monitors.pairs.cards
    trajectory = cards.cards[0].patches[0].trajectory
    assert review_of(project_path, trajectory) == Review.OPEN
    cards.setFocus()
    qtbot.keyClick(cards, Qt.Key.Key_Delete)
    assert review_of(project_path, trajectory) == Review.REJECTED
    struck = [card.struck for card in cards.cards]
    assert struck == [card.patches[0].trajectory == trajectory for card in cards.cards]
    assert "Reject" in window.window.last_edit.text()
    qtbot.mouseClick(window.window.undo_button, LEFT)
    assert review_of(project_path, trajectory) == Review.OPEN
    assert not any(card.struck for card in cards.cards)


def test_the_menu_of_a_patch_rejects_opens_again_and_pins(
    window: Studio, project_path: Path, qtbot: Any
) -> None:
    pairs, train = window.session.train.monitors.pairs, window.session.train
    patch = pairs.cards.cards[1].patches[0]

    def choose(text: str) -> None:
        menu = pairs.menu_of(patch)
        next(action for action in menu.actions() if text in action.text().replace("&", "")).trigger()

    choose("Reject this trajectory")
    assert review_of(project_path, patch.trajectory) == Review.REJECTED
    choose("Reopen this trajectory")
    assert review_of(project_path, patch.trajectory) == Review.OPEN
    choose("Pin for nearest neighbours")
    assert train.form.value().pinned == (patch.trajectory,)


def test_those_never_drawn_are_selected_in_the_table(window: Studio, project_path: Path, qtbot: Any) -> None:
    session = window.session
    coverage = session.train.monitors.coverage
    show(window, monitors.COVERAGE, qtbot)
    qtbot.waitUntil(lambda: not coverage.page.sentence and coverage.select_button.isEnabled())
    chosen = coverage.clips[0]
    qtbot.mouseClick(coverage.select_button, LEFT)
    assert window.window.panels.workspace == "curate"
    qtbot.waitUntil(lambda: session.view.clip.id == chosen.clip_id)
    (run,) = (project_path / "runs").iterdir()
    file = read_arrays(run / "results" / "trajectories.npz")
    never = file["ids"][file["anchors"] + file["positives"] + file["negatives"] == 0]
    here = {id for (id,) in ask(project_path, "SELECT id FROM trajectory WHERE clip_id = ?", chosen.clip_id)}
    assert session.view.selection == here & set(never.tolist())
    rows = session.tracks.table.selectionModel().selectedRows()
    assert len(rows) == len(session.view.selection)


def test_losses_stand_in_the_table_and_colour_canvas_and_timeline(
    window: Studio, project_path: Path, qtbot: Any
) -> None:
    session = window.session
    show(window, monitors.COVERAGE, qtbot)
    coverage = session.train.monitors.coverage
    qtbot.waitUntil(lambda: not coverage.page.sentence)
    qtbot.mouseClick(coverage.colour_button, LEFT)
    qtbot.waitUntil(lambda: session.view.layers.losses is not None)
    assert session.view.layers.colour_by == "loss"
    assert session.canvas.layer_bar.colour_by.currentText() == "By loss"
    assert session.canvas.layer_bar.loss_run.currentText() == session.train.run_list.chosen()[0].label
    (run,) = (project_path / "runs").iterdir()
    file = read_arrays(run / "results" / "trajectories.npz")
    mean = dict(zip(file["ids"].tolist(), file["mean_loss"].tolist(), strict=True))

    table, model = session.tracks.table, session.tracks.model
    column = [name for name, _, _ in COLUMNS].index("loss")
    header = table.horizontalHeader()
    assert not table.isColumnHidden(column)  # however narrow the panel
    place = QPoint(header.sectionViewportPosition(column) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)
    ids = model.shown_ids.tolist()
    cells = [model.index(row, column).data() for row in range(len(ids))]
    assert cells == ["" if np.isnan(mean.get(id, np.nan)) else f"{mean[id]:.2f}" for id in ids]
    known = [mean[id] for id in ids if not np.isnan(mean.get(id, np.nan))]
    assert len(known) > 3
    assert known in (sorted(known), sorted(known, reverse=True))
    drawn = next(id for id in ids if not np.isnan(mean.get(id, np.nan)))
    about = model.index(ids.index(drawn), column).data(Qt.ItemDataRole.ToolTipRole)
    times = file["anchors"][file["ids"] == drawn][0]
    assert f"drawn {'once' if times == 1 else f'{times} times'}" in about

    session.view.set_selection(ids)
    lanes = session.timeline.lanes.source
    colours = {id: lane_colour(lanes.lane(id), session.view.layers).getRgb()[:3] for id in lanes.ids}
    order = sorted((id for id in colours if not np.isnan(mean.get(id, np.nan))), key=lambda id: mean[id])
    assert colours[order[0]] != colours[order[-1]]
    unknown = [id for id in colours if np.isnan(mean.get(id, np.nan))]
    assert {colours[id] for id in unknown} <= {tuple(REJECTED.tolist())}


def test_a_track_is_pinned_from_the_table_and_unpinned_in_train(window: Studio, qtbot: Any) -> None:
    session = window.session
    window.window.show_workspace("curate")
    key(qtbot, window, Qt.Key.Key_PageDown)
    (track,) = session.view.selection
    session.tracks.menu_asked.emit(session.tracks.mapToGlobal(QPoint(5, 5)))
    (menu,) = (one for one in session.tracks.findChildren(QMenu) if one.isVisible())
    pin = next(action for action in menu.actions() if "Pin" in action.text())
    qtbot.waitUntil(pin.isEnabled)
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(pin).center())
    assert session.train.form.value().pinned == (track,)
    window.window.show_workspace("train")
    show(window, monitors.NEIGHBOURS, qtbot)
    neighbours = session.train.monitors.neighbours
    assert neighbours._pins.text() == f"Pinned for the next run: {track}"
    qtbot.mouseClick(neighbours.unpin_button, LEFT)
    assert session.train.form.value().pinned == ()


def test_what_is_gone_since_the_run_is_said(window: Studio, qtbot: Any) -> None:
    session = window.session
    cards = session.train.monitors.pairs.cards
    patch = cards.cards[0].patches[0]
    assert session.document.perform(DeleteTrajectories(patch.clip.id, (patch.trajectory,)))
    said: list[str] = []
    session.visit.failed.connect(said.append)
    qtbot.mouseClick(cards.viewport(), LEFT, pos=cards.place(0, 0).center())
    qtbot.waitUntil(lambda: bool(said))
    assert "no longer there" in said[0]
    assert session.view.frame == patch.frame


def test_segments_choose_which_pairs(window: Studio, qtbot: Any) -> None:
    pairs = window.session.train.monitors.pairs
    buttons = [pairs.choices.button(which) for which in Which]
    assert all(isinstance(one, QToolButton) and one.isEnabled() for one in buttons)
    qtbot.mouseClick(buttons[Which.AT_STEP], LEFT)
    assert pairs.step.isVisible()
    qtbot.mouseClick(buttons[Which.NEXT], LEFT)
    assert not pairs.step.isVisible()


def test_the_filters_follow_the_mouse_over_the_curve(window: Studio, qtbot: Any) -> None:
    train = window.session.train
    show(window, monitors.FILTERS, qtbot)
    filters, curve = train.monitors.filters, train.loss._plot
    qtbot.waitUntil(lambda: filters.shown is not None)
    saved = [one.step for one in filters._run.filters]
    newest, first_report = saved[-1], int(filters._run.curve("loss").steps[0])
    expected = max(step for step in saved if step <= first_report)
    assert filters.shown.step == newest > expected
    view = curve.getViewBox()
    spot = curve.mapFromScene(view.mapViewToScene(QPointF(first_report, sum(view.viewRange()[1]) / 2)))
    qtbot.mouseMove(curve.viewport(), spot + QPoint(1, 3))
    qtbot.mouseMove(curve.viewport(), spot)
    qtbot.waitUntil(lambda: filters.shown.step == expected)
    QApplication.sendEvent(curve.viewport(), QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: filters.shown.step == newest)
