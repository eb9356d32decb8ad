"""Signals in this very process: what the first, one right after it and a later one do."""

import os
import signal
import sys
import time

import pytest

from core import stop_signals
from core.stop_signals import NUMBERS, StopSignals, deferred

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX")


@pytest.fixture(autouse=True)
def together(monkeypatch):
    """Two signals in a row are twins, however long a slow machine takes between them."""
    monkeypatch.setattr(stop_signals, "TOGETHER", 3600.0)


def send(number):
    os.kill(os.getpid(), number)
    time.sleep(0.01)  # where it is noticed


@pytest.mark.parametrize("number", NUMBERS)
def test_the_first_one_interrupts_and_its_twin_is_passed_over(number):
    with StopSignals() as signals:
        with pytest.raises(KeyboardInterrupt):
            send(number)
        assert signals.came
        if number != signal.SIGINT:
            send(number)  # as `timeout` and a shell whose terminal is closed do


def test_a_later_one_interrupts_again(monkeypatch):
    monkeypatch.setattr(stop_signals, "TOGETHER", 0.0)
    with StopSignals() as signals, signals.deferring():
        send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGHUP)


def test_a_job_defers_it_and_the_command_around_it_knows():
    with StopSignals() as command:
        with deferred() as signals:
            send(signal.SIGHUP)
            assert signals.came
        assert command.came
        send(signal.SIGHUP)  # the shell's own, a moment later: what the job kept is told in peace


def test_nohup_keeps_its_promise():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals() as signals:
            send(signal.SIGHUP)
            assert not signals.came
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_closing_console_asks_too_and_ctrl_c_is_left_to_its_signal(monkeypatch):
    """What Windows would call, called here; it would end the process as soon as the call returns."""
    monkeypatch.setattr(stop_signals, "_LONGEST", 0.01)
    with StopSignals() as signals, signals.deferring():
        assert not signals.take_console_event(0)
        assert not signals.came
        assert signals.take_console_event(2)
        assert signals.came
