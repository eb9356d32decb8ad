"""Read a file whole, with a sentence for whatever stands in the way.

A file is one of a disk: a pipe would be waited for, and a device may have no end.
"""

import os
import stat
from io import BufferedReader
from pathlib import Path

from core.errors import StudioError
from core.free_memory import room

LARGEST = 4 << 30
"""Bytes that are read whole at most; 12,500 tracks of 60 frames are 0.1 GB as XML."""

_PART = 1 << 20

_AT_ONCE = getattr(os, "O_NONBLOCK", 0)  # a pipe is opened without waiting for its other end


def open_file(path: Path, absent: str = "check its name") -> BufferedReader:
    """A file of a disk, open to be read; the caller closes it. `absent` says what to do if there is none.

    Raises:
        StudioError: it is missing, no such file (a pipe, a device, a folder), or cannot be opened.
    """
    try:
        _check_kind(path, os.stat(path).st_mode)  # opening some devices does something
        file = open(path, "rb", opener=_opened)  # noqa: SIM115  the caller closes it
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StudioError(f"There is no file {path}; {absent}.") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:  # a NUL, or half of a surrogate pair
        raise StudioError(f"{path} is no name of a file; check it.") from error
    try:
        _check_kind(path, os.fstat(file.fileno()).st_mode)
    except BaseException:
        file.close()
        raise
    return file


def read_whole(path: Path, most: int = LARGEST) -> bytes:
    """The bytes of a file.

    Args:
        path: of the file.
        most: bytes that it may have.

    Raises:
        StudioError: it is missing, no file of a disk, too large, or cannot be read.
    """
    with open_file(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise _too_large(path, most)
            parts = [file.read(size + 1)]  # `read` takes the memory for all that it may read
            read = len(parts[0])
            while parts[-1] and read <= most:  # some have no size, such as those of /proc
                parts.append(file.read(_PART))
                read += len(parts[-1])
            data = b"".join(parts)
        except OSError as error:
            raise unreadable(path, error) from error
    if len(data) > most:
        raise _too_large(path, most)
    return data


def size_of(path: Path, most: int = LARGEST) -> int:
    """Bytes of a file of a disk, which another library is to open.

    Raises:
        StudioError: it is missing, no file of a disk, has more bytes than `most`, or cannot be opened.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
    if size > most:
        raise StudioError(f"{path} has {size:,} bytes, which is more than {most:,}; save it in parts.")
    return size


def check_room(path: Path, needed: int) -> None:
    """See that a file can be read.

    Args:
        path: of the file, which a sentence names.
        needed: bytes of memory that reading it takes at least.

    Raises:
        StudioError: less is free.
    """
    free = room()
    if needed > free:
        raise StudioError(
            f"{path} takes {needed / 1e9:,.1f} GB of memory to read, while {free / 1e9:,.1f} GB are free; "
            "close other programs, or save it in parts."
        )


def unreadable(path: Path, error: OSError) -> StudioError:
    """What to say where the system refuses to read a file."""
    return StudioError(f"{path} cannot be read ({error.strerror}); check its name and permissions.")


def _opened(name: str, flags: int) -> int:
    return os.open(name, flags | _AT_ONCE)


def _check_kind(path: Path, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise StudioError(f"{path} cannot be read (it is a folder); choose a file.")
    raise StudioError(f"{path} is a pipe or a device, no file of a disk; choose another one.")


def _too_large(path: Path, most: int) -> StudioError:
    if most >= LARGEST:
        return StudioError(f"{path} is larger than 4 GB; save it in parts.")
    return StudioError(
        f"{path} is larger than {most:,} bytes, so it is none of ours; restore it or delete it."
    )
