"""`demo`: the main job end to end in a drawn world, and what it says."""

import argparse
from pathlib import Path

from core.atomic_file import write_atomically
from core.cli.options import add_settings, settings_from
from core.cli.outcome import Outcome, Stopped
from core.cli.program import start
from core.cli.running import shown
from core.demo.comparison import seed_table
from core.demo.demo import DemoConfig, run_demo
from core.demo.report import write_report
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
    folder, comparisons = result.project, result.comparisons
    starts = (*result.starts, result.baseline)
    rows = [row for start in starts for row in start.rows]
    for how, suffix in (("text", "txt"), ("csv", "csv")):
        table = format_table(rows, how, classes=measured_classes(rows))
        write_atomically(folder / f"ap_table.{suffix}", table.encode())
    write_report(result)
    sentences = "\n".join(of.sentence for of in comparisons)
    text = (
        f"{seed_table(comparisons)}\n\n{sentences}\n"
        f"Done in {result.seconds / 60:.1f} minutes. Report: {folder / 'report.html'}"
    )
    values = {
        "project": str(folder),
        "seconds": {step.name: round(step.seconds, 1) for step in result.timings},
        "pretraining": str(result.starts[0].pretrainings[0].path),
        "pretrainings": [str(run.path) for start in result.starts for run in start.pretrainings],
        "runs": [str(run.path) for start in starts for run in start.evaluations],
        "map": {row.name: row.mean_ap / 100 for row in rows},
        "comparisons": [of.as_dict() for of in comparisons],
    }
    return Outcome(f"\n{text}\nOpen it: {start()} {args.out}", values)
