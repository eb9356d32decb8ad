"""The formats as parameters of tests; Parquet is skipped, with a reason, where pyarrow is not installed."""

import importlib.util

import pytest

from core.trajectories.exchange import FORMATS

NEEDS_PYARROW = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed (the extra `parquet`)"
)
EVERY_FORMAT = [
    pytest.param(name, marks=NEEDS_PYARROW) if name == "parquet" else pytest.param(name) for name in FORMATS
]
