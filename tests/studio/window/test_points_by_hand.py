"""Points that a person starts, extends, bridges and cuts in the real window; the database is read after."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from sqlalchemy import select

from core.trajectories import schema
from core.trajectories.model import EndReason, Origin, PointTrajectories
from core.trajectories.trajectory_edits import DeletePart, Merge
from studio.app import Studio
from tests.studio import moving_surface
from tests.studio.at_the_window import CTRL, SHIFT, key
from tests.studio.canvas.drawn import Mouse
from tests.studio.moving_surface import FRAMES
from tests.studio.window.test_deleting_parts import drag
from tests.studio.window.test_filling import chosen, everything, go

AT, FIRST, LAST = 7, 4, 9


@pytest.fixture
def truth() -> np.ndarray:
    """(2, T, 2): the first is known from frame `FIRST` to `LAST` at first, the second not at all."""
    return moving_surface.drawn()[1]


@pytest.fixture
def surface(open_studio: Studio, qtbot, tmp_path: Path, truth: np.ndarray) -> Studio:
    """The window at a clip of moving surfaces, with a part of a point's path, selected."""
    session = open_studio.session
    (tmp_path / "surface").mkdir()
    known = PointTrajectories.pack([FIRST], [truth[0, FIRST : LAST + 1]], [np.zeros(LAST + 1 - FIRST)], [3])
    clip = moving_surface.add_to(session.document, tmp_path / "surface", known)
    session.view.set_clip(clip)
    session.view.set_selection(session.document.points(clip.id).ids.tolist())
    qtbot.waitUntil(lambda: session.canvas.stage.clip == clip)
    return open_studio


def path(studio: Studio, id: int) -> tuple[int, np.ndarray, np.ndarray, int]:
    """First frame, (L, 2) path, (L,) origin and reason of ending, from the database."""
    t = schema.trajectory.c
    with studio.session.document.project.reading() as connection:
        row = connection.execute(select(t.first, t.xy, t.origin, t.end_reason).where(t.id == id)).one()
    return row[0], np.frombuffer(row[1], "<f4").reshape(-1, 2), np.frombuffer(row[2], np.uint8), row[3]


def ended(studio: Studio, qtbot) -> None:
    qtbot.waitUntil(lambda: not studio.session.filling.carrying.under_way)


def off(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.linalg.norm(found - truth, axis=1)


def test_a_click_starts_a_point_that_is_followed_both_ways_as_one_step(surface: Studio, qtbot, truth):
    session, hint = surface.session, surface.window.hint
    go(surface, qtbot, AT)
    before, entries, lanes = everything(surface), len(session.document.history()), []
    session.view.filling_changed.connect(lambda filling: lanes.extend(filling.values()))
    key(qtbot, surface, Qt.Key.Key_A)
    assert hint.text().startswith("Click on the frame: a new point")
    Mouse(session.canvas.frame_view).click(*truth[1, AT])
    id = chosen(surface)
    first, xy, origin, _ = path(surface, id)
    assert (first, origin.tolist()) == (AT, [Origin.EDITED]), "it is there at once"
    assert off(xy, truth[1, AT : AT + 1]).max() < 0.5
    ended(surface, qtbot)
    assert (lanes[0].first, lanes[0].last) == (0, FRAMES - 1)
    first, xy, origin, reason = path(surface, id)
    assert (first, len(xy), reason) == (0, FRAMES, EndReason.CLIP_END)
    assert off(xy, truth[1]).max() < 2  # of some 20 that it moves
    assert origin.tolist() == [Origin.EDITED if frame == AT else Origin.LINKED for frame in range(FRAMES)]
    assert session.view.frame == AT
    assert hint.text() == f"Followed point {id} over {FRAMES - 1} frames."
    assert len(session.document.history()) == entries + 1
    assert session.document.last_edit().text == f"New point {id} at frame {AT}"
    after = everything(surface)
    key(qtbot, surface, Qt.Key.Key_Z, CTRL)
    assert everything(surface) == before
    key(qtbot, surface, Qt.Key.Key_Z, CTRL | SHIFT)
    assert everything(surface) == after


def test_several_clicks_are_followed_one_after_the_other_each_a_step_of_its_own(
    surface: Studio, qtbot, truth
):
    session = surface.session
    go(surface, qtbot, AT)
    entries = len(session.document.history())
    key(qtbot, surface, Qt.Key.Key_A)
    mouse = Mouse(session.canvas.frame_view)
    mouse.click(*truth[0, AT])
    one = chosen(surface)
    mouse.click(*truth[1, AT])
    other = chosen(surface)
    assert set(session.view.filling) == {one, other}
    ended(surface, qtbot)
    assert len(path(surface, one)[1]) == len(path(surface, other)[1]) == FRAMES
    texts = [entry.text for entry in session.document.history()[:-entries]]
    assert texts == [f"New point {other} at frame {AT}", f"New point {one} at frame {AT}"]


def test_escape_stops_and_keeps_what_was_found_and_one_undo_takes_all_of_it(surface: Studio, qtbot, truth):
    session = surface.session
    go(surface, qtbot, AT)
    before = everything(surface)
    key(qtbot, surface, Qt.Key.Key_A)
    mouse = Mouse(session.canvas.frame_view)
    mouse.click(*truth[0, AT])
    one = chosen(surface)
    mouse.click(*truth[1, AT])
    other = chosen(surface)
    qtbot.waitUntil(lambda: len(path(surface, one)[1]) > 1)
    key(qtbot, surface, Qt.Key.Key_Escape)
    assert not session.filling.carrying.under_way
    assert session.view.tool == "point", "Esc ended the following and nothing else"
    kept = path(surface, one)
    assert 1 < len(kept[1]) <= FRAMES
    assert len(path(surface, other)[1]) >= 1
    session.filling.carrying._background.close()
    assert len(path(surface, one)[1]) == len(kept[1])
    key(qtbot, surface, Qt.Key.Key_Escape)
    assert session.view.tool == "select"
    for _ in range(2):
        key(qtbot, surface, Qt.Key.Key_Z, CTRL)
    assert everything(surface) == before


def test_p_follows_a_point_on_beyond_its_end_and_shift_p_before_its_start(surface: Studio, qtbot, truth):
    session, hint = surface.session, surface.window.hint
    id = chosen(surface)
    go(surface, qtbot, AT)
    before = everything(surface)
    for pressed, sentence in ((0, f"up to frame {LAST}; go there"), (SHIFT, f"from frame {FIRST} on; go")):
        key(qtbot, surface, Qt.Key.Key_P, pressed or Qt.KeyboardModifier.NoModifier)
        assert sentence in hint.text()
    assert everything(surface) == before
    go(surface, qtbot, LAST + 3)
    key(qtbot, surface, Qt.Key.Key_P)
    assert session.view.filling[id][:2] == (FIRST, FRAMES - 1)
    key(qtbot, surface, Qt.Key.Key_P)
    assert hint.text() == "A point is being followed; Esc stops it."
    ended(surface, qtbot)
    assert session.view.frame == FRAMES - 1, "the frame that is seen goes with it"
    first, xy, _, reason = path(surface, id)
    assert (first, len(xy), reason) == (FIRST, FRAMES - FIRST, EndReason.CLIP_END)
    assert off(xy, truth[0, FIRST:]).max() < 1
    assert session.document.last_edit().text == f"Extend point {id} from frame {LAST}"
    key(qtbot, surface, Qt.Key.Key_P)
    assert hint.text() == "The point goes to the last frame already."
    go(surface, qtbot, 1)
    key(qtbot, surface, Qt.Key.Key_P, SHIFT)
    ended(surface, qtbot)
    assert path(surface, id)[0] == 0
    assert session.document.last_edit().text == f"Extend point {id} back from frame {FIRST}"
    assert off(path(surface, id)[1], truth[0]).max() < 1
    key(qtbot, surface, Qt.Key.Key_P, SHIFT)
    assert hint.text() == "The point begins at the first frame already."
    for _ in range(2):
        key(qtbot, surface, Qt.Key.Key_Z, CTRL)
    assert everything(surface) == before


def cut(studio: Studio, first: int, last: int) -> tuple[int, int]:
    """Take frames out of the point that is selected; the ids of what is before and after, both selected."""
    session, id = studio.session, chosen(studio)
    session.perform(DeletePart(session.view.clip.id, (id,), first, last))
    ids = tuple(session.document.points(session.view.clip.id).ids[-2:].tolist())
    session.view.set_selection(ids)
    return ids


def idle(studio: Studio, qtbot) -> None:
    qtbot.waitUntil(lambda: studio.session.repair.is_idle and not studio.session.view.repairing)


def test_w_bridges_two_points_along_the_surface_as_one_step(surface: Studio, qtbot, truth):
    session = surface.session
    whole = path(surface, chosen(surface))[1].copy()
    before, _ = cut(surface, 6, 7)
    entries, cut_up = len(session.document.history()), everything(surface)
    key(qtbot, surface, Qt.Key.Key_W)
    assert session.view.repairing == {before}
    idle(surface, qtbot)
    first, xy, origin, _ = path(surface, before)
    assert (first, len(xy)) == (FIRST, len(whole))
    np.testing.assert_array_equal(np.delete(xy, (2, 3), 0), np.delete(whole, (2, 3), 0))
    assert off(xy, truth[0, FIRST : LAST + 1]).max() < 0.5
    assert origin.tolist() == [3, 3, Origin.PROPAGATED, Origin.PROPAGATED, 3, 3]
    assert len(session.document.history()) == entries + 1
    assert session.document.history()[0].text.startswith(f"Bridge points {before} and ")
    assert session.view.selection == {before}
    key(qtbot, surface, Qt.Key.Key_Z, CTRL)
    assert everything(surface) == cut_up


def test_w_solves_the_straight_part_of_one_point_and_says_why_where_there_is_none(
    surface: Studio, qtbot, truth
):
    session, hint = surface.session, surface.window.hint
    key(qtbot, surface, Qt.Key.Key_W)
    assert hint.text().endswith("has no gap; select the point that goes on after it, too.")
    before, after = cut(surface, 6, 7)
    assert session.document.perform(Merge(session.view.clip.id, (before, after)))  # no view asked for it
    session.view.set_selection({before})
    straight, merged = path(surface, before)[1].copy(), everything(surface)
    key(qtbot, surface, Qt.Key.Key_W)
    idle(surface, qtbot)
    xy = path(surface, before)[1]
    assert off(xy, truth[0, FIRST : LAST + 1]).max() < 0.5
    assert (np.flatnonzero((xy != straight).any(axis=1)) == (2, 3)).all()
    key(qtbot, surface, Qt.Key.Key_W)
    assert "has no gap" in hint.text()
    key(qtbot, surface, Qt.Key.Key_Z, CTRL)
    assert everything(surface) == merged


def test_the_end_of_a_lane_that_is_dragged_outwards_follows_the_point_to_there(surface: Studio, qtbot, truth):
    session, id = surface.session, chosen(surface)
    before = everything(surface)
    for end, target, first, last in ((LAST + 1, 13, FIRST, 12), (FIRST, 2, 2, 12)):
        drag(surface, id, end, target, keys=Qt.KeyboardModifier.NoModifier)
        ended(surface, qtbot)
        found, xy, *_ = path(surface, id)
        assert (found, found + len(xy) - 1) == (first, last)
        assert off(xy, truth[0, first : last + 1]).max() < 1
    assert session.view.frame == 2
    for _ in range(2):
        key(qtbot, surface, Qt.Key.Key_Z, CTRL)
    assert everything(surface) == before
