"""The real window as a program of its own that finds a run which trains.

python -m tests.reliability.window_again PROJECT SETTINGS OUT

It writes what is wrong with the curve of the one run that trains, or `whole`, and stays until it is killed.
"""

import sys
from itertools import pairwise
from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.events import Metric
from core.runs.run_folder import RunFolder
from studio.app import Studio
from studio.window.settings import WindowSettings

PATIENCE = 600
"""Looks, a twentieth of a second apart, until the curve must be there."""


def main(project: Path, settings: Path, out: Path) -> int:
    app = QApplication([])
    studio = Studio(app, WindowSettings(settings), settings.parent / "log")
    studio.window.show()
    if not studio.open_project(project) or studio.session is None:
        out.write_text("the project was not opened")
        return 1
    out.with_suffix(".part").write_text(_wrong(studio) or "whole")
    out.with_suffix(".part").replace(out)
    return app.exec()


def _wrong(studio: Studio) -> str:
    active = studio.session.runs.active()
    if len(active) != 1:
        return f"{len(active)} runs train, as the window sees it"
    (run,) = active
    events = [event for event, _ in RunFolder(run.path).all_events()]
    seen = sum(isinstance(event, Metric) and event.name == "loss" for event in events)
    for _ in range(PATIENCE):
        if max(run.curve("loss").steps, default=0) >= seen + 3:
            break
        QTest.qWait(50)
    else:
        return f"the curve ends at {max(run.curve('loss').steps, default=0)}, {seen} were there before"
    steps = [int(step) for step in run.curve("loss").steps]
    apart = {after - before for before, after in pairwise(steps)}
    if steps[0] != 1 or len(apart) != 1 or (len(steps) < 2000 and apart != {1}):
        return f"the curve begins at {steps[0]}, and its steps are {sorted(apart)[:5]} apart"
    return ""


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
