"""The options that say which columns of a table mean what, on import and on export."""

import argparse

from core.trajectories.exchange.presets import PRESETS


def add_column_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--columns` and `--preset`, which `column_mapping.parse` reads."""
    table = parser.add_argument_group("which columns of a table mean what (default: by our names)")
    table.add_argument(
        "--columns",
        metavar="OURS=THEIRS,…",
        help="such as frame=t,id=particle,x=px,y=py or, for boxes, x1, y1, x2, y2 or x, y, w, h; a column is "
        "named or, on import, numbered from 1. Besides: label, score; first=1 where frames count from 1, "
        "centre=0 where whole numbers are the middles of pixels, scale=PIXELS in a unit",
    )
    table.add_argument("--preset", choices=tuple(PRESETS), help="the columns of another program")
