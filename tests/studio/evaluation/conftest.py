"""A measured run, made once, and its classes as the views show them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from core.evaluation.diagnosis import Diagnosis
from core.runs.measured_run import MeasuredRun
from core.runs.run_folder import RunFolder
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from tests.studio.evaluation.measured import write_measured
from tests.studio.evaluation.plain import PlainRun


@pytest.fixture(scope="session")
def measured_folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    root: Path = tmp_path_factory.mktemp("measured")
    return write_measured(root, root / "runs")


@pytest.fixture(scope="session")
def measured(measured_folder: RunFolder) -> MeasuredRun:
    return MeasuredRun.open(measured_folder.path)


@pytest.fixture(scope="session")
def diagnosis(measured: MeasuredRun) -> Diagnosis:
    return measured.diagnosis()


@pytest.fixture(scope="session")
def shown(measured: MeasuredRun, diagnosis: Diagnosis) -> Callable[[str], ShownClass]:
    images = {image.id: image for image in measured.images}
    return lambda name: ShownClass(measured, images, diagnosis.classes, name)


@pytest.fixture
def threshold(qapp: object) -> Threshold:
    return Threshold()


@pytest.fixture(scope="session")
def plain(measured: MeasuredRun) -> PlainRun:
    return PlainRun(measured.voc / "VOC2007", measured.files)


@pytest.fixture
def show(qtbot: Any) -> Any:
    """Shows a view, and waits for its threads at the end."""
    made: list[QWidget] = []

    def new(view: QWidget, width: int = 700, height: int = 420) -> Any:
        qtbot.addWidget(view)
        view.resize(width, height)
        view.show()
        made.append(view)
        return view

    yield new
    for view in made:
        if hasattr(view, "close_reader"):
            view.close_reader()
