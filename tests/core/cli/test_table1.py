"""`table1`: the paper's rows, runs beside them, and differences where both were measured alike."""

import json

import pytest

import main
from core.detection.config import VocConfig
from tests.core.evaluation.evaluated import evaluated_run


def table1(*words: object) -> int:
    return main.main(["table1", *map(str, words)])


def test_differences_to_a_baseline_are_printed_where_rows_agree(tmp_path, capsys):
    mine = evaluated_run(tmp_path / "mine", VocConfig(network="tiny", init="w.safetensors"), ap=0.5)
    random = evaluated_run(tmp_path / "random", VocConfig(network="tiny"), ap=0.25)
    larger = evaluated_run(tmp_path / "larger", VocConfig(network="small", init="w.safetensors"))
    assert table1("--runs", mine, random, larger, "--baseline", "RandomNet", "--json", tmp_path / "out") == 0
    printed = capsys.readouterr().out
    assert "w (larger): n/a: small network, not tiny (RandomNet (random))" in printed
    rows = {row["network"]: row["difference"] for row in json.loads((tmp_path / "out").read_text())["rows"]}
    assert rows["w (mine)"]["map"] == pytest.approx(0.25)
    assert rows["w (mine)"]["baseline"] == "RandomNet (random)"
    assert rows["w (larger)"]["map"] is None
    assert table1("--runs", larger, "--baseline", "w (larger)") == 0


def test_without_a_baseline_there_are_no_differences(capsys):
    assert table1() == 0
    printed = capsys.readouterr().out
    assert "differences" not in printed
    assert printed.count("AssociationNet-objtr") == 3


def test_a_baseline_that_is_not_there_is_refused_with_the_names_there_are(capsys):
    assert table1("--baseline", "Random") == 1
    assert "There is no row 'Random'; name one of the table, such as RandomNet," in capsys.readouterr().err
