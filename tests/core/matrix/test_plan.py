"""The plan against the paper's Table 1 as it is printed, read here on its own."""

import csv
from pathlib import Path

import pytest

from core.detection.config import SCHEDULES as FINE_TUNING
from core.errors import StudioError
from core.matrix.config import MatrixConfig, grown
from core.matrix.entries import SCHEDULES, SETTINGS
from core.matrix.place import Place
from core.matrix.plan import plan
from core.runs.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[3]
HERE = Place(Path("m/runs"), "", Path("m/cache"))


def config(**more) -> MatrixConfig:
    return MatrixConfig(**{"voc": Path("voc"), "caltech101": Path("caltech"), **more})


def printed() -> list[tuple[str, str]]:
    """Setting and network of each row that the paper prints, in its order."""
    with open(ROOT / "resources" / "table1.csv", encoding="utf-8") as file:
        return [(row["setting"], row["network"]) for row in csv.DictReader(file)]


def test_the_cells_are_the_rows_of_the_paper_once_a_seed():
    planned = plan(config(seeds=2))
    for seed in (0, 1):
        cells = [(cell.setting, cell.network) for cell in planned.cells if cell.seed == seed]
        assert cells == printed()
    assert len(planned.cells) == 32


def test_a_pretraining_is_shared_by_all_settings_and_belongs_to_one_seed():
    planned = plan(config(seeds=2))
    for cell in planned.cells:
        if cell.network == "RandomNet":
            assert cell.pretraining is None
        else:
            assert (cell.pretraining.network, cell.pretraining.seed) == (cell.network, cell.seed)
            assert cell.pretraining.name in cell.evaluation.needs
    assert sum(run.job == "pretrain" for run in planned.runs) == 12
    assert len({run.name for run in planned.runs}) == len(planned.runs) == 4 + 12 + 32


def test_what_a_run_needs_comes_before_it_and_one_seed_before_the_next():
    planned = plan(config(seeds=3))
    place = {run.name: number for number, run in enumerate(planned.runs)}
    for run in planned.runs:
        assert all(place[name] < place[run.name] for name in run.needs)
    seeds = [run.seed for run in planned.runs if run.seed is not None]
    assert seeds == sorted(seeds)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_runs_of_a_matrix_differ_in_what_the_table_says_alone(schedule):
    """Rows are compared with one another: network, steps and all else must be the same in each."""
    planned = plan(config(seeds=2, schedule=schedule))
    pretrainings, evaluations = [], []
    for run in planned.runs:
        settings = planned.settings_of(run, HERE)
        if run.job == "pretrain":
            values = vars(settings).copy()
            assert values.pop("seed") == run.seed
            assert (values.pop("method"), values.pop("regime")) in METHODS[run.network]
            assert (values.pop("images") is not None) == (run.network == "Caltech101Net")
            pretrainings.append(values)
        elif run.job == "voc":
            values = vars(settings).copy()
            assert values.pop("seed") == run.seed
            start = "random" if run.network == "RandomNet" else f"pretrain-{run.network}-seed{run.seed}"
            assert Path(values.pop("init")).name == start
            assert IMAGES[run.setting] == tuple(
                values.pop(key) for key in ("year", "set", "test_set", "scales")
            )
            evaluations.append(values)
    assert all(each == pretrainings[0] for each in pretrainings)
    assert all(each == evaluations[0] for each in evaluations)
    assert pretrainings[0]["held_out"] == "0"  # rows learn from all clips, and from the same in all seeds
    assert pretrainings[0]["network"] == evaluations[0]["network"] != "auto"


METHODS = {
    "Caltech101Net": {("caltech101", "objtr")},
    "SlowFeat-obj": {("slowfeat", "obj")},
    "SlowFeat-objtr": {("slowfeat", "objtr")},
    "AssociationNet-obj": {("association", "obj")},
    "AssociationNet-tr": {("association", "tr")},
    "AssociationNet-objtr": {("association", "objtr")},
}
IMAGES = {
    "voc2007": (2007, "trainval", "test", "single"),
    "voc2007_sa": (2007, "trainval", "test", "multi"),
    "voc2012": (2012, "train", "val", "single"),
}


def test_the_paper_s_schedule_is_the_paper_s():
    planned = plan(config(schedule="paper"))
    voc = planned.settings_of(planned.cells[0].evaluation, HERE)
    assert (voc.network, voc.total_steps, voc.learning_rate, voc.steps) == ("paper", 40_000, 0, 0)
    assert FINE_TUNING[voc.schedule].learning_rate == 0.001
    assert (voc.image_size.short_side, voc.image_size.long_side, voc.mode) == (600, 1000, "rcnn")
    assert planned.settings_of(planned.by_name["pretrain-SlowFeat-obj-seed0"], HERE).network == "paper"


def test_networks_beyond_the_paper_join_where_it_has_all_seven():
    planned = plan(config(networks=("RandomNet", "NCE-obj")))
    cells = [(cell.setting, cell.network) for cell in planned.cells]
    both = ("RandomNet", "NCE-obj")
    assert cells == [(part, name) for part in ("voc2007", "voc2007_sa") for name in both] + [
        ("voc2012", "RandomNet")
    ]


def test_boxes_are_searched_once_and_only_those_that_are_needed():
    boxes = [run.name for run in plan(config(settings=("voc2012",))).runs if run.job == "proposals"]
    assert boxes == ["boxes-voc2012-train", "boxes-voc2012-val"]
    planned = plan(config())
    assert len({planned.settings_of(run, HERE).cache for run in planned.runs if run.job != "pretrain"}) == 1


def test_a_matrix_grows_and_never_shrinks():
    began = config(networks=("RandomNet", "SlowFeat-obj"), settings=("voc2012",), seeds=2)
    more = grown(began, {"networks": ["AssociationNet-tr", "RandomNet"], "settings": ["voc2007"], "seeds": 1})
    assert more.networks == ("RandomNet", "SlowFeat-obj", "AssociationNet-tr")
    assert (more.settings, more.seeds) == (("voc2007", "voc2012"), 2)
    assert {run.name for run in plan(began).runs} <= {run.name for run in plan(more).runs}
    with pytest.raises(StudioError, match="networks must be some of"):
        grown(began, {"networks": ["Random"]})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"networks": ("ImageNet",)}, "not 'ImageNet'"),
        ({"networks": ()}, "at least one"),
        ({"settings": ("voc2010",)}, "not 'voc2010'"),
        ({"caltech101": None}, "leave Caltech101Net out"),
        ({"seeds": 0}, "seeds must be at least 1"),
    ],
)
def test_what_no_table_can_hold_is_refused_in_a_sentence(values, words):
    with pytest.raises(StudioError, match=words):
        config(**values)


def test_runs_lie_beside_the_driver_or_in_its_project(tmp_path):
    alone = Place.of(RunFolder(tmp_path / "m" / "run"))
    assert alone.path_of("x") == tmp_path / "m" / "runs" / "x"
    within = Place.of(RunFolder(tmp_path / "p" / "runs" / "20261126-table1-ab"))
    assert within.path_of("x") == tmp_path / "p" / "runs" / "20261126-table1-ab-x"
    assert within.cache == tmp_path / "p" / "cache" / "proposals"


def test_the_paper_s_own_test_of_2012_is_planned_where_it_is_asked_for():
    assert "voc2012_test" not in {cell.setting for cell in plan(config()).cells}
    planned = plan(config(settings=("voc2012_test",)))
    assert [cell.network for cell in planned.cells] == ["RandomNet", "AssociationNet-objtr"]
    voc = planned.settings_of(planned.cells[0].evaluation, HERE)
    assert (voc.year, voc.set, voc.test_set) == (2012, "trainval", "test")
    assert set(IMAGES) == set(SETTINGS) - {"voc2012_test"}
