"""An object from nothing by a click, and the mask of one corrected, in the real window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from PySide6.QtCore import Qt

from core.geometry import decode_mask
from core.trajectories.model import ObjectTrajectory
from studio.app import Studio
from studio.canvas.segment_tool import SegmentTool
from tests.core.segmentation.onnx_files import save
from tests.studio.at_the_window import CTRL, key
from tests.studio.canvas.drawn import Mouse
from tests.studio.densified import HEIGHT, WIDTH
from tests.studio.window.test_filling import everything, go

FRAME = 4  # between two keyframes


@pytest.fixture
def segmenting(drawn_studio: Studio, qtbot) -> Studio:
    """Segment taken at a frame where nothing is selected; nothing is filled after edits."""
    drawn_studio.window.commands["fill_again"].setChecked(False)
    drawn_studio.session.view.set_selection(())
    go(drawn_studio, qtbot, FRAME)
    key(qtbot, drawn_studio, Qt.Key.Key_C)
    return drawn_studio


def tool(studio: Studio) -> SegmentTool:
    found = studio.session.canvas.frame_view.tool
    assert isinstance(found, SegmentTool)
    return found


def answered(qtbot, studio: Studio) -> None:
    qtbot.waitUntil(lambda: tool(studio).mask is not None and not tool(studio).is_working)


def objects(studio: Studio) -> dict[int, ObjectTrajectory]:
    return studio.session.document.objects(studio.session.view.clip.id)


def mask_of(one: ObjectTrajectory, frame: int = FRAME) -> np.ndarray:
    return decode_mask(one.masks[one.place(frame)], HEIGHT, WIDTH)


def middle(mask: np.ndarray) -> tuple[float, float]:
    """The pixel of a mask nearest to its mean."""
    rows, columns = np.nonzero(mask)
    nearest = np.hypot(rows - rows.mean(), columns - columns.mean()).argmin()
    return columns[nearest] + 0.5, rows[nearest] + 0.5


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def box(mask: np.ndarray, by: float) -> list[tuple[float, float]]:
    """Two corners around a mask, so many pixels away from it."""
    rows, columns = np.nonzero(mask)
    return [(columns.min() - by, rows.min() - by), (columns.max() + by, rows.max() + by)]


def test_clicks_and_a_box_make_an_object_in_one_step_of_undo(segmenting: Studio, drawn, qtbot):
    studio, truth = segmenting, drawn[0].labels[FRAME] == 1
    mouse, before, known = Mouse(studio.session.canvas.frame_view), everything(studio), set(objects(studio))
    mouse.drag(*box(truth, 2.0))
    answered(qtbot, studio)
    assert everything(studio) == before, "a preview writes nothing"
    found = tool(studio).mask
    mouse.click(*middle(truth))
    answered(qtbot, studio)
    assert "Backspace" in studio.window.hint.text()
    key(qtbot, studio, Qt.Key.Key_Backspace)
    np.testing.assert_array_equal(tool(studio).mask, found)
    key(qtbot, studio, Qt.Key.Key_Return)
    (new,) = set(objects(studio)) - known
    assert iou(mask_of(objects(studio)[new]), truth) > 0.6
    np.testing.assert_array_equal(mask_of(objects(studio)[new]), found)
    assert studio.session.view.selection == {new}
    assert not tool(studio).active
    key(qtbot, studio, Qt.Key.Key_Z, CTRL)
    assert everything(studio) == before


def test_with_an_object_selected_clicks_correct_its_mask_there(segmenting: Studio, drawn, qtbot):
    studio, truth = segmenting, drawn[0].labels[0] == 1
    go(studio, qtbot, 0)
    first = min(objects(studio))
    studio.session.view.set_selection({first})
    mouse, before = Mouse(studio.session.canvas.frame_view), everything(studio)
    was = mask_of(objects(studio)[first], 0)
    np.testing.assert_array_equal(was, truth)
    place = middle(was)
    mouse.click(*place, button=Qt.MouseButton.RightButton)
    answered(qtbot, studio)
    less = tool(studio).mask
    assert not less[int(place[1]), int(place[0])]
    assert (less <= was).all()
    mouse.click(*place)
    answered(qtbot, studio)
    assert tool(studio).mask[int(place[1]), int(place[0])]
    key(qtbot, studio, Qt.Key.Key_Backspace)
    key(qtbot, studio, Qt.Key.Key_Return)
    np.testing.assert_array_equal(mask_of(objects(studio)[first], 0), less)
    assert len(objects(studio)) == 2
    key(qtbot, studio, Qt.Key.Key_Z, CTRL)
    assert everything(studio) == before


def across(mask: np.ndarray, by: int = 3) -> list[tuple[float, float]]:
    """Places along the row through the middle of a mask, as long as it stays inside."""
    x, y = middle(mask)
    row = mask[int(y)]
    left, right = int(x), int(x)
    while row[left - by]:
        left -= 1
    while row[right + by]:
        right += 1
    return [(at + 0.5, y) for at in np.linspace(left, right, 6)]


def test_strokes_add_and_take_away_each_with_its_own_undo_and_one_for_all_that_is_kept(
    segmenting: Studio, drawn, qtbot
):
    studio, truth = segmenting, drawn[0].labels[FRAME] == 1
    mouse, before, known = Mouse(studio.session.canvas.frame_view), everything(studio), set(objects(studio))
    mouse.drag(*box(truth, 12.0))
    answered(qtbot, studio)
    found = [tool(studio).mask]
    line = across(truth)
    mouse.drag(*line)
    answered(qtbot, studio)
    found.append(tool(studio).mask)
    assert all(found[1][int(y), int(x)] for x, y in line)
    beside = [(at, 3.5) for at in (20.5, 40.5, 90.5)]
    mouse.drag(*beside, button=Qt.MouseButton.RightButton)
    answered(qtbot, studio)
    found.append(tool(studio).mask)
    assert not any(found[2][int(y), int(x)] for x, y in beside)
    mouse.drag(*line, keys=CTRL)
    answered(qtbot, studio)
    assert not any(tool(studio).mask[int(y), int(x)] for x, y in line), "Ctrl takes away, as the right button"
    assert everything(studio) == before, "a preview writes nothing"
    key(qtbot, studio, Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(tool(studio).mask, found[2])
    mouse.press(*line[0])
    mouse.move(*line[-1])
    key(qtbot, studio, Qt.Key.Key_Escape)
    mouse.release(*line[-1])
    np.testing.assert_array_equal(tool(studio).mask, found[2])
    assert not tool(studio).is_working, "Esc gives up the stroke that was being drawn, and no other"
    key(qtbot, studio, Qt.Key.Key_Return)
    (new,) = set(objects(studio)) - known
    np.testing.assert_array_equal(mask_of(objects(studio)[new]), found[2])
    key(qtbot, studio, Qt.Key.Key_Z, CTRL)
    assert everything(studio) == before


def test_a_stroke_corrects_the_mask_of_the_object_selected_in_one_step_of_undo(
    segmenting: Studio, drawn, qtbot
):
    studio, truth = segmenting, drawn[0].labels[0] == 1
    go(studio, qtbot, 0)
    first = min(objects(studio))
    studio.session.view.set_selection({first})
    mouse, before, line = Mouse(studio.session.canvas.frame_view), everything(studio), across(truth)
    mouse.drag(*line, button=Qt.MouseButton.RightButton)
    answered(qtbot, studio)
    less = tool(studio).mask
    assert (less < truth).any()
    assert (less <= truth).all()
    assert not any(less[int(y), int(x)] for x, y in line)
    key(qtbot, studio, Qt.Key.Key_Return)
    np.testing.assert_array_equal(mask_of(objects(studio)[first], 0), less)
    key(qtbot, studio, Qt.Key.Key_Z, CTRL)
    assert everything(studio) == before


def test_escape_gives_up_and_what_is_shown_is_kept_when_the_frame_changes_or_another_begins(
    segmenting: Studio, drawn, qtbot
):
    studio, labels = segmenting, drawn[0].labels[FRAME]
    mouse, known, before = Mouse(studio.session.canvas.frame_view), set(objects(studio)), everything(studio)
    mouse.click(*middle(labels == 1), keys=CTRL)
    assert studio.window.hint.text().startswith("Click on the object first")
    mouse.click(*middle(labels == 1))
    key(qtbot, studio, Qt.Key.Key_Escape)
    qtbot.wait(0)
    assert not tool(studio).active
    mouse.click(*middle(labels == 1))
    answered(qtbot, studio)
    key(qtbot, studio, Qt.Key.Key_Escape)
    assert everything(studio) == before
    mouse.click(*middle(labels == 1))
    answered(qtbot, studio)
    key(qtbot, studio, Qt.Key.Key_N)
    (one,) = set(objects(studio)) - known
    assert (studio.session.view.tool, studio.session.view.selection) == ("segment", frozenset())
    mouse.click(*middle(labels == 2))
    answered(qtbot, studio)
    key(qtbot, studio, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: len(set(objects(studio)) - known) == 2)
    (two,) = set(objects(studio)) - known - {one}
    assert [objects(studio)[id].frames.tolist() for id in (one, two)] == [[FRAME], [FRAME]]
    studio.session.view.set_selection({min(known)})
    go(studio, qtbot, 0)
    mouse.click(*middle(labels == 2), keys=CTRL)
    answered(qtbot, studio)
    studio.session.view.set_selection({one})
    assert studio.session.view.selection == {one}
    assert not tool(studio).active


def test_a_model_of_the_preferences_answers_and_where_it_fails_the_built_in_one_is_used(
    segmenting: Studio, drawn, tmp_path: Path, qtbot
):
    studio, truth = segmenting, drawn[0].labels[FRAME] == 1
    mouse, store = Mouse(studio.session.canvas.frame_view), studio.window.preferences
    nodes = [  # all but the left quarter of 200 pixels is the object
        helper.make_node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["grey", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "columns"], ["logits"]),
    ]
    columns = (np.arange(WIDTH, dtype=np.float32) - 49.5)[None, None, None]
    save(
        tmp_path / "quarter.onnx",
        nodes,
        {"image": [1, 3, None, None]},
        {"logits": [1, 1, None, None]},
        {"zero": np.float32([0]), "columns": columns},
    )
    store.set(replace(store.now, segmenter=str(tmp_path / "quarter.onnx")))
    mouse.click(*middle(truth))
    qtbot.waitUntil(lambda: tool(studio).mask is not None)
    np.testing.assert_array_equal(tool(studio).mask.all(axis=0), np.arange(WIDTH) >= 50)
    key(qtbot, studio, Qt.Key.Key_Escape)
    store.set(replace(store.now, segmenter=str(tmp_path / "missing.onnx")))
    mouse.click(*middle(truth))
    qtbot.waitUntil(lambda: tool(studio).mask is not None)
    assert iou(tool(studio).mask, truth) > 0.3
    assert any("missing.onnx" in text and "built-in" in text for text in studio.window.toasts.texts)
