"""Jobs that work clip by clip: one after the other, in several processes, or on a Dask cluster.

Wherever a clip is worked on, `work(folder, clip)` of the job's module does it and leaves its result in the
run folder, so what is found is the same, a clip that is done stays done when the run is stopped and
resumed, and a worker that is killed loses its clip alone. Workers elsewhere see the run folder and the
frames under the same paths as this machine does: a cluster needs a shared disk.
"""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import replace

from core.errors import StudioError
from core.events import Event, Log, Progress
from core.jobs.by_clip.results import clip_path, clips_done
from core.jobs.by_clip.task import Work, progress
from core.jobs.by_clip.workers import Part, share_out
from core.runs.run_folder import RunFolder
from core.tracking.config import FlowConfig
from core.trajectories.snapshot import ClipSnapshot


def run(
    folder: RunFolder, config: FlowConfig, clips: Sequence[ClipSnapshot], steps: Sequence[int], work: Work
) -> Generator[Event, None, None]:
    """Work on the clips that are not done.

    A clip that cannot be worked on, such as one whose frames cannot be read, is passed over with a warning.

    Args:
        steps: how many steps each clip takes.
        work: a function of the module that the run's job names.

    Raises:
        StudioError: no clip could be worked on, or there is no such cluster.
    """
    total, done = sum(steps), 0
    left: list[Part] = []
    for one, needed in zip(clips, steps, strict=True):
        if clip_path(folder, one.clip.id).exists():
            done += needed
        else:
            left.append(Part(one, needed))
    yield Progress(done, total)
    problem = ""
    elsewhere = bool(config.cluster) or (config.workers > 1 and len(left) > 1)
    worked_on = share_out(folder, config, left) if elsewhere else _here(folder, left, work)
    with contextlib.closing(worked_on):
        for part in worked_on:
            yield from part.now.said[part.heard :]
            part.heard = len(part.now.said)
            if part.now.problem:
                problem = part.now.problem
                yield Log(f"{part.clip.clip.name} was passed over: {problem}", "warning")
            yield Progress(done + sum(other.now.step for other in left), total, part.clip.clip.name)
    if problem and not clips_done(folder):
        raise StudioError(problem)


def _here(folder: RunFolder, parts: Sequence[Part], work: Work) -> Generator[Part, None, None]:
    for part in parts:
        with contextlib.closing(progress(folder, part.clip, work)) as steps:
            for part.now in steps:
                if not part.now.problem:
                    yield part
        part.now = replace(part.now, step=part.steps)
        yield part
