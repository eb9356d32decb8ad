import csv
import io
import json

import pytest

from core.cli import main
from core.errors import StudioError
from core.evaluation.probe_table import (
    Measure,
    cell,
    column_of,
    format_probes,
    joined,
    measures_of,
    read_column,
)


def values(init, accuracies, **more):
    """As `probe.json` holds them."""
    rows = [
        {"layer": layer, "classifier": name, "per_class": count, "accuracies": accuracies}
        for layer, name, count in [("fc6", "linear", 1), ("pool5", "linear", 10), ("pool5", "knn", 10)]
    ]
    known = {"set": "voc2007", "init": init, "network": "tiny", "chance": 0.2, "classes": list("abcde")}
    return {**known, "results": rows, **more}


def test_probes_of_the_same_start_are_one_column_with_an_interval_over_them():
    columns = [column_of(values("random", [0.4, 0.5])), column_of(values("random", [0.5, 0.6]))]
    [column] = joined(columns)
    measure = Measure("pool5", "linear", 10)
    # t = 12.706 with one degree of freedom; the means .45 and .55 deviate by .0707
    assert cell(column.interval(measure)) == "50.0 ± 63.5"
    assert cell(columns[0].interval(measure)) == "45.0 ± 63.5"  # over its two choices of images
    assert column.over == "2 probes of the same start"
    assert column.interval(Measure("fc7", "linear", 10)) is None


def test_random_weights_come_first_and_measures_layer_by_layer():
    columns = joined([column_of(values("/x/run.safetensors", [0.7])), column_of(values("random", [0.4]))])
    assert [column.name == "RandomNet" for column in columns] == [True, False]
    assert measures_of(columns) == [
        Measure("pool5", "knn", 10),
        Measure("pool5", "linear", 10),
        Measure("fc6", "linear", 1),
    ]


def test_a_file_of_an_older_version_is_read():
    old = {"set": "caltech101", "init": "random", "network": "tiny", "layer": "fc7", "splits": [0.3, 0.4]}
    column = column_of({**old, "chance": 0.01, "classes": ["a"] * 100, "per_class": 10})
    assert column.runs == ({Measure("fc7", "linear", 10): [0.3, 0.4]},)


@pytest.mark.parametrize("how", ["text", "markdown", "latex"])
def test_a_table_says_what_its_intervals_are_over_and_what_cannot_be_compared(how):
    columns = joined(
        [
            column_of(values("random", [0.4, 0.5])),
            column_of(values("/x/a_b.safetensors", [0.7], set="caltech101")),
        ]
    )
    table = format_probes(columns, how)
    assert "95 % t-interval over choices of training images" in table.replace("\\%", "%")
    assert "Not comparable" in table
    assert "70.0" in table
    assert ("a\\_b" if how == "latex" else "a_b") in table


def test_csv_holds_every_number_unrounded():
    rows = list(
        csv.DictReader(io.StringIO(format_probes([column_of(values("random", [1 / 3, 2 / 3]))], "csv")))
    )
    assert len(rows) == 3
    assert float(rows[0]["mean"]) == pytest.approx(50)
    assert float(rows[0]["half_95"]) == pytest.approx(12.7062 * 100 / 6, rel=1e-4)


def test_the_command_reads_runs_and_files(tmp_path, capsys):
    run, file = tmp_path / "run", tmp_path / "said.json"
    (run / "results").mkdir(parents=True)
    (run / "results" / "probe.json").write_text(json.dumps(values("random", [0.4])))
    file.write_text(json.dumps(values("random", [0.5])))
    words = ["probes", "--runs", str(run), str(file), "--format", "markdown", "--json", str(tmp_path / "j")]
    assert main(words) == 0
    assert "| pool5 linear, 10 a class | 45.0 ± 63.5 |" in capsys.readouterr().out
    [column] = json.loads((tmp_path / "j").read_text())["columns"]
    assert column["results"][0]["runs"] == [[0.4], [0.5]]
    assert main(["probes", "--runs", str(tmp_path)]) == 1
    assert "nothing that a probe measured" in capsys.readouterr().err


def test_a_damaged_file_is_said(tmp_path):
    for text in ("{", "[]", '{"results": [{}]}'):
        (tmp_path / "file").write_text(text)
        with pytest.raises(StudioError, match=r"measured|damaged"):
            read_column(tmp_path / "file")
