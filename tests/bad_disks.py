"""Disks that take no more, or nothing at all."""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

OVERRIDES = 0b1110
"""CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER of Linux: what lets root write everywhere."""


@contextlib.contextmanager
def without_overrides() -> Iterator[None]:
    """This thread, if it is root's, loses the power to write what permissions forbid; on Linux."""
    if sys.platform == "win32":
        pytest.skip("permissions do not keep a folder from being written here")
    if os.geteuid() != 0:
        yield
        return
    if not sys.platform.startswith("linux"):
        pytest.skip("root writes everywhere, and only Linux lets a thread do without that")
    libc = ctypes.CDLL(None, use_errno=True)
    head, all_of_it = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(head, all_of_it) == 0
    less = (ctypes.c_uint32 * 6)(*all_of_it)
    less[0] &= ~OVERRIDES  # of the effective ones; they stay permitted, so they can come back
    assert libc.capset(head, less) == 0
    try:
        yield
    finally:
        assert libc.capset(head, all_of_it) == 0


@contextlib.contextmanager
def read_only(project: Path) -> Iterator[None]:
    """A project that nobody may write, as on a read-only disk."""
    paths = [project, *project.rglob("*")]
    modes = [path.stat().st_mode for path in paths]
    for path, mode in zip(paths, modes, strict=True):
        path.chmod(mode & ~0o222)
    try:
        with without_overrides():
            yield
    finally:
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)


@contextlib.contextmanager
def full_disk(largest: int) -> Iterator[None]:
    """A limit on the size of files, in bytes, stands for a disk that takes no more."""
    resource = pytest.importorskip("resource", reason="only Unix limits the size of files")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # it would kill, as a full disk does not
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
