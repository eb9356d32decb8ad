from pathlib import Path

from core.pretraining.config import PretrainConfig
from core.runs.run_folder import RunFolder
from studio.runs.run import Run
from studio.runs.words import labels


def run(parent: Path, stamp: str, regime: str) -> Run:
    settings = PretrainConfig(regime=regime)
    folder = RunFolder.create(parent / f"{stamp}-pretrain-0000", "pretrain", settings)
    return Run("pretrain", folder.settings_as_written(), folder)


def test_runs_that_would_share_a_name_are_told_apart_by_when_they_were_made(tmp_path: Path):
    first, alone = run(tmp_path, "20260101T120000000000", "tr"), run(tmp_path, "20260101T130000000000", "obj")
    second, later = run(tmp_path, "20260101T120005000000", "tr"), run(tmp_path, "20260102T120000000000", "tr")
    assert labels([alone]) == ["association obj"]
    one_day = labels([first, second, alone])
    assert one_day[2] == "association obj"
    assert len(set(one_day)) == 3
    days = labels([first, later])
    assert days[0].startswith("association tr, 01 Jan")
    assert days[1].startswith("association tr, 02 Jan")
