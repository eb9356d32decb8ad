"""What a process wrote to a folder, as `faults.c` wrote it down, and what is there after a power cut.

The disk is as careless as POSIX allows: what a file got since its last sync is there, or not, or in part, in
any order; names are made, exchanged and removed in order, but those since the last sync may be lost.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

_HEAD = struct.Struct("=cqII")
SECTOR = 512
"""Bytes that a disk writes whole."""


@dataclass(frozen=True)
class Call:
    """One call: its kind, file and the rest.

    Attributes:
        kind: `w`rite, `t`runcate, `s`ync, `c`reate, `u`nlink, `r`ename, or `a`cknowledgement of an edit.
        offset: of a write in bytes; the new size of a truncation; the revision of an acknowledgement.
        data: what was written; the new name of a rename.
    """

    kind: str
    offset: int
    path: str
    data: bytes


def acknowledgement(revision: int) -> bytes:
    """As a process puts it among the calls that are written down."""
    return _HEAD.pack(b"a", revision, 0, 0)


def calls(data: bytes) -> list[Call]:
    """What was written down."""
    found, place = [], 0
    while place < len(data):
        kind, offset, path, size = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        name = data[place : place + path].decode("utf-8", "surrogateescape")
        found.append(Call(kind.decode(), offset, name, data[place + path : place + path + size]))
        place += path + size
    return found


@dataclass(eq=False)
class _File:
    """What is safely on the disk, and the calls that came after it."""

    safe: bytes = b""
    loose: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        content = bytearray(self.safe)
        for call in self.loose:
            _apply(call, content)
        self.safe, self.loose = bytes(content), []

    def after_cut(self, rng: np.random.Generator, kept: float) -> bytes:
        content = bytearray(self.safe)
        left = [call for call in self.loose if rng.random() < kept]
        if left and rng.random() < 0.5:
            left = [left[place] for place in rng.permutation(len(left))]
        for call in left:
            _apply(call, content, rng)
        return bytes(content)


class Disk:
    """What a folder may hold after a power cut.

    Args:
        folder: as it was when the recording began, all of it safe.
        path: where it was then.
    """

    def __init__(self, folder: Path, path: Path) -> None:
        self._start = {
            str(path / one.relative_to(folder)): one.read_bytes()
            for one in folder.rglob("*")
            if one.is_file()
        }
        self._path = path

    def cut(self, made: Sequence[Call], rng: np.random.Generator, target: Path) -> None:
        """Write what may be there after the calls `made`; the last of them may be half done."""
        files = {path: _File(content) for path, content in self._start.items()}
        names: list[dict[str, _File]] = [
            dict(files)
        ]  # after each change of a name, the first is the safe one
        safe_names = 0
        for call in made:
            file = files.get(call.path)
            if call.kind == "c":
                files[call.path] = _File()
            elif call.kind == "u":
                files.pop(call.path, None)
            elif call.kind == "r" and file is not None:
                files[call.data.decode()] = files.pop(call.path)
            elif call.kind == "s" and file is not None:
                file.sync()
                first = next((n for n, known in enumerate(names) if file in known.values()), 0)
                safe_names = max(safe_names, first)
            elif call.kind == "s":  # of a folder
                safe_names = len(names) - 1
            elif file is not None:
                file.loose.append(call)
            if call.kind in "cur":
                names.append(dict(files))
        kept = float(rng.choice((0, 0.3, 0.7, 1)))
        there = names[int(rng.integers(safe_names, len(names)))]
        for path, file in there.items():
            at = target / Path(path).relative_to(self._path)
            if at.name.endswith("-shm") and rng.random() < 0.5:
                continue  # mapped into memory: it may be gone, or as it was at some time
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_bytes(file.after_cut(rng, kept))


def _apply(call: Call, content: bytearray, rng: np.random.Generator | None = None) -> None:
    """Do a call to a file's content; where there is an `rng`, perhaps in part."""
    if call.kind == "t":
        del content[call.offset :]
        content.extend(bytes(call.offset - len(content)))
        return
    end = call.offset + len(call.data)
    content.extend(bytes(max(0, end - len(content))))
    if rng is None or rng.random() < 0.7:
        content[call.offset : end] = call.data
        return
    for start in range(0, len(call.data), SECTOR):
        if rng.random() < 0.5:
            part = call.data[start : start + SECTOR]
            content[call.offset + start : call.offset + start + len(part)] = part
