"""Write a file or a folder beside its place, then put it there: readers see the old one or the new one."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.atomic_file import writing_atomically
from core.errors import StudioError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write, which takes the place of `path` when the block ends well and vanishes otherwise.

    Raises:
        StudioError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing_atomically(path) as partial:
            yield partial
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error


@contextlib.contextmanager
def replacing_folder(path: Path, pattern: str) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `path` when the block ends well.

    A folder that stands there is replaced only if all it holds are files that match `pattern`.

    Raises:
        StudioError: other files are there, or the folder cannot be written.
    """
    own = f"{path.name}.{secrets.token_hex(4)}"  # several may write the same folder at once
    partial, old = path.with_name(f"{own}.partial"), path.with_name(f"{own}.old")
    try:
        if path.exists() and (not path.is_dir() or any(not item.match(pattern) for item in path.iterdir())):
            raise StudioError(f"{path} holds something else already; choose another folder.")
        partial.mkdir(parents=True)
        yield partial
        if path.exists():
            os.rename(path, old)
        os.rename(partial, path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
