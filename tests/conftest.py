"""What every test shares: a display that needs no screen, and where real data lies."""

import os
import signal
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_AGREED = tempfile.TemporaryDirectory()  # what is agreed to in tests is none of the user's
os.environ.setdefault("ASSOCIATIONNET_AGREED", _AGREED.name)
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the cores are shared out between the workers already

settings.register_profile(
    "studio",
    deadline=None,  # a busy machine is not a failure
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("studio")
for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitExposed, QtBot.waitActive):
    wait.__kwdefaults__["timeout"] = 180_000  # milliseconds, for the same reason

_key_click = QtBot.keyClick


def key_click(widget: QWidget, *what: object, **more: object) -> None:
    """A key goes to the window in front, which a dialog is a moment after it was opened."""
    if isinstance(window := widget.window(), QDialog) and window.isVisible():
        QTest.qWaitForWindowActive(window)
    _key_click(widget, *what, **more)


QtBot.keyClick = staticmethod(key_click)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once which tests are for a GPU, and on which one they ran or that they were skipped."""

    def of(*outcomes: str) -> list[pytest.TestReport]:
        reports = [one for outcome in outcomes for one in terminalreporter.stats.get(outcome, [])]
        return [one for one in reports if isinstance(one, pytest.TestReport) and "gpu" in one.keywords]

    ran, skipped = of("passed", "failed"), of("skipped")
    if ran:
        import torch

        terminalreporter.write_line(f"{len(ran)} tests ran on {torch.cuda.get_device_name()}.")
    if skipped:
        files = Counter(one.nodeid.partition("::")[0] for one in skipped)
        said = ", ".join(f"{path} ({count})" for path, count in sorted(files.items()))
        terminalreporter.write_line(f"{len(skipped)} tests for a GPU were skipped: {said}.")


@pytest.fixture(autouse=True, scope="session")
def heard_signals() -> None:
    """Under `nohup`, or as a job in the background, tests and their commands would ignore these."""
    for name in ("SIGHUP", "SIGINT"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
            default = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            signal.signal(getattr(signal, name), default)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data sets; tests that need it skip where it is absent."""
    folder = os.environ.get("ASSOCIATIONNET_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("real data sets are absent; set ASSOCIATIONNET_DATA to their folder")
    return Path(folder)
