"""What Table 1 is made of: its networks, its settings of VOC, and how long everything is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.evaluation.table1 import paper_rows, part_of

BASELINE = "RandomNet"
"""The network that is not pretrained; all others are compared with it."""

NETWORKS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        BASELINE: {},
        "Caltech101Net": {"method": "caltech101"},
        "SlowFeat-obj": {"method": "slowfeat", "regime": "obj"},
        "SlowFeat-objtr": {"method": "slowfeat", "regime": "objtr"},
        "AssociationNet-obj": {"method": "association", "regime": "obj"},
        "AssociationNet-tr": {"method": "association", "regime": "tr"},
        "AssociationNet-objtr": {"method": "association", "regime": "objtr"},
        **{
            f"NCE-{regime}": {
                "method": "nce",
                "regime": regime,
                "learning_rate": 0.03,
                "colour_jitter": 0.4,
            }
            for regime in ("obj", "tr", "objtr")
        },
    }
)
"""Each network of the table → the settings of pretraining that name it; the last three are beyond the paper.

Those have the learning rate and the jitter of colours that this program found to suit them, the others the
usual ones; nothing else differs.
"""

PAPER_NETWORKS = tuple(name for name in NETWORKS if not name.startswith("NCE"))
"""The seven of the paper, in its order."""


@dataclass(frozen=True, kw_only=True)
class MatrixSetting:
    """A part of the table: which images are trained and tested on, and at which scales.

    Attributes:
        name: as in the paper's table, such as `voc2007_sa`.
        year: of VOC.
        set, test_set: image sets.
        scales: `single` or `multi`, in fine-tuning.
        for_server: whether VOC's server alone knows the test set's objects, so that cells leave an archive
            for it in place of an AP.
    """

    name: str
    year: int
    set: str
    test_set: str
    scales: str
    for_server: bool = False

    @property
    def part(self) -> str:
        """The part of the paper's table that it stands for."""
        return part_of(self.year, self.scales)

    @property
    def networks(self) -> frozenset[str]:
        """Those that the paper measured in this part; those beyond the paper go with all seven."""
        paper = {row.start for row in paper_rows() if row.part == self.part}
        return frozenset(NETWORKS if paper == set(PAPER_NETWORKS) else paper)


SETTINGS: Mapping[str, MatrixSetting] = MappingProxyType(
    {
        each.name: each
        for each in (
            MatrixSetting(name="voc2007", year=2007, set="trainval", test_set="test", scales="single"),
            MatrixSetting(name="voc2007_sa", year=2007, set="trainval", test_set="test", scales="multi"),
            MatrixSetting(name="voc2012", year=2012, set="train", test_set="val", scales="single"),
            MatrixSetting(
                name="voc2012_test",
                year=2012,
                set="trainval",
                test_set="test",
                scales="single",
                for_server=True,
            ),
        )
    }
)
"""The settings by name. For VOC 2012 the paper trained on trainval and had VOC's server measure on test,
whose annotations are not public: `voc2012` trains on train and measures on val, `voc2012_test` is the paper's
and leaves archives for the server."""

PAPER_SETTINGS = tuple(name for name, each in SETTINGS.items() if not each.for_server)
"""One for each part of the paper's table, that can be measured here."""


@dataclass(frozen=True, kw_only=True)
class MatrixSchedule:
    """How large and how long everything is trained.

    Attributes:
        words: for people who choose one.
        network: its size, the same in the whole table.
        pretraining: settings of every pretraining.
        fine_tuning: settings of every fine-tuning.
        memory: GiB that a run takes in main memory, about, on a CPU.
        wants_gpu: whether a CPU would take weeks.
    """

    words: str
    network: str
    pretraining: Mapping[str, Any]
    fine_tuning: Mapping[str, Any]
    memory: float
    wants_gpu: bool = False


SCHEDULES: Mapping[str, MatrixSchedule] = MappingProxyType(
    {
        "paper": MatrixSchedule(
            words="the paper's network and its 40,000 steps of fine-tuning; needs a GPU",
            network="paper",
            pretraining={
                "steps": 100_000,
                "batch": 128,
                "checkpoint_every": 2000,
                "report_every": 50,
                "filters_every": 1000,
            },
            fine_tuning={"schedule": "seed_40k", "checkpoint_every": 2000},
            memory=8.0,
            wants_gpu=True,
        ),
        "small": MatrixSchedule(
            words="the tiny network, every start with conv1 scaled and calibrated, some hours on two cores",
            network="tiny",
            pretraining={
                "steps": 2000,
                "batch": 64,
                "filters_every": 200,
                "scale_pixels": True,
                "learning_rate": 0.03,
            },
            fine_tuning={
                "schedule": "quick",
                "calibrated": True,
                "scale_pixels": True,
                "learning_rate": 0.01,
            },
            memory=2.0,
        ),
        "smoke": MatrixSchedule(
            words="a few steps of the tiny network on small images: shows that all works, measures nothing",
            network="tiny",
            pretraining={"steps": 40, "batch": 16, "checkpoint_every": 20, "filters_every": 40},
            fine_tuning={
                "schedule": "quick",
                "steps": 30,
                "short_side": 120,
                "long_side": 200,
                "mode": "fast",
                "checkpoint_every": 10,
            },
            memory=1.5,
        ),
    }
)
"""Every schedule by its name. The paper says nothing of the steps of pretraining; 100,000 of 128 patches are
ours."""
