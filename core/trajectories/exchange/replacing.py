"""Write a file or a folder beside its place, then put it there: readers see the old one or the new one."""

import contextlib
import errno
import fnmatch
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.atomic_file import writing_atomically
from core.datasets.clip import Clip
from core.datasets.folder import is_leftover
from core.errors import StudioError
from core.file_holder import HeldError, holder_of
from core.folder_lock import held_folder

_TRIES = 10


def keep_frames(clip: Clip, path: Path) -> None:
    """See that what will take the place of `path`, a file or a folder, replaces no frame of a clip.

    Raises:
        StudioError: a frame or the video of the clip is that file or lies in that folder.
    """
    if path.is_dir():
        folders = {(clip.root / name).parent for name in clip.files}
        own = {above for folder in folders for above in (folder, *folder.parents)}
    elif path.exists():
        own = {clip.root / name for name in clip.files if Path(name).stem.casefold() == path.stem.casefold()}
    else:
        return
    if any(one.exists() and path.samefile(one) for one in own):
        raise StudioError(f"{path} holds frames of {clip.name}; choose another place.")


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """A folder, made where it is missing, that no other export writes into: what lies there after two
    is of one of them.

    Raises:
        HeldError: another export writes into it.
        StudioError: it cannot be made.
    """
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_ours = held.enter_context(held_folder(folder))
        except OSError as error:
            raise StudioError(f"Cannot write {folder} ({error.strerror}); choose another place.") from error
        if not is_ours:
            raise HeldError(
                f"Another export writes into {folder}; choose another folder, or try again when it is done "
                f"({holder_of(folder)})."
            )
        yield


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
def replacing_folder(path: Path, *patterns: str) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `path` when the block ends well.

    A folder that stands there is replaced only if all it holds matches one of the patterns, such as
    `gt/gt.txt`, or was left there by a system.

    Raises:
        StudioError: other files are there, or the folder cannot be written.
    """
    own = f"{path.name}.{secrets.token_hex(4)}"  # several may write the same folder at once
    partial = path.with_name(f"{own}.partial")
    try:
        if _holds_others(path, patterns):
            raise StudioError(f"{path} holds something else already; choose another folder.")
        partial.mkdir(parents=True)
        yield partial
        _move(partial, path)
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _holds_others(path: Path, patterns: Sequence[str]) -> bool:
    """Whether something within neither matches a pattern, nor is above what may, nor was left by a system."""
    known = [tuple(pattern.split("/")) for pattern in patterns]
    try:
        if not stat.S_ISDIR(path.stat().st_mode):  # asked once: it may go or come in between
            return True
        return any(not _is_own(item, item.relative_to(path).parts, known) for item in path.rglob("*"))
    except FileNotFoundError:  # another export just moved it
        return False


def _is_own(item: Path, parts: tuple[str, ...], patterns: Sequence[tuple[str, ...]]) -> bool:
    depth = len(parts)
    return any(_is_left(part) for part in parts) or any(
        depth <= len(pattern)
        and all(map(fnmatch.fnmatchcase, parts, pattern[:depth]))
        and item.is_dir() == (depth < len(pattern))
        for pattern in patterns
    )


def _is_left(name: str) -> bool:
    """Whether a system leaves a file of this name; others that are hidden may be somebody's."""
    return is_leftover(name) and (not name.startswith(".") or name.startswith("._") or name == ".DS_Store")


def _move(partial: Path, path: Path) -> None:
    """Put a folder in its place; the one that is there goes, or comes back where that fails."""
    olds: list[Path] = []
    while True:
        old = partial.with_suffix(f".{len(olds)}.old")
        with contextlib.suppress(FileNotFoundError):
            os.rename(path, old)
            olds.append(old)
        try:
            os.rename(partial, path)
            break
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and len(olds) < _TRIES:
                continue  # another export put its folder there meanwhile
            if olds:
                with contextlib.suppress(OSError):
                    os.rename(olds[-1], path)
            raise
    for old in olds:
        shutil.rmtree(old, ignore_errors=True)
