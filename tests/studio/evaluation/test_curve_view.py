"""The curves of runs, overlaid."""

import shutil
import time
from pathlib import Path
from typing import Any

from core.runs.run_folder import RunFolder, State, Status
from studio.evaluation.curve_view import CurveView
from studio.evaluation.threshold import Threshold
from studio.runs.run import Run
from tests.studio.evaluation.test_diagnoses import run_of


def test_the_curves_of_a_run_are_read_again_when_it_has_ended(
    show: Any, threshold: Threshold, measured_folder: RunFolder, tmp_path: Path, qtbot: Any
) -> None:
    """It tells the AP of its last class before it writes the curves."""
    folder = RunFolder(shutil.copytree(measured_folder.path, tmp_path / measured_folder.name))
    curves = (folder.results / "pr.npz").rename(tmp_path / "later.npz")
    other = Run("voc", {}, folder)
    other.status = Status(State.RUNNING, updated=time.time())
    runs = [(run_of(measured_folder), "first"), (other, "other")]
    view = show(CurveView(threshold))
    view.show_runs(runs, "car")
    qtbot.waitUntil(lambda: len(view.plot.drawn()) == 1)
    curves.rename(folder.results / "pr.npz")
    other.status = Status(State.DONE, updated=time.time())
    view.show_runs(runs, "car")
    qtbot.waitUntil(lambda: len(view.plot.drawn()) == 2)
