"""The runs that fill Table 1, in the order in which they are done."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.detection.config import ProposalsConfig, VocConfig
from core.matrix.config import MatrixConfig
from core.matrix.entries import BASELINE, NETWORKS, SCHEDULES, SETTINGS
from core.matrix.place import Place
from core.pretraining.config import PretrainConfig


@dataclass(frozen=True)
class PlannedRun:
    """One run of the matrix: boxes of an image set, a pretraining, or a fine-tuning with its evaluation.

    Attributes:
        name: of its own, such as `voc2007-RandomNet-seed0`.
        job: `proposals`, `pretrain` or `voc`.
        network: of `NETWORKS`; empty for boxes.
        setting: of `SETTINGS`; empty for a pretraining, which all settings share.
        seed: None for boxes.
        needs: names of the runs that are to be done before.
        year, set: of VOC, for boxes.
    """

    name: str
    job: str
    network: str = ""
    setting: str = ""
    seed: int | None = None
    needs: tuple[str, ...] = ()
    year: int = 0
    set: str = ""

    @property
    def learns_from_trajectories(self) -> bool:
        """Whether it takes the snapshot of the matrix along."""
        return self.job == "pretrain" and NETWORKS[self.network]["method"] != "caltech101"


@dataclass(frozen=True)
class Cell:
    """One network in one setting with one seed.

    Attributes:
        pretraining: the run that made its trunk; None for random weights.
        evaluation: the run that fine-tunes, detects and measures.
    """

    network: str
    setting: str
    seed: int
    pretraining: PlannedRun | None
    evaluation: PlannedRun

    @property
    def name(self) -> str:
        return self.evaluation.name


@dataclass(frozen=True)
class Plan:
    """All runs of a matrix, first those that are done first, and its cells in the order of the table."""

    config: MatrixConfig
    runs: tuple[PlannedRun, ...]
    cells: tuple[Cell, ...] = field(repr=False)

    @cached_property
    def by_name(self) -> dict[str, PlannedRun]:
        return {run.name: run for run in self.runs}

    def settings_of(self, run: PlannedRun, place: Place) -> ProposalsConfig | PretrainConfig | VocConfig:
        """The settings of a run whose folder lies in a place."""
        schedule = SCHEDULES[self.config.schedule]
        if run.job == "proposals":
            return ProposalsConfig(
                voc=self.config.voc,
                year=run.year,
                set=run.set,
                cache=place.cache,
                **{name: value for name, value in schedule.fine_tuning.items() if name == "mode"},
            )
        assert run.seed is not None
        if run.job == "pretrain":
            method = NETWORKS[run.network]
            images = self.config.caltech101 if method["method"] == "caltech101" else None
            values: dict[str, Any] = {"held_out": "0", **schedule.pretraining, **method}
            return PretrainConfig(
                network=schedule.network, seed=run.seed, device=self.config.device, images=images, **values
            )
        setting = SETTINGS[run.setting]
        needed = [name for name in run.needs if self.by_name[name].job == "pretrain"]
        return VocConfig(
            voc=self.config.voc,
            year=setting.year,
            set=setting.set,
            test_set=setting.test_set,
            scales=setting.scales,
            init=str(place.path_of(needed[0])) if needed else "random",
            network=schedule.network,
            seed=run.seed,
            device=self.config.device,
            cache=place.cache,
            **schedule.fine_tuning,
        )


def plan(config: MatrixConfig) -> Plan:
    """The runs of a matrix.

    Boxes come first, then seed after seed, so that a table of one seed is whole early; of each seed first
    the pretrainings, then the cells, setting after setting.
    """
    settings = [each for each in SETTINGS.values() if each.name in config.settings]
    networks = [name for name in NETWORKS if name in config.networks]
    boxes = {
        (each.year, name): PlannedRun(f"boxes-voc{each.year}-{name}", "proposals", year=each.year, set=name)
        for each in settings
        for name in (each.set, each.test_set)
        if not each.networks.isdisjoint(networks)
    }
    runs, cells = list(boxes.values()), []
    for seed in range(config.seeds):
        pretrainings, evaluations = {}, []
        for network in networks:
            within = [each for each in settings if network in each.networks]
            if network != BASELINE and within:
                pretrainings[network] = PlannedRun(
                    f"pretrain-{network}-seed{seed}", "pretrain", network=network, seed=seed
                )
        for each in settings:
            for network in networks:
                if network not in each.networks:
                    continue
                pretraining = pretrainings.get(network)
                needs = [boxes[each.year, name].name for name in (each.set, each.test_set)]
                if pretraining is not None:
                    needs.append(pretraining.name)
                evaluation = PlannedRun(
                    f"{each.name}-{network}-seed{seed}", "voc", network, each.name, seed, tuple(needs)
                )
                evaluations.append(evaluation)
                cells.append(Cell(network, each.name, seed, pretraining, evaluation))
        runs += [*pretrainings.values(), *evaluations]
    return Plan(config, tuple(runs), tuple(cells))
