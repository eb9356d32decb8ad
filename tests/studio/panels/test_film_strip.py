import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from studio.document import Document
from studio.panels.film_strip import SIDE, Cut, FilmStrip, cut_out, cuts_along


def test_cuts_are_spread_over_the_observations_and_square():
    frames = np.arange(0, 100, 2)
    boxes = np.tile(np.array([[10, 20, 30, 60]], np.float32), (50, 1))
    cuts = cuts_along(frames, boxes, 4)
    assert [cut.frame for cut in cuts] == [0, 32, 66, 98]
    assert cuts[0].square == (-2, 18, 42, 62)  # around (20, 40), 40 px and a tenth wide


def test_few_observations_give_few_cuts():
    assert cuts_along(np.zeros(0), np.zeros((0, 4)), 4) == []
    assert len(cuts_along(np.array([3, 4]), np.zeros((2, 4)), 8)) == 2


def test_a_cut_is_black_outside_of_the_frame():
    frame = np.full((10, 20, 3), 7, np.uint8)
    frame[0, 0] = (1, 2, 3)
    piece = cut_out(frame, Cut(0, (-2, -1, 4, 5)))
    assert piece.shape == (6, 6, 3)
    assert piece[0].max() == piece[:, :2].max() == 0
    assert piece[1, 2].tolist() == [1, 2, 3]
    assert (piece[2:, 2:] == 7).all()
    assert cut_out(frame, Cut(0, (50, 50, 60, 60))).max() == 0


@pytest.fixture
def strip(qtbot):
    strip = FilmStrip()
    qtbot.addWidget(strip)
    strip.resize(4 * (SIDE + 2), strip.sizeHint().height())
    strip.show()
    yield strip
    strip.close_reader()


def test_pictures_of_the_right_frames_appear_and_a_click_goes_there(
    strip: FilmStrip, small_document: Document, qtbot
):
    clip = small_document.clips()[0].clip
    strip.show_cuts(clip, [Cut(frame, (10, 10, 30, 30)) for frame in (1, 6, 11)])
    qtbot.waitUntil(lambda: len(strip.pictures) == 3)
    reds = [picture.pixelColor(30, 30).red() for picture in strip.pictures]
    assert reds == [10, 60, 110]
    assert strip.pictures[0].width() == round(SIDE * strip.devicePixelRatioF())
    with qtbot.waitSignal(strip.frame_chosen) as chosen:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(SIDE + 20, 20))
    assert chosen.args == [6]


def test_of_two_requests_the_newer_is_shown(strip: FilmStrip, small_document: Document, qtbot):
    clip = small_document.clips()[0].clip
    for frame in range(12):
        strip.show_cuts(clip, [Cut(frame, (10, 10, 30, 30))])
    qtbot.waitUntil(lambda: len(strip.pictures) == 1)
    assert strip.pictures[0].pixelColor(30, 30).red() == 110


def test_a_missing_frame_leaves_the_strip_empty_and_says_so(
    strip: FilmStrip, small_document: Document, qtbot
):
    clip = small_document.clips()[0].clip
    (clip.root / clip.files[4]).unlink()
    strip.show_cuts(clip, [Cut(4, (0, 0, 9, 9))])
    qtbot.waitUntil(lambda: "004.png" in strip.toolTip())
    assert strip.pictures == []
