"""Clicks at one place select what lies there one after the other; points can be left out."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from core.overlay.mask_shapes import MaskShapes
from core.overlay.scene import ClipTracks
from core.trajectories.bulk_edits import AddTrajectories
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from studio.canvas.camera import Camera
from studio.canvas.hit_test import beneath, hit

ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def boxed(*box: float) -> ObjectTrajectory:
    return ObjectTrajectory(
        frames=np.array([0], np.int32),
        boxes=np.array([box], np.float32),
        origin=np.array([Origin.ANNOTATED], np.uint8),
        confidence=np.ones(1, np.float32),
        masks=(None,),
    )


@pytest.fixture
def stack(document, view, pane, qtbot) -> tuple[int, int, int]:
    """Ids of a point, and of the small and the large box that it lies in, at (12, 38) of frame 0."""
    before = set(document.objects(view.clip.id))
    points = PointTrajectories.pack([0], [np.array([[12.0, 38.0]])])
    large, small = boxed(2, 25, 40, 47), boxed(8, 33, 20, 44)
    assert document.perform(AddTrajectories(view.clip.id, points, [large, small], "here"))
    large_id, small_id = sorted(set(document.objects(view.clip.id)) - before)
    point = int(document.points(view.clip.id).ids[-1])
    qtbot.waitUntil(lambda: pane.stage.scene.point(point) is not None)
    return point, small_id, large_id


def test_clicks_at_one_place_go_through_what_lies_there_smallest_first_and_begin_again(
    mouse, view, pane, stack
):
    hints: list[str] = []
    pane.hint_changed.connect(hints.append)
    point, small, large = stack
    for number, (id, kind) in enumerate([(point, "point"), (small, "object"), (large, "object")], start=1):
        mouse.click(12, 38)
        assert view.selection == {id}
        assert hints[-1].startswith(f"{number} of 3 here: {kind} {id}")
    mouse.click(12, 38)
    assert view.selection == {point}
    mouse.click(8.2, 36)  # on the edge of the small box, and in it
    assert hints[-1].startswith(f"1 of 2 here: object {small}")
    mouse.click(60, 4)
    assert "here" not in hints[-1]


def test_elsewhere_in_another_frame_or_after_another_selection_a_click_begins_with_the_first(
    qtbot, mouse, view, pane, stack
):
    point, small, large = stack
    mouse.click(12, 38)
    mouse.click(18, 42)  # in both boxes, far from the point
    assert view.selection == {small}
    mouse.click(12, 38)
    assert view.selection == {point}
    view.set_selection({large})
    mouse.click(12, 38)
    assert view.selection == {point}
    view.set_frame(1)
    qtbot.waitUntil(lambda: pane.stage.scene.frame == 1)
    view.set_frame(0)
    qtbot.waitUntil(lambda: pane.stage.scene.frame == 0)
    assert "here" not in pane.frame_view.tool.hint()
    mouse.click(12, 38)
    assert view.selection == {point}


def test_alt_and_click_goes_on_from_what_is_selected_and_alt_and_drag_still_pans(mouse, view, pane, stack):
    _, small, large = stack
    view.set_selection({small})
    mouse.click(12, 38, ALT)
    assert view.selection == {large}
    camera = pane.stage.camera
    mouse.drag((30, 20), (34, 22), (40, 26), keys=ALT)
    assert pane.stage.camera != camera
    assert view.selection == {large}


def test_control_and_click_adds_the_first_and_does_not_go_through(mouse, view, stack):
    point, _, large = stack
    view.set_selection({large})
    mouse.click(12, 38, CONTROL)
    assert view.selection == {large, point}
    mouse.click(12, 38, CONTROL)
    assert view.selection == {large}


def test_without_points_what_lies_beneath_is_clicked_dragged_and_banded(mouse, view, pane, document, stack):
    point, small, large = stack
    pane.layer_bar.pick.click()
    assert not view.picks_points
    mouse.click(12, 38)
    assert view.selection == {small}
    view.set_selection({point})
    revision = document.revision()
    mouse.drag((12, 38), (20, 30), (30, 20))
    assert document.revision() == revision, "a point that is selected is not moved either"
    mouse.drag((0.5, 22), (30, 30), (48, 47.5))
    assert view.selection == {small, large}
    pane.layer_bar.pick.click()
    mouse.click(12, 38)
    assert view.selection == {point}


def test_among_twenty_thousand_points_the_nearest_is_found_and_those_on_it_come_next():
    rng = np.random.default_rng(5)
    xy = rng.uniform(0, 1000, (20_000, 2))
    ids = np.arange(1, 20_001)
    points = PointTrajectories.pack([0] * len(xy), list(xy[:, None]))
    scene = ClipTracks(points=_with_ids(points, ids)).at(0)
    camera, shapes = Camera(1.0, 0.0, 0.0), MaskShapes(1000, 1000)
    for at in rng.uniform(0, 1000, (20, 2)):
        distance = np.linalg.norm(scene.points.xy - at.astype(np.float32), axis=1)
        found = hit(scene, camera, QPointF(*at), shapes)
        assert (found is None) == (distance.min() > 6)
        if found is not None:
            assert found.id == ids[distance.argmin()]
            close = ids[np.argsort(distance)][: max(1, int((distance <= 3).sum()))]
            assert [one.id for one in beneath(scene, camera, QPointF(*at), shapes)] == close.tolist()


def _with_ids(points: PointTrajectories, ids: np.ndarray) -> PointTrajectories:
    points.ids[:] = ids
    return points
