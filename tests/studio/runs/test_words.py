from pathlib import Path

import pytest

from core.pretraining.config import PretrainConfig
from core.runs.run_folder import RunFolder, State, Status
from studio.runs.run import Run
from studio.runs.words import labels, state_words


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


PICTURE = "picture 120 of 322"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            Status(State.RUNNING, 1002, 1307, "Fine-tuning", count="step 60 of 60"),
            "Fine-tuning · step 60 of 60",
        ),
        (
            Status(State.RUNNING, 1122, 1307, "Detecting", count=PICTURE),
            f"Detecting · {PICTURE}",
        ),
        (Status(State.RUNNING, 1200, 2000, "Training"), "Training · step 1,200 of 2,000"),
        (
            Status(State.STOPPED, 1122, 1307, "Detecting", count=PICTURE),
            f"stopped · {PICTURE}",
        ),
        (Status(State.DONE, 1307, 1307, "Measuring", count="class 20 of 20"), "done"),
    ],
)
def test_a_run_says_how_far_its_part_is_not_the_whole(tmp_path: Path, status: Status, words: str):
    one = run(tmp_path, "20260101T120000000000", "tr")
    one.status = status
    assert state_words(one) == words
