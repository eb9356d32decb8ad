"""Which of the steps from frames to an AP a project has behind it."""

from collections.abc import Sequence

from core.runs.run_folder import State
from core.trajectories.store import ClipSummary
from studio.runs.runs import Runs

REVIEWED_ENOUGH = 10
"""Tracks reviewed after which the step counts as done."""


def steps_done(summaries: Sequence[ClipSummary], runs: Runs) -> set[str]:
    """The steps that are done, by the names that `Steps` gives them."""
    done = {"import"} if summaries else set()
    if any(one.points for one in summaries):
        done.add("track")
    if sum(one.accepted + one.rejected for one in summaries) >= REVIEWED_ENOUGH:
        done.add("review")
    for step, names in (("pretrain", ("pretrain",)), ("evaluate", ("voc", "evaluate"))):
        if any(run.state is State.DONE for run in runs.for_job(*names)):
            done.add(step)
    return done
