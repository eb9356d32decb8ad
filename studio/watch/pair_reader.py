"""Reads the pairs of a run and of a run not yet started. Called in a thread; touches no Qt object."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from core.errors import StudioError
from core.pretraining.config import PretrainConfig
from core.pretraining.record.pair_log import PairLog
from core.pretraining.record.pair_source import PairSource, SampledStep
from core.pretraining.record.preview import first_batches, next_batches
from core.project.project import Project
from core.trajectories import store
from core.trajectories.snapshot import take_snapshot


class Which(IntEnum):
    """The pairs that the run sees next, those of a step, or the first of a run not yet started."""

    NEXT = 0
    AT_STEP = 1
    NEW_RUN = 2


@dataclass(frozen=True, eq=False)
class ShownPairs:
    """What was read.

    Attributes:
        source: where the pairs come from.
        sampled: the pairs.
        losses: (B,) float32 of them; None before they are trained on.
        steps: (n,) int32, the steps of the run that can be shown.
    """

    which: Which
    source: PairSource
    sampled: SampledStep
    losses: np.ndarray | None
    steps: np.ndarray


class PairReader:
    """Keeps the log of the run that was read last, with the trajectories it packed. For one thread."""

    def __init__(self) -> None:
        self._path = Path()
        self._log = PairLog(self._path)

    def next(self, path: Path) -> ShownPairs:
        """The very next pairs of a run.

        Raises:
            StudioError: they are not known.
        """
        preview = next_batches(path, 1)
        return ShownPairs(Which.NEXT, preview.source, preview.steps[0], None, self._log_of(path).steps)

    def at(self, path: Path, span: tuple[int, int] | None) -> ShownPairs:
        """The worst batch of some steps, ends included; of the newest step where it is None.

        Where none of them was recorded it is the nearest that was.

        Raises:
            StudioError: none was recorded.
        """
        log = self._log_of(path)
        steps = log.steps
        if len(steps) == 0:
            raise StudioError(
                "The run has recorded no pairs yet; they appear here as it reports. Runs of older versions "
                "recorded none."
            )
        step = log.worst(*span) if span is not None else int(steps[-1])
        if step is None:
            step = int(steps[np.abs(steps - (span or (0, 0))[1]).argmin()])
        drawn, losses, _ = log.batch(step)
        return ShownPairs(Which.AT_STEP, log.source, log.source.sampled(step, drawn), losses, steps)

    def _log_of(self, path: Path) -> PairLog:
        if path != self._path:
            self._path, self._log = path, PairLog(path)
        return self._log


def of_new_run(project: Project, config: PretrainConfig) -> ShownPairs:
    """The first pairs of a run of a project with some settings.

    Raises:
        StudioError: nothing would train.
    """
    with project.reading() as connection:
        snapshot = take_snapshot(connection, store.clips(connection), project.path)
    preview = first_batches(config, snapshot, 1)
    return ShownPairs(Which.NEW_RUN, preview.source, preview.steps[0], None, np.zeros(0, np.int32))
