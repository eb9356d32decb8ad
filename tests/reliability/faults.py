"""Calls that change a disk: made to fail from the N-th on, or written down; by `faults.c`, on Linux.

The library stands before libc in processes that are started with `environment`. It does nothing until it is
armed: by `Faults` in the process itself, or by `armed` for one that is started.
"""

import contextlib
import ctypes
import functools
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.reliability.attack import Skipped

SOURCE = Path(__file__).with_name("faults.c")
_TOLD = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
EVER = 1 << 60
"""The last call that fails where all do from some call on."""


@functools.cache
def library() -> Path:
    """The library, compiled once for its source.

    Raises:
        Skipped: this is not Linux, or there is no C compiler.
    """
    compiler = shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        raise Skipped("only Linux with a C compiler (cc) lets a library stand before the system's calls")
    code = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    built = Path(tempfile.gettempdir(), f"associationnet-faults-{os.getuid()}", f"{code}.so")
    if not built.exists():
        built.parent.mkdir(mode=0o700, exist_ok=True)
        new = built.with_suffix(f".{os.getpid()}")
        done = subprocess.run(
            [compiler, "-shared", "-fPIC", "-O2", "-o", new, SOURCE, "-ldl", "-lpthread"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Skipped(f"faults.c cannot be compiled here: {done.stderr.strip().splitlines()[-1]}")
        new.replace(built)
    return built


def environment() -> dict[str, str]:
    """What a process needs in its environment for the library to be there, unarmed."""
    return {"LD_PRELOAD": str(library())}


@contextlib.contextmanager
def armed(folder: Path, first: int, last: int, number: int) -> Iterator[tuple[dict[str, str], "Counter"]]:
    """An environment in which the calls `first` to `last` below a folder fail, and how many there were.

    They are counted over all processes that are started in it, from 1; none fails where `first` is 0.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(8))
        file.flush()
        values = {
            "FAULTS_UNDER": str(folder),
            "FAULTS_FIRST": str(first),
            "FAULTS_LAST": str(last),
            "FAULTS_ERROR": str(number),
            "FAULTS_COUNT": file.name,
        }
        yield environment() | values, Counter(Path(file.name))


class Counter:
    """How many calls there were in the processes of `armed`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __int__(self) -> int:
        return int(struct.unpack("=q", self._path.read_bytes()[:8])[0])


class Faults:
    """The library in this process, which was started with `environment`.

    Raises:
        Skipped: it is not there.
    """

    def __init__(self) -> None:
        library()
        try:
            self._library = ctypes.CDLL(None)
            self._library.faults_arm.argtypes = (ctypes.c_char_p, ctypes.c_long, ctypes.c_long, ctypes.c_int)
            self._library.faults_record.argtypes = (ctypes.c_char_p, ctypes.c_int)
            self._library.faults_clock.argtypes = (ctypes.c_long,)
            self._library.faults_count.restype = ctypes.c_long
            self._library.faults_failed.restype = ctypes.c_char_p
        except AttributeError as error:
            raise Skipped("the process was started without faults.c") from error

    def arm(self, folder: Path, first: int, last: int, number: int) -> None:
        """Let the calls `first` to `last` below a folder fail with an error number; none where 0."""
        self._library.faults_arm(str(folder).encode(), first, last, number)

    def record(self, folder: Path, descriptor: int) -> None:
        """Write down what is done below a folder; see `recorded`."""
        self._library.faults_record(str(folder).encode(), descriptor)

    def watch(self, folder: Path, told: Callable[[str], None]) -> None:
        """Tell every call below a folder before it is made, in its thread: what it is, a space, its path."""
        self._told = _TOLD(lambda call: told(os.fsdecode(call)))
        self._library.faults_watch(self._told)
        self.arm(folder, 0, 0, 0)

    @property
    def failed(self) -> str:
        """The first call that failed, as `watch` tells it; empty where none did."""
        return os.fsdecode(self._library.faults_failed())

    def put_clock(self, seconds: int) -> None:
        """Let the clock of the wall be ahead by so many seconds in this process."""
        self._library.faults_clock(seconds)

    def disarm(self) -> None:
        self._library.faults_disarm()

    @property
    def count(self) -> int:
        """Calls below the folder since it was armed."""
        return int(self._library.faults_count())
