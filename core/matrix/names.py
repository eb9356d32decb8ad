"""What the runs of a matrix that lie in a project are called, by the names of their folders."""

import functools
import re
from dataclasses import dataclass

from core.matrix.entries import NETWORKS, SETTINGS

_FOLDER = re.compile(r"(?P<driver>\w+-table1-\w+)-(?P<planned>.+)")
_CELL = re.compile(r"(?P<part>[^-]+)-(?P<network>.+)-seed(?P<seed>\d+)")
_BOXES = re.compile(r"boxes-voc(?P<year>\d+)-(?P<set>\w+)")


@dataclass(frozen=True)
class MatrixRunName:
    """A run that fills a part of a matrix.

    Attributes:
        driver: the name of the folder of the matrix's own run.
        planned: its name in the plan, such as `voc2007-RandomNet-seed0`.
        title: the same for people, such as `RandomNet · VOC 2007 · seed 0`.
    """

    driver: str
    planned: str
    title: str


@functools.lru_cache(4096)
def matrix_run_name(folder: str) -> MatrixRunName | None:
    """What the run in a folder of this name is in a matrix; None where it belongs to none."""
    found = _FOLDER.fullmatch(folder)
    if found is None:
        return None
    title = planned_title(found["planned"])
    return MatrixRunName(found["driver"], found["planned"], title) if title else None


def setting_title(name: str) -> str:
    """A setting of the table in words, such as `VOC 2007 multi-scale`."""
    setting = SETTINGS[name]
    scales = " multi-scale" if setting.scales == "multi" else ""
    return f"VOC {setting.year}{' test' if setting.for_server else ''}{scales}"


def planned_title(planned: str) -> str:
    """A planned run for people, by its name in the plan; empty where that is none."""
    if boxes := _BOXES.fullmatch(planned):
        return f"boxes · VOC {boxes['year']} {boxes['set']}"
    cell = _CELL.fullmatch(planned)
    if cell is None or cell["network"] not in NETWORKS:
        return ""
    if cell["part"] in SETTINGS:
        return f"{cell['network']} · {setting_title(cell['part'])} · seed {cell['seed']}"
    return f"{cell['network']} · pretraining · seed {cell['seed']}" if cell["part"] == "pretrain" else ""
