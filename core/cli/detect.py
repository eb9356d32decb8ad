"""`detect`: run a detector over a VOC set and write comp4 files."""

import argparse

from core.cli import job as job_command
from core.cli.outcome import Outcome
from core.cli.running import passing_run
from core.detection.config import DetectConfig
from core.errors import StudioError
from core.evaluation import comp4, origin
from core.runs.job import Job

add_arguments = job_command.add_arguments


def perform(args: argparse.Namespace, job: Job) -> Outcome:
    settings: DetectConfig = job_command.settings_of(args, job)
    with passing_run(job, settings, args, "what was detected so far was kept"):
        pass
    assert settings.out is not None  # required
    try:
        facts = origin.read(settings.out, settings.set)
        # `evaluate` keeps the AP with the run that is named here.
        origin.write(settings.out, settings.set, {**facts, "run": str(settings.run)})
    except OSError as error:
        raise StudioError(
            f"Cannot write to {settings.out} ({error.strerror}); choose another folder."
        ) from error
    classes = origin.classes_of(facts) or ()
    files = sorted(str(settings.out / comp4.file_name(settings.set, name)) for name in classes)
    return Outcome(f"Wrote {len(files)} files to {settings.out}.", {"files": files})
