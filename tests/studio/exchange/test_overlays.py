"""Frames and overlays saved from the real window."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QFileDialog

from core.overlay.colours import TRACK_COLOURS
from core.overlay.layers import Layers
from core.overlay.rendering import over
from studio.app import Studio
from studio.exchange.exporting import ExportDialog
from studio.filters.track_filters import TrackFilters
from tests.studio.at_the_window import CTRL, SHIFT, SWAN, key
from tests.studio.small_project import FRAMES, HEIGHT, WIDTH

LEFT = Qt.MouseButton.LeftButton
ONLY_MASKS = Layers(boxes=False, trails=False, names=False)


@pytest.fixture
def save_to(monkeypatch: pytest.MonkeyPatch):
    """What the file dialog gives from now on."""

    def save_to(path: Path) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))

    return save_to


def test_a_frame_is_saved_as_it_is_shown(open_studio: Studio, save_to, qtbot, tmp_path: Path):
    """Frame 5 is (50, 0, 0); the goose would cover the swan, and points lie at (8, 8) and near it."""
    session, path = open_studio.session, tmp_path / "frame.png"
    session.view.set_frame(5)
    session.view.set_layers(Layers(boxes=False, names=False))
    session.view.set_shown(frozenset((SWAN,)))
    save_to(path)
    key(qtbot, open_studio, Qt.Key.Key_S, CTRL | SHIFT)
    qtbot.waitUntil(lambda: open_studio.window.toasts.texts == [f"Saved frame.png to {tmp_path}."])
    picture = cv2.imread(str(path))[..., ::-1]
    assert picture.shape == (HEIGHT, WIDTH, 3)
    tinted = 0.67 * np.array((50, 0, 0)) + 0.33 * TRACK_COLOURS[SWAN]
    assert abs(picture[12, 20] - tinted).max() <= 2
    assert (picture[:7] == (50, 0, 0)).all()
    assert (picture[19:] == (50, 0, 0)).all()


def test_a_frame_of_the_clip_is_not_replaced(open_studio: Studio, save_to, qtbot):
    clip = open_studio.session.view.clip
    path = clip.root / clip.files[3]
    before = path.read_bytes()
    save_to(path)
    open_studio.window.commands["save_frame"].trigger()
    qtbot.waitUntil(lambda: len(open_studio.window.toasts.texts) == 1)
    assert open_studio.window.toasts.texts[0].endswith("holds frames of birds; choose another place.")
    assert path.read_bytes() == before


def test_an_overlay_video_is_written_in_the_background(open_studio: Studio, qtbot, tmp_path: Path):
    session = open_studio.session
    session.view.set_layers(ONLY_MASKS)
    open_studio.window.commands["save_overlay"].trigger()
    dialog = session.track_exports.dialog
    assert dialog.format.currentData() == "overlay"
    assert dialog.overlay.isVisible()
    assert not dialog.overlay.value().boxes
    dialog.folder.setText(str(tmp_path))
    dialog.chosen.by_frames.setChecked(True)
    dialog.chosen.first.setValue(5)
    qtbot.waitUntil(dialog.export_button.isEnabled)
    assert dialog.notes.toPlainText() == "Nothing."
    qtbot.mouseClick(dialog.export_button, LEFT)
    assert session.track_exports.dialog is None
    assert session.track_exports.overlays.status.is_shown
    saved = [f"Saved birds-overlay.mp4 to {tmp_path}."]
    qtbot.waitUntil(lambda: open_studio.window.toasts.texts == saved)
    assert not session.track_exports.overlays.status.is_shown
    with av.open(str(tmp_path / "birds-overlay.mp4")) as video:
        pictures = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(pictures) == FRAMES - 5
    assert pictures[0][12, 20].sum() > pictures[0][30, 40].sum() + 50


def test_an_overlay_can_be_cancelled_and_leaves_nothing(open_studio: Studio, qtbot, tmp_path: Path):
    session = open_studio.session
    open_studio.window.commands["save_overlay"].trigger()
    dialog = session.track_exports.dialog
    dialog.folder.setText(str(tmp_path / "out"))
    qtbot.waitUntil(dialog.export_button.isEnabled)
    qtbot.mouseClick(dialog.export_button, LEFT)
    qtbot.mouseClick(session.track_exports.overlays.status.cancel_button, LEFT)
    qtbot.waitUntil(lambda: not session.track_exports.overlays.status.is_shown)
    assert open_studio.window.toasts.texts == []
    assert list((tmp_path / "out").glob("*")) == []


def test_what_an_overlay_shows_is_offered_for_overlays_alone(small_document, small_view, qtbot, tmp_path):
    dialog = ExportDialog(small_document, small_view, TrackFilters(small_document.project.path), tmp_path, {})
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.overlay.isVisible()
    dialog.format.setCurrentIndex(dialog.format.findData("overlay-pictures"))
    assert dialog.overlay.isVisible()
    dialog.close()


def test_pictures_are_laid_over_each_other_as_qt_does(qtbot):
    random = np.random.default_rng(0)
    frame = random.integers(0, 256, (30, 40, 3), np.uint8)
    alpha = random.integers(0, 256, (30, 40, 1), np.uint32)
    colours = random.integers(0, 256, (30, 40, 3), np.uint32) * alpha // 255
    drawn = (alpha[..., 0] << 24) | (colours[..., 0] << 16) | (colours[..., 1] << 8) | colours[..., 2]
    drawn = np.ascontiguousarray(drawn.astype(np.uint32))
    expected = QImage(frame.tobytes(), 40, 30, 120, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )
    painter = QPainter(expected)
    painter.drawImage(0, 0, QImage(drawn.data, 40, 30, 160, QImage.Format.Format_ARGB32_Premultiplied))
    painter.end()
    seen = np.frombuffer(expected.constBits(), np.uint8).reshape(30, 40, 4)[..., 2::-1]
    assert abs(over(frame, drawn).astype(int) - seen).max() <= 1
