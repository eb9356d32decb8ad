"""Where the trunk of a run was pretrained: another run of the project, or not known."""

from collections.abc import Sequence
from pathlib import Path

from studio.runs.run import Run


def pretraining_of(run: Run, runs: Sequence[Run]) -> Run | None:
    """The run of these that a run's trunk comes from; None for a random start, a file, a run that is gone.

    In a copy of a project the weights may still be found where it was copied from; then its name decides.
    """
    if not run.weights:
        return None
    start = Path(run.weights)
    found = [one for one in runs if one.path == start] or [one for one in runs if one.name == start.name]
    return found[0] if found else None
