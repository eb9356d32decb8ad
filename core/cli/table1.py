"""`table1`: runs beside the paper's Table 1."""

import argparse
import json
from pathlib import Path

from core.cli.outcome import Outcome
from core.evaluation.table1 import FORMATS, format_table, paper_rows, row_of_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runs", nargs="+", type=Path, default=[], metavar="DIR", help="runs that were evaluated on VOC"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="of the table (default: text)")


def perform(args: argparse.Namespace) -> Outcome:
    rows = [*paper_rows(), *(row_of_run(run) for run in args.runs)]
    values = {"rows": json.loads(format_table(rows, "json"))}
    return Outcome(format_table(rows, args.format).rstrip("\n"), values)
