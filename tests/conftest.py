"""What every test shares: a display that needs no screen, and where real data lies."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

settings.register_profile("studio", deadline=None)  # a busy machine is not a failure
settings.load_profile("studio")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data sets; tests that need it skip where it is absent."""
    folder = os.environ.get("ASSOCIATIONNET_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("real data sets are absent; set ASSOCIATIONNET_DATA to their folder")
    return Path(folder)
