"""`demo`: the main job end to end on the generated sample."""

import argparse
from pathlib import Path

from core.atomic_file import write_atomically
from core.cli.options import add_settings, settings_from
from core.cli.outcome import Outcome, Stopped
from core.cli.program import start
from core.cli.running import shown
from core.demo.demo import DemoConfig, run_demo
from core.demo.report import write_report
from core.evaluation.differences import rows_named
from core.evaluation.table1 import measured_classes
from core.evaluation.table1_formats import format_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="an empty folder, which becomes a project"
    )
    add_settings(parser, DemoConfig)


def perform(args: argparse.Namespace) -> Outcome:
    settings = settings_from(args, DemoConfig)
    with shown(args) as display:
        try:
            result = run_demo(args.out.absolute(), settings, display.show)
        except KeyboardInterrupt as interrupt:
            raise Stopped(
                f"Stopped; see what is done with: {start()} {args.out}, or start again with another --out."
            ) from interrupt
    rows, folder = result.rows, result.project
    baselines, classes = rows_named("RandomNet", rows), measured_classes(rows)
    table = format_table(rows, "text", baselines, classes)
    write_atomically(folder / "ap_table.txt", table.encode())
    write_atomically(folder / "ap_table.csv", format_table(rows, "csv", baselines, classes).encode())
    write_report(result)
    seconds = sum(step.seconds for step in result.timings)
    text = f"{table}\nDone in {seconds / 60:.1f} minutes. Report: {folder / 'report.html'}"
    values = {
        "project": str(folder),
        "seconds": {step.name: round(step.seconds, 1) for step in result.timings},
        "pretraining": str(result.pretraining.path),
        "runs": [str(run.path) for run in result.evaluations],
        "map": {row.name: row.mean_ap / 100 for row in result.rows},
    }
    return Outcome(f"\n{text}\nOpen it: {start()} {args.out}", values)
