"""The table that a matrix gives so far: what is measured, and why the rest is not."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import StudioError
from core.evaluation.seeded_table import SeededTable, seeded_table
from core.evaluation.table1 import BEYOND, TableRow, row_of_run
from core.evaluation.voc_ap import OVERLAP
from core.matrix.entries import BASELINE, PAPER_NETWORKS, SCHEDULES, SETTINGS
from core.matrix.plan import Plan
from core.matrix.state import ARCHIVED, CellState, MatrixState, Stage
from core.record_file import read_record
from core.runs.run_folder import RunFolder
from core.trajectories.snapshot_head import read_head

_MISSING = {
    Stage.MISSING: "is not begun",
    Stage.WAITING: "waits for what it needs",
    Stage.RUNNING: "is running",
    Stage.CUT: "was stopped or killed; it can be resumed",
}


def table_of(planned: Plan, state: MatrixState, driver: RunFolder) -> SeededTable:
    """What a matrix has measured beside the paper; a cell that is not filled is a remark on its line."""
    rows: list[TableRow] = []
    remarks: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in state.cells:
        setting, remark = SETTINGS[each.cell.setting], _missing(each)
        if not remark and setting.for_server:
            remark = archive_words(each.evaluation.folder)
        elif not remark:
            try:
                row = row_of_run(each.evaluation.folder.path, _start(each.cell.network))
                remark = _other(row, each)
                rows += [] if remark else [row]
            except StudioError as error:
                remark = f"cannot be read: {str(error).rstrip('.')}"
        if remark:
            of = f" on VOC {setting.year} {setting.test_set}" if setting.for_server else ""
            remarks[setting.part, each.cell.network].append(f"Seed {each.cell.seed}{of} {remark}.")
    networks: defaultdict[str, list[str]] = defaultdict(list)
    for cell in planned.cells:
        part = SETTINGS[cell.setting].part
        if cell.network not in networks[part]:
            networks[part].append(cell.network)
    ordered = {each.part: networks[each.part] for each in SETTINGS.values() if each.part in networks}
    return seeded_table(rows, ordered, remarks, BASELINE, _notes(planned, driver))


def _start(network: str) -> str:
    """What the rows of a network are called."""
    return network if network in PAPER_NETWORKS else network + BEYOND


def _other(row: TableRow, state: CellState) -> str:
    """What a cell's folder holds where that is no measurement of the cell; empty where it is."""
    setting = SETTINGS[state.cell.setting]
    wanted = (setting.part, setting.test_set, OVERLAP, state.cell.seed)
    if (row.part, row.set, row.overlap, row.seed) == wanted:
        return ""
    return (
        f"has another measurement in its place ({row.conditions}; scales {row.scales}; seed {row.seed}); "
        f"delete {state.evaluation.folder.name} and run again"
    )


@dataclass(frozen=True)
class _Archive:
    """What the evaluation notes of an archive that it packed."""

    archive: str = field(metadata={"longest": 1_024})
    images: int = 0
    detections: int = 0


def archive_words(folder: RunFolder) -> str:
    """Where the run of a cell left the archive for VOC's server."""
    try:
        noted = read_record(_Archive, folder.results / ARCHIVED)
        return f"is packed for VOC's server: {folder.results / Path(noted.archive).name}"
    except StudioError:
        return "was packed for VOC's server"


def _missing(state: CellState) -> str:
    if state.stage is Stage.FAILED:
        return f"failed: {state.error.rstrip('.')}"
    return _MISSING.get(state.stage, "")


def _notes(planned: Plan, driver: RunFolder) -> list[str]:
    schedule = SCHEDULES[planned.config.schedule]
    pretraining = schedule.pretraining
    notes = []
    if any(cell.pretraining for cell in planned.cells):
        notes.append(
            f"Every trunk was pretrained for {pretraining['steps']:,} steps of {pretraining['batch']} pairs, "
            "triplets or images, on all that there is, with nothing held out; the paper does not say for how "
            "long it trained."
        )
    if head := read_head(driver.snapshot):
        notes.append(
            f"The trajectories are of {len(head.uses)} clips at revision {head.revision} of the project; "
            "the paper had about 2,500 object tracks and 12,500 point tracks."
        )
    return notes
