"""Tracks of other programs, brought into the clip that is open in the real window."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from core.trajectories.exchange import FORMATS, export_clip, import_tracks
from studio.app import Studio
from studio.exchange.irregular import IrregularDialog
from tests.studio.small_project import FRAMES, HEIGHT, WIDTH


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch):
    """What the dialog for files gives back: it is the platform's own."""

    def set_chosen(path: Path) -> None:
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))

    return set_chosen


def exported(studio: Studio, format: str, folder: Path) -> Path:
    """The clip that is open, as a file."""
    document, clip = studio.session.document, studio.session.view.clip
    return export_clip(
        format, clip, document.points(clip.id), list(document.objects(clip.id).values()), folder
    )


def counts(studio: Studio) -> tuple[int, int]:
    document, clip = studio.session.document, studio.session.view.clip.id
    return len(document.points(clip)), len(document.objects(clip))


@pytest.mark.parametrize(("format", "more"), [("tapvid", (20, 0)), ("coco", (0, 2)), ("csv", (20, 2))])
def test_tracks_are_added_as_one_step_of_undo(
    open_studio: Studio, choose, tmp_path: Path, qtbot, format: str, more: tuple[int, int]
):
    choose(exported(open_studio, format, tmp_path))
    with qtbot.waitSignal(open_studio.session.document.performed):
        open_studio.window.commands["import_tracks"].trigger()
    assert counts(open_studio) == (20 + more[0], 2 + more[1])
    assert not any(text.startswith("Reading") for text in open_studio.window.toasts.texts)
    assert open_studio.session.document.last_edit().text.endswith(f"from birds{FORMATS[format].suffix}")
    open_studio.session.document.undo()
    assert counts(open_studio) == (20, 2)


def test_a_picture_stands_for_its_folder_of_masks(open_studio: Studio, choose, tmp_path: Path, qtbot):
    folder = exported(open_studio, "davis", tmp_path)
    choose(sorted(folder.glob("*.png"))[0])
    with qtbot.waitSignal(open_studio.session.document.performed):
        open_studio.window.commands["import_tracks"].trigger()
    assert counts(open_studio) == (20, 3)  # the two objects of this clip lie on each other


def test_any_picture_stands_for_its_folder_of_masks(open_studio: Studio, choose, tmp_path: Path, qtbot):
    folder = exported(open_studio, "davis", tmp_path)
    for path in folder.glob("*.png"):
        mask = cv2.imread(str(path), cv2.IMREAD_UNCHANGED).reshape(HEIGHT, WIDTH, -1).max(2) > 0
        cv2.imwrite(str(path.with_suffix(".tif")), mask.astype(np.uint8))
        path.unlink()
    choose(folder / "00003.tif")
    with qtbot.waitSignal(open_studio.session.document.performed):
        open_studio.window.commands["import_tracks"].trigger()
    assert counts(open_studio) == (20, 3)
    assert open_studio.session.document.last_edit().text == f"Import 1 track from {folder.name}"


def test_all_that_was_irregular_can_be_read(open_studio: Studio, choose, tmp_path: Path, qtbot):
    """The message has the first sentence; its button shows the very sentences of the command line."""
    path = tmp_path / "walk.txt"
    rows = [f"{frame + 1},1,{frame + 2},3,5,5,87.5,-1,-1,-1" for frame in range(FRAMES)] * 2
    path.write_text("\n".join([*rows, "1,2,3,3,0,5,87.5,-1,-1,-1"]))
    _, _, said = import_tracks("mot", path, open_studio.session.view.clip)
    assert len(said) > 1
    choose(path)
    with qtbot.waitSignal(open_studio.session.document.performed):
        open_studio.window.commands["import_tracks"].trigger()
    toasts = open_studio.window.toasts
    place = toasts.texts.index(f"{said[0]} And {len(said) - 1} more.")
    qtbot.mouseClick(toasts._shown[place].button, Qt.MouseButton.LeftButton)
    (dialog,) = open_studio.window.findChildren(IrregularDialog)
    assert dialog.sentences.toPlainText() == "\n".join(said)
    qtbot.waitUntil(dialog.isActiveWindow)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_file_of_labelme_stands_for_its_folder(open_studio: Studio, choose, tmp_path: Path, qtbot):
    folder, clip = tmp_path / "labels", open_studio.session.view.clip
    folder.mkdir()
    shape = {"label": "gull", "points": [[2, 3], [9, 8]], "shape_type": "rectangle", "group_id": None}
    size = {"imageWidth": clip.width, "imageHeight": clip.height}
    for frame in (0, 3):
        content = {"shapes": [shape], "imagePath": clip.files[frame], **size}
        (folder / f"{frame}.json").write_text(json.dumps(content))
    choose(folder / "3.json")
    with qtbot.waitSignal(open_studio.session.document.performed):
        open_studio.window.commands["import_tracks"].trigger()
    document = open_studio.session.document
    assert document.last_edit().text == "Import 1 track from labels"
    assert [one.frames.tolist() for one in document.objects(clip.id).values() if one.label == "gull"] == [
        [0, 3]
    ]


def test_a_file_that_holds_no_tracks_is_one_sentence(open_studio: Studio, choose, tmp_path: Path, qtbot):
    (tmp_path / "odd.json").write_text("{")
    choose(tmp_path / "odd.json")
    with qtbot.waitSignal(open_studio.session.exchange.failed):
        open_studio.window.commands["import_tracks"].trigger()
    (text,) = open_studio.window.toasts.texts
    assert text.startswith(str(tmp_path / "odd.json"))
    assert counts(open_studio) == (20, 2)


def test_without_clips_there_is_nothing_to_import_into(studio: Studio, tmp_path: Path):
    studio.new_project(tmp_path / "empty")
    assert not studio.window.commands["import_tracks"].isEnabled()
    assert not studio.window.commands["export_tracks"].isEnabled()
