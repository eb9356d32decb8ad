"""Means, intervals and paired differences over seeds, against values worked out by hand."""

import math
from pathlib import Path

import pytest

from core.detection.config import VocConfig
from core.evaluation.seeded_rows import baseline_of, seeded_difference, seeded_rows
from core.evaluation.table1 import paper_rows, row_of_run
from core.pretraining.config import PretrainConfig
from core.runs.run_folder import RunFolder
from tests.core.evaluation.evaluated import evaluated_run, row

T_OF_1, T_OF_2 = 12.7062, 4.3027
"""The 97.5 % quantiles of Student's t with one and two degrees of freedom, from a printed table."""


def seeded(start: str, values: dict[int, float], **more):
    aps = dict.fromkeys(row().aps)
    return [
        row(
            start=start,
            seed=seed,
            mean_ap=value,
            aps={name: value for name in aps},
            run=f"{start}{seed}",
            **more,
        )
        for seed, value in values.items()
    ]


def test_a_mean_has_the_interval_of_student():
    (mine,) = seeded_rows(seeded("RandomNet", {2: 33.0, 0: 30.0, 1: 30.0}))
    assert mine.seeds == (0, 1, 2)
    assert mine.mean_ap.mean == pytest.approx(31.0)
    # deviations −1, −1, 2: s = √(6/2) = √3, so half = t · √3 / √3 = t
    assert mine.mean_ap.half == pytest.approx(T_OF_2, abs=1e-4)
    assert mine.aps["cat"] == mine.mean_ap


def test_differences_are_paired_by_seed():
    """Seeds move both rows by ten points, and their difference by two: only pairing sees that."""
    rows = seeded_rows([*seeded("A", {0: 31.0, 1: 43.0, 5: 9.0}), *seeded("RandomNet", {1: 40.0, 0: 30.0})])
    mine, baseline = rows
    of = seeded_difference(mine, baseline)
    assert of.seeds == (0, 1)
    assert of.mean_ap.mean == pytest.approx(2.0)  # of 1 and 3
    assert of.mean_ap.half == pytest.approx(T_OF_1, abs=1e-3)  # s = √2, so half = t · √2 / √2
    assert of.aps["tvmonitor"].mean == pytest.approx(2.0)


def test_one_seed_has_no_interval_and_no_seed_in_common_no_difference():
    one, other = seeded_rows([*seeded("A", {0: 31.0}), *seeded("RandomNet", {1: 30.0})])
    assert math.isnan(one.mean_ap.half)
    assert seeded_difference(one, other).reason == "no seed is in both rows"


@pytest.mark.parametrize(
    "change",
    [
        {"objects": 5},
        {"network": "tiny"},
        {"schedule": "quick"},
        {"train_set": "VOC 2012 train"},
        {"metric": "voc10_area"},
        {"recipe": "other"},
        {"set": "val"},
    ],
    ids=str,
)
def test_unlike_rows_are_never_averaged(change):
    rows = seeded_rows([*seeded("A", {0: 31.0}), *seeded("A", {1: 33.0}, **change)])
    assert [each.seeds for each in rows] == [(0,), (1,)]


def test_rows_that_were_not_measured_alike_have_a_reason_in_place_of_a_difference():
    mine, baseline = seeded_rows([*seeded("A", {0: 31.0}), *seeded("RandomNet", {0: 30.0}, network="tiny")])
    of = seeded_difference(mine, baseline)
    assert of.mean_ap is None
    assert "paper network, not tiny" in of.reason


def test_quoted_rows_have_no_seed_and_are_left_out():
    assert seeded_rows(paper_rows()) == ()


def test_the_baseline_is_of_the_same_part():
    rows = seeded_rows(
        [
            *seeded("RandomNet", {0: 1.0}, scales="multi"),
            *seeded("RandomNet", {0: 1.0}),
            *seeded("A", {0: 2.0}),
        ]
    )
    assert baseline_of(rows[2], rows, "RandomNet") is rows[1]
    assert baseline_of(rows[2], rows, "SlowFeat-obj") is None


def test_a_baseline_that_agrees_goes_before_one_that_shares_more_seeds():
    rows = seeded_rows(
        [
            *seeded("RandomNet", {0: 1.0, 1: 1.0}),
            *seeded("RandomNet", {0: 3.0}, schedule="quick"),
            *seeded("A", {0: 4.0, 1: 4.0}, schedule="quick"),
        ]
    )
    baseline = baseline_of(rows[2], rows, "RandomNet")
    assert baseline is rows[1]
    assert seeded_difference(rows[2], baseline).mean_ap.mean == 1


def test_runs_tell_their_seed_and_by_what_they_were_made(tmp_path):
    """A seed, a place or a device makes no other recipe; a setting of the pretraining does."""

    def of(number: int, seed: int = 0, voc: dict | None = None, pretraining: dict | None = None):
        start = tmp_path / f"pretrain{number}"
        RunFolder.create(start, "pretrain", PretrainConfig(regime="obj", seed=seed, **(pretraining or {})))
        settings = VocConfig(network="tiny", init=str(start), seed=seed, **(voc or {}))
        return row_of_run(evaluated_run(tmp_path / f"voc{number}", settings))

    first, again = of(0), of(1, seed=1, voc={"device": "cpu", "cache": tmp_path, "report_every": 3})
    assert (first.seed, again.seed) == (0, 1)
    assert first.recipe == again.recipe
    assert len(seeded_rows([first, again])) == 1
    others = [of(2, voc={"learning_rate": 0.5}), of(3, pretraining={"steps": 7}), of(4, voc={"mode": "fast"})]
    assert len({each.recipe for each in [first, *others]}) == 4


def test_weights_files_are_alike_by_their_run_or_their_content_and_not_by_their_name(tmp_path):
    def of(number: int, init: Path):
        settings = VocConfig(network="tiny", init=str(init), seed=number)
        return row_of_run(evaluated_run(tmp_path / f"voc{number}", settings))

    def trunk(name: str, content: bytes, **pretraining) -> Path:
        run = RunFolder.create(tmp_path / name, "pretrain", PretrainConfig(**pretraining))
        (run.results / "trunk.safetensors").write_bytes(content)
        return run.results / "trunk.safetensors"

    def weights(folder: str, content: bytes) -> Path:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.safetensors").write_bytes(content)
        return tmp_path / folder / "mine.safetensors"

    gone = tmp_path / "gone" / "mine.safetensors"
    starts = [
        *(trunk("pre0", b"a", regime="obj", seed=0), trunk("pre1", b"b", regime="obj", seed=1)),
        trunk("other", b"c", regime="obj", steps=7),
        *(weights("here", b"a"), weights("there", b"a"), weights("elsewhere", b"b"), gone),
    ]
    groups = seeded_rows(of(number, start) for number, start in enumerate(starts))
    assert [(each.start, each.seeds) for each in groups] == [
        ("AssociationNet-obj", (0, 1)),
        ("AssociationNet-obj", (2,)),
        ("mine", (3, 4)),
        ("mine", (5,)),
        ("mine", (6,)),
    ]
    assert of(7, tmp_path / "pre0").recipe == of(8, starts[0]).recipe
