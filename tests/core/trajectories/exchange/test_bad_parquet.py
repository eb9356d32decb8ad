"""Damaged and wrong Parquet tables, and none where the library for them is absent."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import StudioError
from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.model import PointTrajectories
from tests.core.trajectories.exchange import random_tracks
from tests.core.trajectories.exchange.every_format import NEEDS_PYARROW

CLIP = random_tracks.clip()


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    for act in (
        lambda: import_tracks("parquet", tmp_path / "a.parquet", CLIP),
        lambda: export_clip("parquet", CLIP, PointTrajectories.pack([], []), (), tmp_path / "out"),
    ):
        with pytest.raises(
            StudioError, match=r"^Parquet needs pyarrow, which is missing; run pip install pyarrow\.$"
        ):
            act()
    assert not (tmp_path / "out").exists()


@NEEDS_PYARROW
def test_parquet_with_other_types_is_refused(tmp_path):
    import pyarrow
    from pyarrow import parquet

    columns = {"kind": ["point"], "trajectory": [1], "frame": [0], "x": ["one"], "y": [2.0]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    with pytest.raises(StudioError, match=r"a point that is not all numbers, track 1 in frame 0 \(row 1\)"):
        import_tracks("parquet", tmp_path / "a.parquet", CLIP)
    columns |= {"x": [[1.0]], "kind": [None]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    with pytest.raises(StudioError, match="has the column 'x' as list<element: double>; save it as numbers"):
        import_tracks("parquet", tmp_path / "a.parquet", CLIP)


_EVERY_BYTE_OF_A_FOOTER = """
import sys
from pathlib import Path
from core.errors import StudioError
from core.trajectories.exchange import parquet
path = Path(sys.argv[1])
data = path.read_bytes()
for place in range(len(data) - 8 - int.from_bytes(data[-8:-4], "little"), len(data) - 8):
    for new in (0, 0x19):  # where a list ends too early, or one more begins
        path.write_bytes(data[:place] + bytes([new]) + data[place + 1 :])
        try:
            parquet.head(path)
        except StudioError:
            pass
"""


@NEEDS_PYARROW
def test_no_footer_of_a_parquet_table_ends_the_process(tmp_path):
    """As pyarrow does where it is asked for a column whose statistics do not fit."""
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"x": [1.0, None]}), tmp_path / "a.parquet", store_schema=False)
    code = subprocess.run(
        [sys.executable, "-c", _EVERY_BYTE_OF_A_FOOTER, str(tmp_path / "a.parquet")],
        cwd=Path(__file__).parents[4],
        check=False,
    ).returncode
    assert code == 0
