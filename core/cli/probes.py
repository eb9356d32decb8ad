"""`probes`: what several probes measured, side by side."""

import argparse
from pathlib import Path

from core.cli.outcome import Outcome
from core.evaluation.probe_table import FORMATS, format_probes, joined, read_column, values_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runs",
        nargs="+",
        type=Path,
        required=True,
        metavar="RUN",
        help="runs of probes, or files that probe --json wrote; those of the same start are joined, "
        "with intervals over them: give one of each seed",
    )
    parser.add_argument(
        "--format", choices=tuple(FORMATS), default="text", help="of the table (default: text)"
    )


def perform(args: argparse.Namespace) -> Outcome:
    columns = joined([read_column(source) for source in args.runs])
    return Outcome(format_probes(columns, args.format).rstrip("\n"), {"columns": values_of(columns)})
