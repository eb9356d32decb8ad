"""Processes that are killed: forks of this one, which need not import everything again.

This process must have started no threads before, such as those of OpenCV: a fork does not have them.
"""

import contextlib
import importlib
import os
import select
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.reliability.attack import Skipped

PATIENCE = 120.0
"""Seconds after which a process that should end by itself is killed, which then is a failure."""

_REVISION = struct.Struct("=q")


class Fork:
    """A fork of this process that does some work and tells numbers.

    Args:
        work: is given a function that tells this process a whole number at once.

    Raises:
        Skipped: the system cannot fork.
    """

    def __init__(self, work: Callable[[Callable[[int], None]], None]) -> None:
        if not hasattr(os, "fork"):
            raise Skipped("only Unix forks processes")
        self._reads, writes = os.pipe()
        sys.stdout.flush(), sys.stderr.flush()
        self.pid = os.fork()
        if self.pid:
            os.close(writes)
            return
        code = 70
        try:
            os.close(self._reads)
            work(lambda number: os.write(writes, _REVISION.pack(number)) and None)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def kill_after(self, seconds: float) -> tuple[list[int], int]:
        """Kill it then, if it has not ended; what it told, and its exit code, below 0 for a signal."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return self._told(), os.waitstatus_to_exitcode(status)
            time.sleep(min(left, 0.005))
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        return self._told(), os.waitstatus_to_exitcode(status)

    def wait(self) -> tuple[list[int], int]:
        """Wait for its end, which must come before `PATIENCE`; as `kill_after`."""
        return self.kill_after(PATIENCE)

    def follow(self, silence: float) -> tuple[list[int], int]:
        """Wait for its end; kill it where it tells nothing for long; as `kill_after`.

        Args:
            silence: seconds of computing after which it is killed, or `PATIENCE` of waiting: on a busy
                machine a process may be silent since it is not its turn.
        """
        data, ended, silent, computed = b"", False, 0.0, 0.0
        while not ended:
            ready, _, _ = select.select([self._reads], [], [], silence / 2)
            if not ready:
                computed = self._computed() if not silent else computed
                silent += silence / 2
                if silent < PATIENCE and self._computed() - computed < silence:
                    continue
                os.kill(self.pid, signal.SIGKILL)
                break
            part = os.read(self._reads, 1 << 16)
            data, ended, silent = data + part, not part, 0.0
            time.sleep(0.01)  # the pipe holds thousands of numbers: none of them need wake this process
        os.close(self._reads)
        _, status = os.waitpid(self.pid, 0)
        told = [
            number
            for (number,) in _REVISION.iter_unpack(data[: len(data) // _REVISION.size * _REVISION.size])
        ]
        return told, os.waitstatus_to_exitcode(status)

    def _computed(self) -> float:
        """Seconds of computing that it took so far; what the clock says where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _told(self) -> list[int]:
        data = b""
        while part := os.read(self._reads, 1 << 16):
            data += part
        os.close(self._reads)
        return [number for (number,) in _REVISION.iter_unpack(data)]


def import_what(work: Callable[[], object]) -> int:
    """Import here what some work imports, which a fork does once for that; forks that come later have it.

    Importing starts no threads, working would.

    Returns:
        The exit code of that fork.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder, "names")

        def worked(_: object) -> None:
            try:
                work()
            finally:
                names.write_text("\n".join(sys.modules))

        _, code = Fork(worked).wait()
        for name in names.read_text().split("\n") if names.exists() else ():
            if name not in sys.modules:
                with contextlib.suppress(ImportError):  # such as `__mp_main__`, which only its maker can make
                    importlib.import_module(name)
        return code
