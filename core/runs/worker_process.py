"""The process that runs a run, which may be ended; a number that a file names is not enough for that."""

import contextlib
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

from core.errors import StudioError
from core.runs import provenance
from core.runs.run_folder import RunFolder

_LOCKS = Path("/proc/locks")  # of Linux: who holds which lock


def worker_of(folder: RunFolder) -> int | None:
    """The process id of the worker of a run; None where no worker of this machine is known to run it.

    `status.json` may be old, of another machine, or a stranger's; its number counts only while the run's
    lock is held. Where the system tells who holds a lock, that is this very process; elsewhere the run was
    begun on this machine, as far as it says.
    """
    pid = folder.status().pid
    if pid <= 1 or pid == os.getpid() or not folder.is_alive():
        return None
    holders = _holders(folder.path / "lock", folder.path)
    if holders is None:
        return pid if _host(folder) in ("", platform.node()) else None
    return pid if pid in holders else None


def end_worker(folder: RunFolder, child: "subprocess.Popen[bytes] | None" = None) -> None:
    """End the worker of a run; where it was started detached, its helpers go with it.

    Args:
        folder: the run.
        child: the worker, where this process started it.

    Raises:
        StudioError: no process of this machine is known to be its worker.
    """
    pid = child.pid if child is not None and child.poll() is None else worker_of(folder)
    if pid is None:
        raise StudioError(f"No process of this machine runs {folder.name}; end it where it was started.")
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        elif os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)


def _holders(*paths: Path) -> set[int] | None:
    """The processes that hold one of some files or folders; None where the system does not tell."""
    try:
        inodes = {str(path.stat().st_ino) for path in paths}
        rows = _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    # 1: FLOCK  ADVISORY  WRITE 30434 fe:00:2237593 0 EOF; the device may read otherwise than `stat` gives it
    held = [row.split() for row in rows if " FLOCK " in row and "->" not in row]
    return {int(row[4]) for row in held if len(row) > 5 and row[5].rpartition(":")[2] in inodes}


def _host(folder: RunFolder) -> str:
    """The machine on which a worker went on with the run last; empty where that is unknown."""
    with contextlib.suppress(IndexError, AttributeError):
        return str(provenance.machines(folder)[-1].get("host", ""))
    return ""
