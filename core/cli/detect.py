"""`detect`: run a detector over a VOC set and write comp4 files."""

import argparse
import json

from core.atomic_file import write_atomically
from core.cli import job as job_command
from core.cli.outcome import Outcome
from core.cli.running import passing_run
from core.detection.config import DetectConfig
from core.errors import StudioError
from core.runs.job import Job


def made_by(set_name: str) -> str:
    """The file beside the comp4 files of a set that names the run which detected them.

    `evaluate` keeps the AP with that run.
    """
    return f"made_by_{set_name}.json"


add_arguments = job_command.add_arguments


def perform(args: argparse.Namespace, job: Job) -> Outcome:
    settings: DetectConfig = job_command.settings_of(args, job)
    with passing_run(job, settings, args):
        pass
    assert settings.out is not None  # required
    try:
        text = json.dumps({"run": str(settings.run)})
        write_atomically(settings.out / made_by(settings.set), text.encode())
    except OSError as error:
        raise StudioError(
            f"Cannot write to {settings.out} ({error.strerror}); choose another folder."
        ) from error
    files = sorted(str(path) for path in settings.out.glob(f"comp4_det_{settings.set}_*.txt"))
    return Outcome(f"Wrote {len(files)} files to {settings.out}.", {"files": files})
