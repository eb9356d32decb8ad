"""`demo`: the main job end to end on the generated sample."""

import argparse
from pathlib import Path

from core.atomic_file import write_atomically
from core.cli.options import add_settings, settings_from
from core.cli.outcome import Outcome, Stopped
from core.cli.running import shown
from core.demo.demo import DemoConfig, ap_csv, ap_table, run_demo
from core.demo.report import write_report


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
                f"Stopped; look at what is done with: main.py {args.out}, or start again with another --out."
            ) from interrupt
    table, folder = ap_table(result.rows), result.project
    write_atomically(folder / "ap_table.txt", f"{table}\n".encode())
    write_atomically(folder / "ap_table.csv", ap_csv(result.rows).encode())
    write_report(result)
    seconds = sum(stage.seconds for stage in result.stages)
    text = f"{table}\n\nDone in {seconds / 60:.1f} minutes. Report: {folder / 'report.html'}"
    values = {
        "project": str(folder),
        "seconds": {stage.name: round(stage.seconds, 1) for stage in result.stages},
        "pretraining": str(result.pretraining.path),
        "runs": [str(run.path) for run in result.evaluations],
        "map": {row.name: row.mean_ap / 100 for row in result.rows},
    }
    return Outcome(f"\n{text}\nOpen it: python main.py {args.out}", values)
