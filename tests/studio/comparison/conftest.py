"""The project and runs of the workspaces' tests, and runs that measured a small set."""

from pathlib import Path

import pytest

from tests.core.evaluation.pictures_with_detections import small_voc
from tests.studio.workspaces.conftest import document, follow

__all__ = ["document", "follow"]


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    return small_voc(tmp_path / "VOCdevkit")
