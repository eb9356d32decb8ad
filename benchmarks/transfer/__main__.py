"""Does pretraining on trajectories help, and does correcting them?

    python -m benchmarks.transfer --data DIR --cache DIR [--blocks drawn real …] [--seeds 5 6 …] [--minutes M]
    python -m benchmarks.transfer --cache DIR --blocks suggested "suggested nce"
    python -m benchmarks.transfer --report

The first runs what is missing of the study in `rows.py` (all that an earlier call did stays) and adds a line
of JSON for each row, seed and target to `benchmarks/transfer/results.jsonl`; nothing new is begun after M
minutes. `DIR` of `--data` holds `moseg_dataset`, `vsb100`, `DAVIS`, `VOCdevkit` and `caltech101`. The second
asks whether suggested objects train; all of it is drawn. Both print their tables at the end. The third
writes the tables of `docs/results.md` anew from that file. One thread; on a CPU with AMX a row and seed
takes about 45 seconds.
"""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

HERE = Path(__file__).parent
RESULTS = HERE / "results.jsonl"
DOCUMENT = HERE.parent.parent / "docs" / "results.md"


def main() -> None:
    """Run or report, as the command line says."""
    from benchmarks.transfer.rows import BLOCKS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--cache", type=Path, help="folder for clips, pictures, proposals and trunks")
    parser.add_argument("--blocks", nargs="+", choices=tuple(BLOCKS), default=list(BLOCKS))
    parser.add_argument("--seeds", nargs="+", type=int, help="only these, in this order")
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--report", action="store_true", help="write the tables of docs/results.md")
    options = parser.parse_args()
    if options.report:
        from benchmarks.transfer.report import write_report

        write_report(RESULTS, DOCUMENT)
        return
    drawn_only = all(BLOCKS[block].drawn_only for block in options.blocks)
    if not options.cache or not (options.data or drawn_only):
        parser.error("--data and --cache are needed to run")
    import cv2
    import torch

    from benchmarks.transfer.report import tables_of
    from benchmarks.transfer.study import Place, run

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    place = Place(options.data or Path(), options.cache, RESULTS)
    for line in run(place, options.blocks, time.time() + 60 * options.minutes, options.seeds):
        print(line, flush=True)
    print(tables_of(RESULTS, options.blocks))


if __name__ == "__main__":
    main()
