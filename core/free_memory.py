"""How much main memory a process may still take."""

import ctypes
import os
import re
import sys
from pathlib import Path

LINUX, GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def free_memory() -> int | None:
    """Bytes that can be taken without swapping; on macOS all that the machine has; None if nothing tells.

    Within a control group of Linux (a container, a job of a cluster) its limit counts too.
    """
    if sys.platform == "win32":
        return _free_on_windows()
    try:
        if found := re.search(r"^MemAvailable:\s*(\d+) kB", LINUX.read_text(encoding="ascii"), re.MULTILINE):
            free = 1024 * int(found[1])
            left = _left_in_group()
            return free if left is None else min(free, left)
    except OSError:
        pass  # no Linux
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


def _left_in_group() -> int | None:
    """Bytes below the limit of this control group (version 2, seen from inside it), if it has one."""
    try:
        limit, used = (
            (GROUP / name).read_text(encoding="ascii") for name in ("memory.max", "memory.current")
        )
        return max(int(limit) - int(used), 0)
    except (OSError, ValueError):  # no such files, or "max"
        return None


def _free_on_windows() -> int | None:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", *"abcde")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    return int(status.free) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
