"""Attack the program for a time, and say what it withstood.

python -m tests.reliability [--minutes N] [--only NAME ...] [--seed S] [--out FILE]
"""

import argparse
import sys
from pathlib import Path

from tests.reliability.table import as_json, attacks, run_apart, text


def main(words: list[str] | None = None) -> int:
    known = attacks()
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=30, help="shared out; 0 runs one round of each")
    parser.add_argument("--only", nargs="+", choices=known, metavar="NAME", help=", ".join(known))
    parser.add_argument("--seed", type=int, default=1, help="of the first round of each attack")
    parser.add_argument("--out", type=Path, help="also write everything as JSON")
    options = parser.parse_args(words)
    chosen = [known[name] for name in options.only or known]
    whole = sum(attack.share for attack in chosen)
    lines = []
    for attack in chosen:
        line = run_apart(attack, 60 * options.minutes * attack.share / whole, options.seed)
        lines.append(line)
        print(text([line]).splitlines()[-1], f"({line.seconds:.0f} s)", file=sys.stderr, flush=True)
        for failure in line.failures[:20]:
            print(f"  {line.attack}: {failure}", file=sys.stderr, flush=True)
    print(text(lines))
    if options.out is not None:
        options.out.write_text(as_json(lines, options.seed), encoding="utf-8")
    return 1 if any(line.failures for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
