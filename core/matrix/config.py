"""Settings of the job that fills Table 1."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core import config
from core.agreements import CLUSTER
from core.config import DEVICES, setting
from core.errors import StudioError
from core.matrix.entries import BASELINE, NETWORKS, PAPER_NETWORKS, PAPER_SETTINGS, SCHEDULES, SETTINGS


def _schedules() -> tuple[str, ...]:
    return tuple(SCHEDULES)


@dataclass(frozen=True, kw_only=True)
class MatrixConfig:
    """Settings of the job `table1`; `networks`, `settings` and `seeds` of a matrix may grow later."""

    voc: Path = setting(Path(), "Folder of the VOC data, the one that holds VOC2007 and VOC2012")
    caltech101: Path | None = setting(None, "Folder of Caltech-101, for Caltech101Net")
    networks: tuple[str, ...] = setting(
        PAPER_NETWORKS,
        f"Networks to train and measure, of {', '.join(NETWORKS)}; the last three are beyond the paper",
        free=True,
    )
    settings: tuple[str, ...] = setting(
        PAPER_SETTINGS,
        f"Parts of the table, of {', '.join(SETTINGS)}; the paper has RandomNet and AssociationNet-objtr "
        "alone in VOC 2012; voc2012_test leaves archives for VOC's server, which alone can measure there",
        free=True,
    )
    seeds: int = setting(
        1, "How many times all is done, with seeds 0, 1 and so on", minimum=1, maximum=1_000, free=True
    )
    schedule: str = setting(
        "paper",
        "How large and how long: " + "; ".join(f"{name} is {each.words}" for name, each in SCHEDULES.items()),
        choices=_schedules,
    )
    device: str = setting("auto", "Where to compute", choices=DEVICES, free=True)
    workers: int = setting(
        0,
        "Runs at the same time; 0 takes one a GPU, or on a CPU as many as cores and memory allow",
        minimum=0,
        maximum=1_000,
        zero="by machine",
        free=True,
    )
    cluster: str = setting(
        "",
        "Address of a Dask scheduler that runs the cells, one at a time on each of its workers, which see "
        "all files under the same paths; local starts workers on this machine",
        advanced=True,
        free=True,
        asks=CLUSTER,
    )

    def __post_init__(self) -> None:
        config.check(self)
        _all_of("networks", self.networks, tuple(NETWORKS))
        _all_of("settings", self.settings, tuple(SETTINGS))
        if "Caltech101Net" in self.networks and self.caltech101 is None:
            raise StudioError(
                "Caltech101Net learns from Caltech-101; name its folder, or leave Caltech101Net out of the "
                "networks."
            )

    @property
    def needs_trajectories(self) -> bool:
        """Whether some network learns from the trajectories of a project."""
        return any(name not in (BASELINE, "Caltech101Net") for name in self.networks)


def grown(began: MatrixConfig, given: Mapping[str, Any]) -> MatrixConfig:
    """The settings of a matrix with others given: networks, settings and seeds are added, never taken away.

    Raises:
        StudioError: a value out of range.
    """
    names = {
        field: tuple(name for name in known if name in (*getattr(began, field), *given.get(field, ())))
        for field, known in (("networks", NETWORKS), ("settings", SETTINGS))
    }
    for field, known in (("networks", NETWORKS), ("settings", SETTINGS)):
        _all_of(field, tuple(given.get(field, known)), tuple(known))
    seeds = max(began.seeds, given.get("seeds", 1))
    return replace(began, **{**given, **names, "seeds": seeds})


def _all_of(what: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    if not given:
        raise StudioError(f"{what} must name at least one of {', '.join(known)}.")
    for name in given:
        if name not in known:
            raise StudioError(f"{what} must be some of {', '.join(known)}, not {name!r}.")
