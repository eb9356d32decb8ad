"""Write a file or a folder beside its place, then put it there: readers see the old one or the new one."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.errors import StudioError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write, which takes the place of `path` when the block ends well and vanishes otherwise.

    Raises:
        StudioError: the file cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path, pattern: str) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `path` when the block ends well.

    A folder that stands there is replaced only if all it holds are files that match `pattern`.

    Raises:
        StudioError: other files are there, or the folder cannot be written.
    """
    partial, old = path.with_name(path.name + ".partial"), path.with_name(path.name + ".old")
    try:
        if path.exists() and (not path.is_dir() or any(not item.match(pattern) for item in path.iterdir())):
            raise StudioError(f"{path} holds something else already; choose another folder.")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            os.rename(path, old)
        os.rename(partial, path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
