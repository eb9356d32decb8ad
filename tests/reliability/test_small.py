"""A small part of the attacks, as the normal suite runs it; `python -m tests.reliability` runs all."""

import json

import pytest

from tests.reliability import __main__ as reliability
from tests.reliability.attack import failed, seeds
from tests.reliability.table import attacks

SMALL = (
    "kills-core",
    "power-cuts",
    "power-cuts-control",
    "failing-calls-edits",
    "failing-calls-export",
    "mutants-proposals",
)


def test_one_round_of_some_attacks(tmp_path, capsys):
    words = ["--minutes", "0", "--only", *SMALL, "--out", str(tmp_path / "out.json")]
    assert reliability.main(words) == 0, capsys.readouterr().err
    lines = json.loads((tmp_path / "out.json").read_text())["lines"]
    assert [line["attack"] for line in lines] == list(SMALL)
    assert all(line["rounds"] or line["skipped"] for line in lines)
    assert capsys.readouterr().out.count("\n") == 2 + len(SMALL)


def test_every_attack_has_a_name_of_its_own_and_a_share():
    assert all(name == attack.name and attack.share > 0 for name, attack in attacks().items())
    assert set(SMALL) <= attacks().keys()


def test_a_seed_counts_rounds_and_one_is_always_done():
    assert list(seeds(0, 7)) == [7]
    assert failed(7, "lost").startswith("seed 7: ")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_attack(capsys):
    assert reliability.main(["--minutes", "40"]) == 0, capsys.readouterr().err
