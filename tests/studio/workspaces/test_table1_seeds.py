"""Runs that differ only in their seed are one row of Table 1: mean, interval, differences paired by seed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from scipy import stats

from core.pretraining.config import PretrainConfig
from studio.document import Document
from studio.in_steps import whole
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.workspaces.compare import CompareWorkspace
from tests.studio.workspaces import recorded
from tests.studio.workspaces.test_compare import choose

CATS = {"tr": (0.50, 0.56, 0.53), "random": (0.40, 0.44, 0.45)}
"""AP of cat by seed."""


def evaluations(runs: Path) -> None:
    """Three seeds of a random start, and of three pretraining runs that differ in their seed."""
    for seed, cat in enumerate(CATS["tr"]):
        settings = PretrainConfig(regime="tr", seed=seed)
        start = recorded.pretraining(runs, f"20260101T00000{seed}", settings)
        recorded.evaluation(
            runs, f"20260102T00000{seed}", {"cat": cat, "dog": 0.2}, init=str(start.path), seed=seed
        )
    for seed, cat in enumerate(CATS["random"]):
        recorded.evaluation(runs, f"20260103T00000{seed}", {"cat": cat, "dog": 0.2}, seed=seed)


@pytest.fixture
def compare(document: Document, follow: Callable[[], Runs], qtbot: Any) -> CompareWorkspace:
    evaluations(document.project.runs)
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    workspace.resize(1400, 900)
    workspace.show()
    choose(qtbot, workspace, *workspace._runs.for_job("voc"))
    return workspace


def test_at_first_the_newest_and_random_starts_are_compared_with_all_their_seeds(
    document: Document, follow: Callable[[], Runs], qtbot: Any
) -> None:
    runs = document.project.runs
    recorded.evaluation(runs, "20260104T000000", {"cat": 0.6}, init="elsewhere.safetensors")
    recorded.evaluation(runs, "20260105T000000", {"cat": 0.6}, init="another.safetensors")
    for seed in range(3):
        recorded.evaluation(runs, f"20260103T00000{seed}", {"cat": 0.5}, seed=seed)
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    assert [run.start for run in workspace.run_list.chosen()] == ["another", *["RandomNet"] * 3]


def lines(workspace: CompareWorkspace, head: int = 8) -> list[tuple[str, str]]:
    """Name of each line of runs, and its text in a column; 8 is cat."""
    model = workspace.table.model
    return [
        (str(model.headerData(row, Qt.Orientation.Vertical)).strip(), str(model.index(row, head).data()))
        for row in range(model.rowCount())
        if not model.lines[row].row.is_quoted
    ]


def t_half(values: Any) -> float:
    return float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))


def test_seeds_are_gathered_into_one_row(compare: CompareWorkspace) -> None:
    random, pretrained = (100 * np.array(CATS[name]) for name in ("random", "tr"))
    assert lines(compare) == [
        ("▸ RandomNet · 3 seeds", f"{random.mean():.1f} ± {t_half(random):.1f}"),
        ("▸ AssociationNet-tr · 3 seeds", f"▲ {pretrained.mean():.1f} ± {t_half(pretrained):.1f}"),
    ]


def test_differences_are_paired_by_seed(compare: CompareWorkspace) -> None:
    compare.table.differences.click()
    apart = 100 * (np.array(CATS["tr"]) - np.array(CATS["random"]))
    assert lines(compare)[1][1] == f"{apart.mean():+.1f} ± {t_half(apart):.1f}"
    assert abs(apart.mean()) > t_half(apart)
    font = compare.table.model.index(1, 8).data(Qt.ItemDataRole.FontRole)
    assert font.bold()
    assert not compare.table.model.index(1, 12).data(Qt.ItemDataRole.FontRole).bold()  # dog: equal
    tip = compare.table.model.index(1, 8).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith("against RandomNet, paired by 3 seeds")


def test_a_row_opens_to_its_seeds_by_click_and_by_key(compare: CompareWorkspace, qtbot: Any) -> None:
    names = compare.table.table.verticalHeader()
    place = names.viewport().rect().topLeft()
    place.setX(20)
    place.setY(names.sectionViewportPosition(1) + names.sectionSize(1) // 2)
    qtbot.mouseClick(names.viewport(), Qt.MouseButton.LeftButton, pos=place)
    found = lines(compare)
    assert found[1][0] == "▾ AssociationNet-tr · 3 seeds"
    assert [name for name, _ in found[2:]] == ["seed 0", "seed 1", "seed 2"]
    assert [text for _, text in found[2:]] == ["▲ 50.0", "▲ 56.0", "▲ 53.0"]
    qtbot.keyClick(compare.table.table, Qt.Key.Key_Space)
    assert len(lines(compare)) == 2


def test_the_seeds_of_the_reference_hold_no_values_among_differences(compare: CompareWorkspace) -> None:
    compare.table.table.setCurrentIndex(compare.table.model.index(0, 0))
    compare.table.model.turn(0)
    compare.table.differences.click()
    assert [text for _, text in lines(compare)[:4]] == ["–"] * 4


def test_one_seed_more_once_is_no_further_seed(
    document: Document, follow: Callable[[], Runs], qtbot: Any
) -> None:
    for second in range(2):
        recorded.evaluation(document.project.runs, f"20260103T00000{second}", {"cat": 0.5}, seed=7)
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    choose(qtbot, workspace, *workspace._runs.for_job("voc"))
    assert len(lines(workspace)) == 2
    assert all("seeds" not in name for name, _ in lines(workspace))
    tip = workspace.table.model.index(1, 8).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith(", of seed 7")


def test_runs_of_other_settings_are_no_seeds_of_each_other(
    document: Document, follow: Callable[[], Runs], qtbot: Any
) -> None:
    runs = document.project.runs
    recorded.evaluation(runs, "20260103T000000", {"cat": 0.5}, seed=0)
    recorded.evaluation(runs, "20260103T000001", {"cat": 0.4}, seed=1, learning_rate=0.1)
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    choose(qtbot, workspace, *workspace._runs.for_job("voc"))
    assert [name for name, _ in lines(workspace)] == ["RandomNet, seed 1", "RandomNet, seed 0"]


def test_list_and_table_call_runs_the_same_and_give_them_one_colour(compare: CompareWorkspace) -> None:
    for run in compare._runs.for_job("voc"):
        assert compare.run_list.name_of(run).endswith(f", seed {run.settings['seed']}")
    colours = {line.row.name: line.row.colour for line in compare.table.model.lines if line.row.runs}
    assert len(set(colours.values())) == 2
    model = compare.run_list._shown.source
    for run in compare._runs.for_job("voc"):
        assert model.colours[run] == colours[run.label]


def colour_of(workspace: CompareWorkspace, run: Run) -> int:
    return workspace.run_list._shown.source.colours[run]


def test_colours_do_not_change_with_what_else_is_chosen(compare: CompareWorkspace, qtbot: Any) -> None:
    newest, *_, oldest = compare._runs.for_job("voc")
    choose(qtbot, compare, oldest)
    alone = colour_of(compare, oldest)
    choose(qtbot, compare, newest, oldest)
    other = colour_of(compare, newest)
    assert colour_of(compare, oldest) == alone != other
    choose(qtbot, compare, newest)
    assert colour_of(compare, newest) == other
