"""Cards of patches: the pixels are those of the frames; mouse and keys open, reject and ask for the menu."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication

from core.datasets.clip import Clip
from studio.watch.card_layout import Card
from studio.watch.cards import Cards
from studio.watch.patch_cutter import Patch

LEFT = Qt.MouseButton.LeftButton
SIDE = 40


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """Five frames of noise, 60 × 50."""
    generator = np.random.default_rng(0)
    files = []
    for frame in range(5):
        files.append(f"{frame}.png")
        cv2.imwrite(str(tmp_path / files[-1]), generator.integers(0, 256, (50, 60, 3), np.uint8))
    return Clip(id=3, name="noise", dataset="frames", width=60, height=50, root=tmp_path, files=tuple(files))


@pytest.fixture
def cards(qtbot: Any) -> Iterator[Cards]:
    cards = Cards("Pairs", SIDE)
    qtbot.addWidget(cards)
    cards.resize(400, 200)
    cards.show()
    qtbot.waitExposed(cards)
    yield cards
    cards.close_reader()


def pair(clip: Clip, number: int, **more: Any) -> Card:
    """Two patches of 40 × 40 pixels, of frames `number` and `number` + 1; the second is mirrored."""
    patches = (
        Patch(clip, number, (0, 0, SIDE, SIDE), trajectory=10 + number),
        Patch(clip, number + 1, (10, 5, 50, 45), trajectory=20 + number, flip=True),
    )
    return Card((patches,), ("same · loss 0.5", "3 frames apart"), **more)


def shown(cards: Cards, card: int, patch: int) -> np.ndarray:
    """(40, 40, 3) RGB of a patch as the screen has it."""
    image = cards.viewport().grab(cards.place(card, patch)).toImage()
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_the_patches_are_the_pixels_of_their_frames(cards: Cards, clip: Clip, qtbot: Any) -> None:
    cards.show_cards([pair(clip, 2)])
    qtbot.waitUntil(lambda: cards.cut() == 2)
    QApplication.processEvents()
    truth = cv2.imread(str(clip.root / "2.png"))[:SIDE, :SIDE, ::-1]
    np.testing.assert_array_equal(shown(cards, 0, 0)[2:-2, 2:-2], truth[2:-2, 2:-2])
    truth = cv2.imread(str(clip.root / "3.png"))[5:45, 10:50, ::-1][:, ::-1]
    np.testing.assert_array_equal(shown(cards, 0, 1)[2:-2, 2:-2], truth[2:-2, 2:-2])


def test_only_what_is_seen_is_cut(cards: Cards, clip: Clip, qtbot: Any) -> None:
    many = [Card(((Patch(clip, k % 5, (k % 15, k // 15, k % 15 + 20, k // 15 + 20)),),)) for k in range(300)]
    cards.show_cards(many)
    qtbot.waitUntil(lambda: cards.cut() > 0)
    qtbot.wait(200)
    first = cards.cut()
    assert first < 100
    cards.verticalScrollBar().setValue(cards.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: cards.cut() > first)


def test_a_click_on_a_patch_opens_it_and_none_beside_it(cards: Cards, clip: Clip, qtbot: Any) -> None:
    cards.show_cards([pair(clip, 0), pair(clip, 1)])
    opened: list[Patch] = []
    cards.opened.connect(opened.append)
    qtbot.mouseClick(cards.viewport(), LEFT, pos=cards.place(1, 1).center())
    assert [(one.trajectory, one.frame) for one in opened] == [(21, 2)]
    qtbot.mouseClick(cards.viewport(), LEFT, pos=cards.place(1, 1).bottomRight() + QPoint(3, 3))
    assert len(opened) == 1


def test_arrows_go_from_patch_to_patch_and_enter_opens(cards: Cards, clip: Clip, qtbot: Any) -> None:
    cards.resize(230, 150)  # two cards in a row at most, and the last ones are not seen
    cards.show_cards([pair(clip, k % 4) for k in range(5)])
    opened: list[Patch] = []
    cards.opened.connect(opened.append)
    cards.setFocus()
    keys = Qt.Key
    for key in (keys.Key_Right, keys.Key_Right, keys.Key_Down, keys.Key_Left):
        qtbot.keyClick(cards, key)
    qtbot.keyClick(cards, keys.Key_Return)
    card, patch = cards.current
    assert opened == [cards.cards[card].patches[patch]]
    assert (card, patch) == (1, 1)  # one card in a row: on to the second, down to the third, back
    assert cards.viewport().rect().contains(cards.place(card, patch))


def test_delete_asks_for_a_rejection(cards: Cards, clip: Clip, qtbot: Any) -> None:
    cards.show_cards([pair(clip, 1)])
    with qtbot.waitSignal(cards.reject_asked) as asked:
        qtbot.keyClick(cards, Qt.Key.Key_Delete)
    assert asked.args[0].trajectory == 11


def test_the_menu_is_asked_for_by_mouse_and_by_key(cards: Cards, clip: Clip, qtbot: Any) -> None:
    cards.show_cards([pair(clip, 1)])
    place = cards.place(0, 1).center()
    with qtbot.waitSignal(cards.menu_asked) as asked:
        where = cards.viewport().mapToGlobal(place)
        QApplication.sendEvent(
            cards.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, where)
        )
    assert asked.args[0].trajectory == 21
    with qtbot.waitSignal(cards.menu_asked) as asked:
        QApplication.sendEvent(
            cards, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
        )
    assert asked.args[0].trajectory == 21


def test_what_is_rejected_says_so(cards: Cards, clip: Clip, qtbot: Any) -> None:
    cards.show_cards([pair(clip, 1)])
    qtbot.waitUntil(lambda: cards.cut() == 2)
    QApplication.processEvents()
    before = shown(cards, 0, 0).astype(int)
    cards.show_cards([pair(clip, 1, struck=True)], from_top=False)
    QApplication.processEvents()
    assert np.abs(shown(cards, 0, 0) - before).mean() > 20


def test_a_frame_that_cannot_be_read_is_said(cards: Cards, clip: Clip, qtbot: Any) -> None:
    (clip.root / "4.png").unlink()
    with qtbot.waitSignal(cards.failed) as said:
        cards.show_cards([pair(clip, 3)])
    assert "4.png" in said.args[0]
