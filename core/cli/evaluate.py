"""`evaluate`: measure comp4 files with VOC's average precision, explain it, or pack them for VOC's server.

Where `detect` wrote them, the result is kept in the run it names too, for `table1` and the window; but not in
a run of the job `voc`, which has an AP of its own.
"""

import argparse
import json
from pathlib import Path

from core.atomic_file import check_writable, write_atomically
from core.cli import job as job_command
from core.cli.outcome import Outcome
from core.cli.running import passing_run, shown
from core.errors import StudioError
from core.evaluation import origin
from core.evaluation.config import EvaluateConfig
from core.evaluation.error_table import write_errors
from core.events import ClassAP, Log
from core.pages.evaluation_report import write_report
from core.runs import measured_run
from core.runs.job import Job
from core.runs.run_folder import RunFolder


def add_arguments(parser: argparse.ArgumentParser, job: Job) -> None:
    job_command.add_arguments(parser, job)
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE.html",
        help="also explain the AP on one page: intervals, kinds of error, missed objects, pictures of them",
    )
    parser.add_argument(
        "--errors",
        type=Path,
        metavar="FILE.csv",
        help="also write every detection with its verdict: true, duplicate, poorly placed, …",
    )


def perform(args: argparse.Namespace, job: Job) -> Outcome:
    settings: EvaluateConfig = job_command.settings_of(args, job)
    _check_places(args)
    with passing_run(job, settings, args) as folder:
        found = (folder.results / name for name in ("archive.json", job.result))
        texts = [path.read_text(encoding="utf-8") for path in found if path.is_file()]
        values = {name: value for text in texts for name, value in json.loads(text).items()}
        measured = (folder.results / job.result).is_file()
        _explain(args, folder, settings)
        run = _maker(settings) if measured else None
        if run is None:
            return Outcome("", values)
        if reason := _against_keeping(run, settings):
            with shown(args) as display:
                display.show(Log(f"{run.name} {reason}, so this AP is not kept in it.", "warning"))
            return Outcome("", values)
        return Outcome("", values, _keep(folder, run, settings))


def _check_places(args: argparse.Namespace) -> None:
    """See that what is asked for can be written, before any work for it."""
    for path in filter(None, (args.report, args.errors)):
        try:
            check_writable(path)
        except OSError as error:
            raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error


def _explain(args: argparse.Namespace, evaluation: RunFolder, settings: EvaluateConfig) -> None:
    """Write the report and the table of detections, where they are asked for."""
    if not (args.report or args.errors):
        return
    if not (evaluation.results / "ap.json").is_file():
        with shown(args) as display:
            display.show(Log("Without annotations there is no AP to explain.", "warning"))
        return
    run = measured_run.MeasuredRun.open(evaluation.path)
    diagnosis = run.diagnosis()
    with shown(args) as display:
        if args.report:
            write_report(run, args.report, diagnosis, str(settings.detections))
            display.show(Log(f"The AP is explained in {args.report}."))
        if args.errors:
            write_errors(diagnosis, args.errors)
            display.show(Log(f"Every detection and its verdict is in {args.errors}."))


def _maker(settings: EvaluateConfig) -> RunFolder | None:
    """The run that detected; None where that is another program, or a run that is gone."""
    try:
        return RunFolder.open(Path(origin.read(settings.detections, settings.set)["run"]))
    except (KeyError, TypeError, StudioError):
        return None


def _against_keeping(run: RunFolder, settings: EvaluateConfig) -> str:
    """Why an AP is not kept in the run that detected; empty where it is."""
    if run.job == "voc":
        return "measures by itself"
    return f"was trained on {settings.set}" if _was_trained_on(run, settings) else ""


def _was_trained_on(run: RunFolder, settings: EvaluateConfig) -> bool:
    trained = run.settings_as_written()
    known = ("trainval", "train", "val") if trained.get("set") == "trainval" else (trained.get("set"),)
    return trained.get("year") == settings.year and settings.set in known


def _keep(evaluation: RunFolder, run: RunFolder, settings: EvaluateConfig) -> tuple[str, ...]:
    """Leave the result of an evaluation in the run that detected; a sentence where that cannot be."""
    try:
        with run.held_lock():
            for name in ("pr.npz", "ap.json"):
                write_atomically(run.results / name, (evaluation.results / name).read_bytes())
            measured_run.name_source(run, settings.voc, settings.detections)
            run.drop_events(lambda event: isinstance(event, ClassAP))
            for event, _ in evaluation.all_events():
                if isinstance(event, ClassAP):
                    run.append(event)
    except StudioError:
        return (f"The AP is not kept in {run.path}, which is running; evaluate again when it has ended.",)
    except OSError as error:
        return (
            f"The AP cannot be kept in {run.path} ({error.strerror}); "
            "free space or mend its permissions, then evaluate again.",
        )
    return ()
