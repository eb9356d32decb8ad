"""`table1`: runs beside the paper's Table 1."""

import argparse
import json
from pathlib import Path

from core.cli.outcome import Outcome
from core.evaluation.differences import rows_named
from core.evaluation.table1 import paper_rows, row_of_run
from core.evaluation.table1_formats import FORMATS, format_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runs", nargs="+", type=Path, default=[], metavar="DIR", help="runs that were evaluated on VOC"
    )
    parser.add_argument(
        "--baseline",
        metavar="NAME",
        help="add differences to the rows of this start, such as RandomNet, or to one run; "
        "n/a, with the reason, between rows that were not measured alike",
    )
    parser.add_argument(
        "--format", choices=tuple(FORMATS), default="text", help="of the table (default: text)"
    )


def perform(args: argparse.Namespace) -> Outcome:
    rows = [*paper_rows(), *(row_of_run(run) for run in args.runs)]
    baselines = rows_named(args.baseline, rows) if args.baseline else []
    values = {"rows": json.loads(format_table(rows, "json", baselines))}
    return Outcome(format_table(rows, args.format, baselines).rstrip("\n"), values)
