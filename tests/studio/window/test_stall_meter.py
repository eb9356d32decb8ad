"""What keeps the window from answering is found by where it is."""

import logging
import time

from PySide6.QtCore import QTimer

from studio.window.stall_meter import KEPT, LOGGED, Stall, StallMeter


def hold_the_window_up():
    time.sleep(0.45)


def test_a_stall_is_noted_with_the_line_that_it_was_in(qtbot, caplog):
    meter = StallMeter()
    with caplog.at_level(logging.WARNING, "studio.stalls"):
        QTimer.singleShot(150, hold_the_window_up)
        qtbot.waitUntil(lambda: any("hold_the_window_up" in one.where for one in meter.last))
    meter.close()
    stall = next(one for one in meter.last if "hold_the_window_up" in one.where)
    assert "tests/studio/window/test_stall_meter.py:" in stall.where
    assert stall.seconds > 0.3
    assert "hold_the_window_up" in caplog.text
    assert str(meter).startswith("The window did not answer within 0.1 s ")


def test_the_log_of_stalls_is_bounded(qtbot, caplog):
    meter = StallMeter()
    meter.close()
    with caplog.at_level(logging.WARNING, "studio.stalls"):
        for k in range(LOGGED + 50):
            meter._note(Stall(0.2 + k / 1000, "somewhere"))
    assert len(caplog.records) == LOGGED
    assert len(meter.last) == KEPT
    assert meter.longest.seconds == 0.2 + (LOGGED + 49) / 1000
