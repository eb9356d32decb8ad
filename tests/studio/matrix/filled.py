"""A matrix as far as a test wants it: folders as the jobs leave them, written through `RunFolder`."""

import contextlib
import datetime
import json
import time
from collections.abc import Iterator
from pathlib import Path

from core.datasets.voc import CLASSES
from core.matrix.config import MatrixConfig
from core.matrix.place import Place
from core.matrix.plan import Plan, plan
from core.matrix.state import RESULTS
from core.runs.provenance import MACHINES
from core.runs.run_folder import RunFolder, State, Status


class FilledMatrix:
    """A driver in a project's folder of runs, and whatever runs a test puts beside it."""

    def __init__(self, runs: Path, config: MatrixConfig, stamp: str = "20260101T120000000") -> None:
        self.driver = RunFolder.create(runs / f"{stamp}-table1-0a1b", "table1", config)
        self.planned: Plan = plan(config)
        self.place = Place.of(self.driver)

    def end(self, state: State, error: str = "") -> None:
        """Write down how the driver ended."""
        count = f"1 of {len(self.planned.cells)} cells"
        self.driver.write_status(Status(state, 10, 100, error=error, updated=time.time(), count=count))

    def put(
        self,
        name: str,
        state: State = State.DONE,
        *,
        share: float = 1.0,
        eta: float | None = None,
        error: str = "",
        mean_ap: float = 0.25,
        seconds: float = 90.0,
    ) -> RunFolder:
        """Put a planned run there; one that runs seems cut until its lock is held."""
        run = self.planned.by_name[name]
        settings = self.planned.settings_of(run, self.place)
        folder = RunFolder.create(self.place.path_of(name), run.job, settings)
        now = time.time()
        started = datetime.datetime.fromtimestamp(now - seconds, datetime.UTC).isoformat()
        (folder.path / MACHINES).write_text(json.dumps([{"started": started}]))
        if state is State.DONE:
            result = folder.results / RESULTS[run.job]
            result.write_text(json.dumps(_ap(mean_ap, name)) if run.job == "voc" else "{}")
        done = round(100 * share)
        count = f"step {done} of 100"
        folder.write_status(Status(state, done, 100, "Fine-tuning", eta, error, now, 0, count))
        return folder

    def put_needed(self, *, but: str = "") -> None:
        """Put all boxes and pretrainings there, done, except one."""
        for run in self.planned.runs:
            if run.job != "voc" and run.name != but:
                self.put(run.name, seconds=30)


@contextlib.contextmanager
def running(*folders: RunFolder) -> Iterator[None]:
    """Hold the locks of runs, as their workers do."""
    with contextlib.ExitStack() as held:
        for folder in folders:
            held.enter_context(folder.held_lock())
        yield


def _ap(mean: float, name: str) -> dict[str, object]:
    year = 2012 if "2012" in name else 2007
    return {
        "metric": "voc07_11point" if year == 2007 else "voc10_area",
        "year": year,
        "set": "test" if year == 2007 else "val",
        "network": "tiny",
        "scales": "multi" if "_sa" in name else "single",
        "train_year": year,
        "train_set": "trainval" if year == 2007 else "train",
        "start": "random",
        "schedule": "quick",
        "ap": dict.fromkeys(CLASSES, mean),
        "map": mean,
        "objects": dict.fromkeys(CLASSES, 10),
    }
