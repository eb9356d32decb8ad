"""How much main memory a process may still take."""

import ctypes
import os
import re
import sys
from pathlib import Path

LINUX, GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/statm")
_CACHE = re.compile(r"^(?:in)?active_file (\d+)$", re.MULTILINE)  # of `memory.stat`
_USUAL = 4 << 30  # bytes, where nothing tells what is free


def free_memory() -> int | None:
    """Bytes that can be taken without swapping; on macOS all that the machine has; None if nothing tells.

    On Linux the limits of its control group (a container, a job of a cluster) and of its own address space
    count too.
    """
    if sys.platform == "win32":
        return _free_on_windows()
    try:
        if found := re.search(r"^MemAvailable:\s*(\d+) kB", LINUX.read_text(encoding="ascii"), re.MULTILINE):
            free = 1024 * int(found[1])
            return min(left for left in (free, _left_in_group(), _left_of_own()) if left is not None)
    except OSError:
        pass  # no Linux
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


def room() -> int:
    """As `free_memory`; 4 GiB where nothing tells."""
    free = free_memory()
    return _USUAL if free is None else free


def _left_in_group() -> int | None:
    """Bytes below the limit of this control group (version 2, seen from inside it), if it has one.

    Copies of files that the system keeps count as used there, and are given up when memory is asked for.
    """
    try:
        limit, used, about = (
            (GROUP / name).read_text(encoding="ascii")
            for name in ("memory.max", "memory.current", "memory.stat")
        )
        return max(int(limit) - int(used) + sum(map(int, _CACHE.findall(about))), 0)
    except (OSError, ValueError):  # no such files, or "max"
        return None


def _left_of_own() -> int | None:
    """Bytes below the limit of this process's own address space, as `ulimit -v` sets it."""
    import resource  # which Windows does not have

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    pages = int(_OWN.read_text(encoding="ascii").split()[0])
    return max(limit - pages * resource.getpagesize(), 0)


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
