"""The main job end to end, and its claim: do trajectories help a detector that has few labels?

Draw → import → track → densify → pretrain → fine-tune, detect and evaluate, from the pretrained trunk and
from random weights, with several seeds → report. Every job is a run of the project, started and followed as
any other.

Three starts are compared: the paper's method, AssociationNet on objects; random weights; and one method that
is *beyond the paper*, `nce` (a softmax over the other trajectories of the batch and a hard negative).

**Settings and seeds were fixed before the runs that are reported**: they are those of the study
`benchmarks/transfer` (see docs/results.md), which chose them on its seed 100 and in its own world; what was
tried here was tried in the world of seed 100, with seeds 100 and above. An earlier version ran the same world
and seeds without calibration; its figures stand in docs/measurements.md. Why each setting:

- 150 short clips of three things, masks given on three frames of twelve: the number of instances decides;
  with 16 clips nothing is gained.
- 40 pictures to learn from: with many labels a start matters less. 200 to test on: few would add noise.
- 500 steps of 64 patches for either method (32 pairs, or 21 triplets), so both cost the same. The study has
  800, for which eight minutes are too short; its probes of `nce` change little after 400. AssociationNet may
  want more.
- Every start, random weights too, learns with conv1 scaled and is calibrated on the pictures before it is
  fine-tuned (`scale_pixels`, `calibrated`; neither is in the paper, the second is how Krähenbühl et al.
  compare starts): otherwise a start wins or loses by the sizes of its layers instead of by its features. The
  study found so, and saw it again on pictures that nothing was chosen on; it also chose the rates.
- Five seeds, 0 to 4. Each decides a pretraining by either method and the three fine-tunings, so the interval
  over the seeds covers both trainings. The world (clips, pictures, labels, test set) is one: the interval
  does not say how another would turn out.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
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
from core.runs.following import run_workers
from core.runs.run_folder import RunFolder
from core.tracking.config import DensifyConfig, TrackConfig
from core.trajectories import journal, store
from core.usable_cores import usable_cores

PROPOSALS = "fast"
"""Selective search of the demo; R-CNN's would enlarge its small pictures and take eight times as long."""

METHODS: Mapping[str, Mapping[str, Any]] = {
    "AssociationNet-obj": {"method": "association", "batch": 32},
    "NCE-obj (beyond the paper)": {"method": "nce", "batch": 21, "colour_jitter": 0.4},
}
"""What is pretrained: the paper's method, and one beyond it; with the settings that are not the defaults."""

BASELINE = "RandomNet"

_FLOW_SIDE = 160
"""Flow at half the size is good enough here (masks have an IoU of 0.95 with the truth) and twice as fast."""

_SHORT_SIDE = 225
"""Of pictures in fine-tuning, in pixels; the tiny network's usual 300 take nearly twice as long."""

_PRETRAINING_RATE, _FINE_TUNING_RATE = 0.03, 0.01
"""With conv1 scaled, of every start."""

_HELD_OUT_EVERY = 4
"""Measurements of pretraining on held-out clips, and pictures of its filters; more would cost time."""


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """How much the demo draws and trains; the defaults take some seven minutes on two cores."""

    seed: int = setting(0, "Draws the world; the first of the seeds of either training", minimum=0)
    seeds: int = setting(
        5, "Seeds that are compared, each with pretrainings of its own", minimum=1, maximum=1_000
    )
    clips: int = setting(150, "Short clips that are drawn", minimum=2, maximum=100_000, advanced=True)
    test_pictures: int = setting(
        200, "Pictures that are tested on", minimum=1, maximum=100_000, advanced=True
    )
    pretrain_steps: int = setting(500, "Steps of pretraining", "steps", minimum=1, advanced=True)
    finetune_steps: int = setting(400, "Steps of fine-tuning", "steps", minimum=1, advanced=True)

    def __post_init__(self) -> None:
        config.check(self)


@dataclass(frozen=True)
class Timing:
    """A step of the demo, and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Start:
    """What fine-tuning starts from, and what came of it.

    Attributes:
        name: for people.
        pretrainings: the runs that made it, seed by seed; none for random weights.
        evaluations: the runs that fine-tuned from it and evaluated, seed by seed.
    """

    name: str
    pretrainings: tuple[RunFolder, ...]
    evaluations: tuple[RunFolder, ...]

    @cached_property
    def rows(self) -> tuple[TableRow, ...]:
        """What the evaluations measured."""
        return tuple(row_of_run(folder.path) for folder in self.evaluations)


@dataclass(frozen=True)
class DemoResult:
    """What the demo made.

    Attributes:
        project: the folder of the project, which holds everything.
        timings: of its steps, in order.
        seeds: of the trainings.
        baseline: the start from random weights.
        starts: the pretrained ones, the paper's method first.
    """

    project: Path
    timings: tuple[Timing, ...]
    seeds: tuple[int, ...]
    baseline: Start
    starts: tuple[Start, ...]

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.timings)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Each pretrained start against random weights."""
        return tuple(
            Comparison((start.name, self.baseline.name), self.seeds, start.rows, self.baseline.rows)
            for start in self.starts
        )


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
        with timed("Track points, densify objects, propose boxes in the pictures"):
            tracking = TrackConfig(preset="fast", spacing=16, min_length=6, threads=1)
            densifying = DensifyConfig(max_side=_FLOW_SIDE, threads=1)
            found = [
                launch.prepare(project, JOBS["densify"], densifying, clips),
                launch.prepare(project, JOBS["track"], tracking, clips),
            ]
            run_workers([*found, *_proposals(project, world)], quiet, at_once=cores)
            with project.writing() as connection:
                for folder in found:
                    journal.perform(connection, result_edit(folder))
        # Those from random weights wait for nothing, and no core waits for the last pretraining.
        with timed("Pretrain trunks, fine-tune from random weights"):
            pretrainings = {
                name: tuple(
                    launch.prepare(project, JOBS["pretrain"], _pretrain_config(settings, name, seed), clips)
                    for seed in seeds
                )
                for name in METHODS
            }
            baselines = tuple(_evaluation(project, world, settings, seed, "random") for seed in seeds)
            run_workers([*chain(*pretrainings.values()), *baselines], quiet, at_once=cores)
        with timed("Fine-tune from the trunks"):
            starts = tuple(
                Start(
                    name,
                    runs,
                    tuple(
                        _evaluation(project, world, settings, seed, str(run.path))
                        for seed, run in zip(seeds, runs, strict=True)
                    ),
                )
                for name, runs in pretrainings.items()
            )
            run_workers([run for start in starts for run in start.evaluations], quiet, at_once=cores)
    return DemoResult(out, tuple(timed.timings), tuple(seeds), Start(BASELINE, (), baselines), starts)


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


def _proposals(project: Project, world: WorldPaths) -> list[RunFolder]:
    """Runs that search the pictures once; all fine-tunings find the boxes in the cache."""
    configs = [
        ProposalsConfig(voc=world.voc, set=name, mode=PROPOSALS, cache=_cache(project))
        for name in ("test", "trainval")
    ]
    return [launch.prepare(project, JOBS["proposals"], each, ()) for each in configs]


def _pretrain_config(settings: DemoConfig, name: str, seed: int) -> PretrainConfig:
    often = max(1, settings.pretrain_steps // _HELD_OUT_EVERY)
    common = PretrainConfig(
        regime="obj",
        network="tiny",
        steps=settings.pretrain_steps,
        seed=seed,
        held_out="0.1",
        scale_pixels=True,
        learning_rate=_PRETRAINING_RATE,
        held_out_every=often,
        filters_every=often,
        checkpoint_every=settings.pretrain_steps,
    )
    return replace(common, **METHODS[name])


def _evaluation(project: Project, world: WorldPaths, settings: DemoConfig, seed: int, init: str) -> RunFolder:
    voc = VocConfig(
        voc=world.voc,
        set="trainval",
        test_set="test",
        init=init,
        network="tiny",
        steps=settings.finetune_steps,
        short_side=_SHORT_SIDE,
        seed=seed,
        calibrated=True,
        scale_pixels=True,
        learning_rate=_FINE_TUNING_RATE,
        mode=PROPOSALS,
        cache=_cache(project),
    )
    return launch.prepare(project, JOBS["voc"], voc, ())


def _cache(project: Project) -> Path:
    return project.cache / "proposals"


def _progress_alone(on_event: Callable[[Event], None]) -> Callable[[Event], None]:
    """Without the numbers of several runs, which would be mixed up, and remarks on hundreds of clips."""

    def pass_on(event: Event) -> None:
        is_remark = isinstance(event, Log) and event.level != "warning"
        if not (is_remark or isinstance(event, ClassAP | Metric)):
            on_event(event)

    return pass_on
