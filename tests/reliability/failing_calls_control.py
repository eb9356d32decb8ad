"""Whether a fork makes the same calls in the same order as a process of its own, which no attack could see.

python -m tests.reliability.failing_calls_control WORK OUT WORD ...
"""

import atexit
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import main
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.cases import Call, traced
from tests.reliability.edit_session import scratch
from tests.reliability.failing_jobs import Bench
from tests.reliability.faults import Faults
from tests.reliability.jobs_that_fail import JOBS
from tests.reliability.steady import steady

ROOT = Path(main.__file__).parent


def compared(seconds: float, seed: int) -> Row:
    """Each round another job; a process that has imported nothing must make the calls that fail in forks."""
    names, failures, rounds, calls = list(JOBS), [], 0, 0
    for one in seeds(seconds, seed):
        name = names[one % len(names)]
        with scratch() as folder:
            bench = Bench(name, folder)
            forked, alone = bench.calls(), _alone(bench, folder / "calls")
        calls += len(alone)
        rounds += 1
        if forked != alone:
            at = next(
                (n for n, pair in enumerate(zip(forked, alone, strict=False)) if pair[0] != pair[1]), -1
            )
            failures.append(failed(one, f"{name}: {forked[at]} in the fork, {alone[at]} alone, at {at}"))
        if rounds == len(names):
            break
    return Row(rounds, tuple(failures), f"{calls:,} calls, the same in a fork and in a process of their own")


def _alone(bench: Bench, out: Path) -> list[Call]:
    bench.renew()
    words = [sys.executable, "-m", "tests.reliability.failing_calls_control", str(bench.work), str(out)]
    words += map(str, bench.job.words(bench.work))
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [Call(**call) for call in json.loads(out.read_text())]


def _watched(work: Path, out: Path, words: list[str]) -> int:
    tempfile.tempdir = str(work / "tmp")
    steady()
    faults = Faults()

    def told() -> None:
        faults.disarm()
        out.write_text(json.dumps([vars(call) for call in made]))

    atexit.register(told)  # before all others, so it is called after them
    made = traced(faults, work)
    return main.main(words)


ATTACKS = (Attack("failing-calls-control", compared, 0.3, with_faults=True),)

if __name__ == "__main__":
    sys.exit(_watched(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
