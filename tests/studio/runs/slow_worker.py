"""A worker for tests of following: holds a run's lock and writes events through the run folder.

`python slow_worker.py RUN FIRST LAST PAUSE` reports a metric, progress and status at each step from
FIRST to LAST with a pause between, stops when asked, and is done after the last.
"""

import os
import sys
import time
from pathlib import Path

from core.events import ClassAP, Filters, Log, Metric, Progress
from core.runs.run_folder import RunFolder, State, Status


def main(path: str, first: int, last: int, pause: float) -> None:
    folder = RunFolder.open(Path(path))
    with folder.held_lock():
        for step in range(first, last + 1):
            folder.append(Metric("loss", step, 1.0 / step))
            folder.append(Progress(step, last, "Testing"))
            if step % 10 == 0:
                folder.append(Filters(step, f"results/filters/step-{step:06d}.npz"))
                folder.append(ClassAP("cat", step / last, 7))
                folder.append(Log(f"at step {step}"))
            status = Status(State.RUNNING, step, last, "Testing", None, "", time.time(), os.getpid())
            if step % 10 == 1 or step == first:
                folder.write_status(status)
            if folder.stop_asked():
                folder.clear_control()
                folder.write_status(Status(State.STOPPED, step, last, updated=time.time()))
                return
            time.sleep(pause)
        folder.write_status(Status(State.DONE, last, last, updated=time.time()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
