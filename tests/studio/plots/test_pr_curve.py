import os
from pathlib import Path

import numpy as np
import pytest

from studio.plots import pr_curve
from studio.plots.pr_curve import read_pr


def write(results: Path, precision: float, stamp: int) -> None:
    curves = {"cat_recall": np.array([0.5], np.float32), "cat_precision": np.array([precision], np.float32)}
    np.savez(results / "pr.npz", **curves)
    os.utime(results / "pr.npz", ns=(stamp, stamp))


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    loads = []
    load = np.load
    monkeypatch.setattr(
        pr_curve.np, "load", lambda *args, **kwargs: (loads.append(1), load(*args, **kwargs))[1]
    )
    write(tmp_path, 0.25, 1)
    for _ in range(3):
        assert read_pr(tmp_path, "cat")[1] == pytest.approx([0.25])
    assert len(loads) == 1
    write(tmp_path, 0.75, 2)
    assert read_pr(tmp_path, "cat")[1] == pytest.approx([0.75])


def test_without_curves_there_are_none(tmp_path: Path):
    assert read_pr(tmp_path, "cat") is None
    write(tmp_path, 0.5, 1)
    assert read_pr(tmp_path, "dog") is None
    (tmp_path / "pr.npz").write_bytes(b"PK damaged")
    assert read_pr(tmp_path, "cat") is None
