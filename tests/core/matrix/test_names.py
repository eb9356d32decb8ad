"""Folders of a matrix's runs, and what they are called."""

import pytest

from core.matrix.config import MatrixConfig
from core.matrix.names import matrix_run_name
from core.matrix.place import Place
from core.matrix.plan import plan
from core.runs.run_folder import RunFolder

DRIVER = "20260101T120000000-table1-0a1b"


@pytest.mark.parametrize(
    ("planned", "title"),
    [
        ("voc2007-RandomNet-seed0", "RandomNet · VOC 2007 · seed 0"),
        ("voc2007_sa-AssociationNet-objtr-seed12", "AssociationNet-objtr · VOC 2007 multi-scale · seed 12"),
        ("pretrain-SlowFeat-obj-seed1", "SlowFeat-obj · pretraining · seed 1"),
        ("boxes-voc2012-val", "boxes · VOC 2012 val"),
    ],
)
def test_a_folder_of_a_matrix_says_which_cell_it_is(planned, title):
    found = matrix_run_name(f"{DRIVER}-{planned}")
    assert found is not None
    assert (found.driver, found.planned, found.title) == (DRIVER, planned, title)


@pytest.mark.parametrize(
    "folder",
    [
        DRIVER,
        "20260101T120000000-voc-0a1b",
        f"{DRIVER}-mine",
        f"{DRIVER}-voc2007-LaterNet-seed0",
        f"{DRIVER}-voc1999-RandomNet-seed0",
        "voc2007-RandomNet-seed0",
    ],
)
def test_other_folders_are_of_no_matrix(folder):
    assert matrix_run_name(folder) is None


def test_every_planned_run_is_known_by_its_folder(tmp_path):
    planned = plan(MatrixConfig(voc=tmp_path, caltech101=tmp_path, seeds=2))
    place = Place.of(RunFolder(tmp_path / "runs" / DRIVER))
    names = [matrix_run_name(place.path_of(run.name).name) for run in planned.runs]
    assert [name and name.planned for name in names] == [run.name for run in planned.runs]
    assert len({name and name.title for name in names}) == len(names)
