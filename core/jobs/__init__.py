"""The jobs, one record each, and the modules that do them; `Job` says what a module must define."""

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from core.detection.config import DetectConfig, FinetuneConfig, ProposalsConfig, VocConfig
from core.errors import StudioError
from core.evaluation.config import EvaluateConfig, ProbeConfig
from core.events import Event
from core.identity.config import IdentityConfig
from core.matrix.config import MatrixConfig
from core.matrix.place import DRIVER
from core.motion_segmentation.config import SuggestConfig
from core.networks.config import ExportWeightsConfig
from core.pretraining.config import PretrainConfig
from core.runs.job import Job, Works
from core.runs.run_folder import RunFolder, State
from core.tracking.config import DensifyConfig, TrackConfig
from core.trajectories.model import Kind

if TYPE_CHECKING:  # the table is read by every command and worker; few of them need the database
    from core.project.project import Project
    from core.trajectories.journal import Edit

JOBS: dict[str, Job] = {
    job.name: job
    for job in (
        Job(
            name="track",
            title="Track points",
            help="follow points through clips by optical flow",
            settings=TrackConfig,
            works=Works.ON_CLIPS,
            module="core.jobs.track",
            workspace="curate",
            icon="track",
        ),
        Job(
            name="densify",
            title="Densify objects",
            help="fill the frames between keyframes with boxes and masks",
            settings=DensifyConfig,
            works=Works.ON_CLIPS,
            module="core.jobs.densify",
            reads=(Kind.OBJECT,),
            workspace="curate",
            icon="densify",
        ),
        Job(
            name="suggest",
            title="Suggest objects",
            help="find what moves and suggest an object for each, for a person to accept",
            settings=SuggestConfig,
            works=Works.ON_CLIPS,
            module="core.jobs.suggest",
            reads=(Kind.POINT,),
            workspace="curate",
            icon="suggest",
        ),
        Job(
            name="identity",
            title="Find identity errors",
            help="propose cuts and swaps where a pretrained network sees another thing in a track",
            settings=IdentityConfig,
            works=Works.OVER_CLIPS,
            module="core.jobs.identity",
            reads=tuple(Kind),
            workspace="curate",
            icon="identity",
            result="identity.json",
        ),
        Job(
            name="pretrain",
            title="Pretrain",
            help="train a trunk on trajectories, or on Caltech-101",
            settings=PretrainConfig,
            works=Works.IN_A_RUN,
            module="core.jobs.pretrain",
            reads=tuple(Kind),
            workspace="train",
            icon="train",
        ),
        Job(
            name="proposals",
            title="Proposals",
            help="propose boxes in the images of a VOC set",
            settings=ProposalsConfig,
            works=Works.FOR_A_FILE,
            module="core.jobs.proposals",
            workspace="",
            required=("voc", "out"),
            result="proposals.json",
        ),
        Job(
            name="finetune",
            title="Fine-tune",
            help="train a detector on VOC from pretrained or random weights",
            settings=FinetuneConfig,
            works=Works.IN_A_RUN,
            module="core.jobs.finetune",
            required=("voc",),
        ),
        Job(
            name="detect",
            title="Detect",
            help="run a detector over a VOC set and write comp4 files",
            settings=DetectConfig,
            works=Works.FOR_A_FILE,
            module="core.jobs.detect",
            required=("run", "voc", "out"),
        ),
        Job(
            name="evaluate",
            title="Evaluate",
            help="measure comp4 files with VOC's average precision, or pack them for its server",
            settings=EvaluateConfig,
            works=Works.FOR_A_FILE,
            module="core.jobs.evaluate",
            required=("voc", "detections"),
            result="ap.json",
        ),
        Job(
            name="voc",
            title="Evaluate on VOC",
            help="fine-tune, detect and evaluate in one run, as the window does",
            settings=VocConfig,
            works=Works.IN_A_RUN,
            module="core.jobs.voc",
            required=("voc",),
        ),
        Job(
            name="table1",
            title="Table 1",
            help="fill the paper's Table 1 with runs, or show runs beside it",
            settings=MatrixConfig,
            works=Works.IN_A_RUN,
            module="core.jobs.table1",
            reads=tuple(Kind),
            workspace="table1",
            icon="table1",
            required=("voc",),
            command="table1 run",
            within=DRIVER,
        ),
        Job(
            name="probe",
            title="Probe",
            help="measure what a frozen trunk knows",
            settings=ProbeConfig,
            works=Works.FOR_A_FILE,
            module="core.jobs.probe",
            workspace="probe",
            icon="probe",
            required=("init",),
            result="probe.json",
        ),
        Job(
            name="export-weights",
            title="Export weights",
            help="write a trained trunk or detector for other programs",
            settings=ExportWeightsConfig,
            works=Works.FOR_A_FILE,
            module="core.jobs.export_weights",
            workspace="",
            required=("run", "format", "out"),
            result="weights.json",
        ),
    )
}
"""Every job by its name."""


def jobs_of(workspace: str) -> tuple[str, ...]:
    """The names of the jobs whose runs a workspace of the window lists."""
    return tuple(job.name for job in JOBS.values() if job.workspace == workspace)


def jobs_on_clips() -> list[Job]:
    """The jobs whose results become an edit of the project."""
    return [job for job in JOBS.values() if job.works is Works.ON_CLIPS]


def jobs_over_clips() -> list[Job]:
    """The jobs that work on clips and whose results stay in their runs."""
    return [job for job in JOBS.values() if job.works is Works.OVER_CLIPS]


def run(folder: RunFolder) -> Iterator[Event]:
    """The events of the job of a run folder; closing the generator lets the job save and end.

    Raises:
        StudioError: the folder names a job that does not exist, or its settings are damaged.
    """
    job = _job_of(folder)
    yield from _module(job).run(folder, folder.settings(job.settings))


def result_edit(folder: RunFolder) -> "Edit":
    """The edit that takes the results of a run on clips into the project.

    Raises:
        StudioError: the run is of another job, or its snapshot or results are damaged.
    """
    job = _job_of(folder)
    if job.works is not Works.ON_CLIPS:
        *most, last = (one.name for one in jobs_on_clips())
        able = f"{', '.join(most)} and {last}"
        raise StudioError(f"{folder.name} is a {job.name} run; only {able} runs bring trajectories.")
    edit: Edit = _module(job).result_edit(folder)
    return edit


def pending(project: "Project") -> list[RunFolder]:
    """Finished runs on clips of a project whose results are not in it yet, oldest first."""
    from core.trajectories import store

    with project.reading() as connection:
        adopted = store.adopted_runs(connection)
    folders = [RunFolder(path.parent) for path in sorted(project.runs.glob("*/config.toml"))]
    return [folder for folder in folders if folder.name not in adopted and _has_results(folder)]


def _has_results(folder: RunFolder) -> bool:
    """Whether a run brings trajectories; one whose config.toml is damaged does not, and `check` says so."""
    try:
        job = JOBS.get(folder.job)
        return job is not None and job.works is Works.ON_CLIPS and folder.status().state is State.DONE
    except StudioError:
        return False


def _job_of(folder: RunFolder) -> Job:
    if folder.job not in JOBS:
        raise StudioError(
            f"{folder.path} names an unknown job {folder.job!r}; it was made by another version."
        )
    return JOBS[folder.job]


def _module(job: Job) -> ModuleType:
    return importlib.import_module(job.module)
