"""The main job end to end on the generated sample, as a person would do it in the window.

Sample → import → track → densify → pretrain → fine-tune, detect and evaluate, from the pretrained trunk
and from random weights → report. Every job is a run of the project, started and followed as any other.
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
from core.datasets.readers import find_clips
from core.datasets.sample import SamplePaths, write_sample
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

PROPOSALS = "fast"
"""Selective search of the demo; R-CNN's would enlarge its small pictures and take eight times as long."""


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """How long the demo trains; the defaults take some five minutes on two cores."""

    seed: int = setting(0, "Draws the sample, and decides weights and pairs", minimum=0)
    pretrain_steps: int = setting(400, "Steps of pretraining", "steps", minimum=1, advanced=True)
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
        pretraining: the run that pretrained.
        evaluations: the runs that fine-tuned and evaluated, the pretrained start first.
        rows: their AP, in the same order.
    """

    project: Path
    timings: tuple[Timing, ...]
    pretraining: RunFolder
    evaluations: tuple[RunFolder, ...]
    rows: tuple[TableRow, ...]


def run_demo(out: Path, settings: DemoConfig, on_event: Callable[[Event], None]) -> DemoResult:
    """Do the whole job in a folder that is empty or does not exist yet.

    Raises:
        StudioError: the folder is not empty, or a job failed.
    """
    timed = _Timed(on_event)
    with Project.create(out) as project:
        with timed("Draw the sample"):
            sample = write_sample(project.path / "sample", settings.seed)
        with timed("Import the clips"):
            clips = _import(project, sample)
        with timed("Track points"):
            _run_and_adopt(project, "track", TrackConfig(preset="fast"), clips, on_event)
        with timed("Densify objects"):
            _run_and_adopt(project, "densify", DensifyConfig(), clips, on_event)
        with timed("Pretrain a trunk on both"):
            pretraining = launch.prepare(project, JOBS["pretrain"], _pretrain_config(settings), clips)
            run_workers([pretraining], on_event)
        with timed("Propose boxes in the pictures"):
            configs = [_proposals_config(project, sample, name) for name in ("trainval", "test")]
            run_workers([launch.prepare(project, JOBS["proposals"], each, ()) for each in configs], on_event)
        with timed("Fine-tune, detect and evaluate, from it and from random weights"):
            evaluations = [
                launch.prepare(project, JOBS["voc"], _voc_config(project, sample, settings, init), ())
                for init in (str(pretraining.path), "random")
            ]
            run_workers(evaluations, _without_ap(on_event))
    rows = tuple(row_of_run(folder.path) for folder in evaluations)
    return DemoResult(out, tuple(timed.timings), pretraining, tuple(evaluations), rows)


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


def _import(project: Project, sample: SamplePaths) -> list[Clip]:
    edit = import_edit(find_clips(sample.clips))
    with project.writing() as connection:
        journal.perform(connection, edit)
        return store.clips(connection)


def _run_and_adopt(
    project: Project, job: str, settings: Any, clips: Sequence[Clip], on_event: Callable[[Event], None]
) -> None:
    folder = launch.prepare(project, JOBS[job], settings, clips)
    run_workers([folder], on_event)
    with project.writing() as connection:
        journal.perform(connection, result_edit(folder))


def _pretrain_config(settings: DemoConfig) -> PretrainConfig:
    return PretrainConfig(
        method="association",
        regime="objtr",
        network="tiny",
        steps=settings.pretrain_steps,
        seed=settings.seed,
        held_out="0.2",
    )


def _proposals_config(project: Project, sample: SamplePaths, name: str) -> ProposalsConfig:
    return ProposalsConfig(voc=sample.voc, set=name, mode=PROPOSALS, cache=_cache(project))


def _voc_config(project: Project, sample: SamplePaths, settings: DemoConfig, init: str) -> VocConfig:
    return VocConfig(
        voc=sample.voc,
        set="trainval",
        test_set="test",
        init=init,
        network="tiny",
        steps=settings.finetune_steps,
        seed=settings.seed,
        mode=PROPOSALS,
        cache=_cache(project),
    )


def _cache(project: Project) -> Path:
    return project.cache / "proposals"


def _without_ap(on_event: Callable[[Event], None]) -> Callable[[Event], None]:
    """Two runs at once: their numbers would be mixed up."""

    def pass_on(event: Event) -> None:
        if not isinstance(event, ClassAP | Metric | Log):
            on_event(event)

    return pass_on
