"""What keeps the window from answering is found by where it is."""

import logging
import time

from PySide6.QtCore import QTimer

from studio.window.stall_meter import KEPT, LOGGED, Stall, StallMeter


def hold_the_window_up():
    time.sleep(0.45)


def test_a_stall_is_noted_with_the_line_that_it_was_in(qtbot, caplog):
    meter, again = StallMeter(), QTimer(interval=150)
    again.timeout.connect(hold_the_window_up)  # until the thread beside, too, had its turn meanwhile

    def noted():
        return [one for one in meter.last if "hold_the_window_up" in one.where and one.seconds > 0.3]

    with caplog.at_level(logging.WARNING, "studio.stalls"):
        again.start()
        qtbot.waitUntil(lambda: bool(noted()))
        again.stop()
    meter.close()
    assert "tests/studio/window/test_stall_meter.py:" in noted()[0].where
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
