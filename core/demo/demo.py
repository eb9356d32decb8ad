"""The main job end to end, and its claim: do trajectories help a detector that has few labels?

Draw → import → track → densify → pretrain → fine-tune, detect and evaluate, from the pretrained trunk and
from random weights, with several seeds → report. Every job is a run of the project, started and followed as
any other.

**Settings and seeds were fixed before the seeds that are reported were run**; what was tried before was tried
in the world of seed 100, with seeds 100 and above. Each seed decides a pretraining of its own and both
fine-tunings that are compared, so the interval over the seeds covers both; the world (clips, pictures,
labels, test set) is one. Why each setting:

- 150 short clips of three things, masks given on three frames of twelve: the number of instances decides;
  with 16 clips nothing is gained.
- 40 pictures to learn from: with many labels a start matters less. 300 to test on: few would add noise.
- The paper's method, association of patches of objects (regime `obj`). The one thing beyond the paper is the
  head `abs`, which compares with the absolute difference of the stacks: a pair has no order.
- 1,000 steps of pretraining with the tiny network; with 500 the gain was not yet there.
- Five seeds: what eight minutes on two cores allow when every seed has a pretraining of its own.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import config
from core.config import setting
from core.datasets.clip import Clip
from core.datasets.drawn_world import WorldPaths, WorldSize, write_world
from core.datasets.readers import find_clips
from core.demo.comparison import Comparison
from core.detection.config import ProposalsConfig, VocConfig
from core.evaluation.table1 import TableRow, row_of_run
from core.events import ClassAP, Event, Log, Metric
from core.jobs import JOBS, result_edit
from core.pretraining.config import PretrainConfig
from core.project.importing import import_edit
from core.project.project import Project
from core.runs import launch
from core.runs.following import run_workers, usable_cores
from core.runs.run_folder import RunFolder
from core.tracking.config import DensifyConfig, TrackConfig
from core.trajectories import journal, store

PROPOSALS = "fast"
"""Selective search of the demo; R-CNN's would enlarge its small pictures and take eight times as long."""

NAMES = ("AssociationNet-obj (abs)", "RandomNet")
"""The starts that are compared; `abs` is the head that is beyond the paper."""

_HELD_OUT_EVERY = 4
"""Measurements of pretraining on held-out clips, and pictures of its filters; more would cost time."""


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """How much the demo draws and trains; the defaults take some seven minutes on two cores."""

    seed: int = setting(0, "Draws the world; the first of the seeds of weights and pairs", minimum=0)
    seeds: int = setting(5, "How many seeds are compared, each with a pretraining of its own", minimum=1)
    clips: int = setting(150, "Short clips that are drawn", minimum=2, advanced=True)
    test_pictures: int = setting(300, "Pictures that are tested on", minimum=1, advanced=True)
    pretrain_steps: int = setting(1000, "Steps of pretraining", "steps", minimum=1, advanced=True)
    finetune_steps: int = setting(400, "Steps of fine-tuning", "steps", minimum=1, advanced=True)

    def __post_init__(self) -> None:
        config.check(self)


@dataclass(frozen=True)
class Timing:
    """A step of the demo, and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class DemoResult:
    """What the demo made.

    Attributes:
        project: the folder of the project, which holds everything.
        timings: of its steps, in order.
        pretrainings: the runs that pretrained, seed by seed.
        evaluations: the runs that fine-tuned from these and evaluated, seed by seed.
        baselines: the same from random weights.
        comparison: what the evaluations say.
    """

    project: Path
    timings: tuple[Timing, ...]
    pretrainings: tuple[RunFolder, ...]
    evaluations: tuple[RunFolder, ...]
    baselines: tuple[RunFolder, ...]
    comparison: Comparison

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.timings)


def run_demo(out: Path, settings: DemoConfig, on_event: Callable[[Event], None]) -> DemoResult:
    """Do the whole job in a folder that is empty or does not exist yet.

    Raises:
        StudioError: the folder is not empty, or a job failed.
    """
    timed, quiet = _Timed(on_event), _progress_alone(on_event)
    seeds, cores = range(settings.seed, settings.seed + settings.seeds), usable_cores()
    with Project.create(out) as project:
        with timed("Draw the world"):
            size = WorldSize(clips=settings.clips, test=settings.test_pictures)
            world = write_world(project.path / "sample", settings.seed, size)
        with timed("Import the clips"):
            clips = _import(project, world)
        with timed("Track points"):
            tracking = TrackConfig(preset="fast", min_length=6, threads=1, workers=cores)
            _run_and_adopt(project, "track", tracking, clips, quiet)
        with timed("Densify objects"):
            _run_and_adopt(project, "densify", DensifyConfig(threads=1, workers=cores), clips, quiet)
        with timed("Propose boxes in the pictures"):
            _propose(project, world, quiet)
        # A fine-tuning from random weights waits for nothing: it fills the core that pretraining leaves free.
        with timed("Pretrain, and fine-tune from random weights"):
            pretrainings = [
                launch.prepare(project, JOBS["pretrain"], _pretrain_config(settings, seed), clips)
                for seed in seeds
            ]
            baselines = [_evaluation(project, world, settings, seed, "random") for seed in seeds]
            run_workers([*pretrainings, *baselines], quiet, at_once=cores)
        with timed("Fine-tune from the pretrained trunks"):
            evaluations = [
                _evaluation(project, world, settings, seed, str(run.path))
                for seed, run in zip(seeds, pretrainings, strict=True)
            ]
            run_workers(evaluations, quiet, at_once=cores)
    comparison = Comparison(NAMES, tuple(seeds), _rows(evaluations), _rows(baselines))
    timings = tuple(timed.timings)
    return DemoResult(out, timings, tuple(pretrainings), tuple(evaluations), tuple(baselines), comparison)


@dataclass
class _Timed:
    on_event: Callable[[Event], None]
    timings: list[Timing] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.on_event(Log(f"▸ {name}"))
        start = time.monotonic()
        yield
        self.timings.append(Timing(name, time.monotonic() - start))
        self.on_event(Log(f"  {self.timings[-1].seconds:.1f} s"))


def _import(project: Project, world: WorldPaths) -> list[Clip]:
    with project.writing() as connection:
        for folder in (world.scenes, world.short_clips):
            journal.perform(connection, import_edit(find_clips(folder)))
        return store.clips(connection)


def _run_and_adopt(
    project: Project, job: str, settings: Any, clips: Sequence[Clip], on_event: Callable[[Event], None]
) -> None:
    folder = launch.prepare(project, JOBS[job], settings, clips)
    run_workers([folder], on_event)
    with project.writing() as connection:
        journal.perform(connection, result_edit(folder))


def _propose(project: Project, world: WorldPaths, on_event: Callable[[Event], None]) -> None:
    """Search the pictures once; all fine-tunings find the boxes in the cache."""
    configs = [
        ProposalsConfig(voc=world.voc, set=name, mode=PROPOSALS, cache=_cache(project))
        for name in ("trainval", "test")
    ]
    run_workers([launch.prepare(project, JOBS["proposals"], each, ()) for each in configs], on_event)


def _pretrain_config(settings: DemoConfig, seed: int) -> PretrainConfig:
    often = max(1, settings.pretrain_steps // _HELD_OUT_EVERY)
    return PretrainConfig(
        method="association",
        regime="obj",
        head="abs",
        network="tiny",
        steps=settings.pretrain_steps,
        seed=seed,
        held_out="0.1",
        held_out_every=often,
        filters_every=often,
        checkpoint_every=settings.pretrain_steps,
    )


def _evaluation(project: Project, world: WorldPaths, settings: DemoConfig, seed: int, init: str) -> RunFolder:
    voc = VocConfig(
        voc=world.voc,
        set="trainval",
        test_set="test",
        init=init,
        network="tiny",
        steps=settings.finetune_steps,
        seed=seed,
        mode=PROPOSALS,
        cache=_cache(project),
    )
    return launch.prepare(project, JOBS["voc"], voc, ())


def _rows(runs: Sequence[RunFolder]) -> tuple[TableRow, ...]:
    return tuple(row_of_run(folder.path) for folder in runs)


def _cache(project: Project) -> Path:
    return project.cache / "proposals"


def _progress_alone(on_event: Callable[[Event], None]) -> Callable[[Event], None]:
    """Without the numbers of several runs, which would be mixed up, and remarks on hundreds of clips."""

    def pass_on(event: Event) -> None:
        is_remark = isinstance(event, Log) and event.level != "warning"
        if not (is_remark or isinstance(event, ClassAP | Metric)):
            on_event(event)

    return pass_on
