"""Ending a worker that does not end by itself."""

import contextlib
import os
import signal
import sys


def kill_worker(pid: int) -> None:
    """End a worker; where it was started detached, its helpers go with it."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        elif os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
