"""`export-run`: what runs measured, for TensorBoard or as tables."""

import argparse
from pathlib import Path

from core.cli.outcome import Outcome
from core.runs.metrics_export import FORMATS, export_metrics


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run's folder")
    parser.add_argument("--format", choices=tuple(FORMATS), required=True, help="of what is written")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder that gets the files; for TensorBoard one folder a run",
    )


def perform(args: argparse.Namespace) -> Outcome:
    files = [str(path) for run in args.runs for path in export_metrics(run, args.format, args.out)]
    return Outcome("\n".join(files), {"files": files})
