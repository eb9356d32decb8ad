"""The formats as parameters of tests; Parquet is skipped, with a reason, where pyarrow is not installed."""

import importlib.util

import pytest

from core.trajectories.exchange import READ, WRITTEN

NEEDS_PYARROW = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed (the extra `parquet`)"
)


def _parameters(names):
    return [pytest.param(name, marks=NEEDS_PYARROW if name == "parquet" else ()) for name in names]


EVERY_FORMAT = _parameters(WRITTEN)
EVERY_READER = _parameters(READ)
