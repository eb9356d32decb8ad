"""One attack as a process: python -m tests.reliability.one NAME SECONDS SEED OUT."""

import json
import sys
from pathlib import Path

from tests.reliability.attack import Row, Skipped
from tests.reliability.table import attacks


def main(name: str, seconds: float, seed: int, out: Path) -> None:
    row, skipped = Row(0), ""
    try:
        row = attacks()[name].run(seconds, seed)
    except Skipped as reason:
        skipped = str(reason)
    found = {"rounds": row.rounds, "failures": row.failures, "figure": row.figure, "skipped": skipped}
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
