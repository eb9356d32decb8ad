"""Variables of MATLAB 7.3 files, which are HDF5, in the shapes that `scipy.io.loadmat` gives older ones.

HDF5 keeps axes in the reverse order. A cell is an array of references; a struct is a group with one member a
field; an array of structs is a group whose members are arrays of references. Needs h5py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import StudioError
from core.whole_file import open_file

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DEEPEST = 16  # cells in structs in cells …; a damaged file can refer to itself
_LEAST = 64  # bytes that any value counts as


def is_mat73(path: Path) -> bool:
    """Whether a file is HDF5: its signature stands at the start or after MATLAB's own head of 512 bytes."""
    with open_file(path) as file:
        head = file.read(512 + len(_SIGNATURE))
    return head.startswith(_SIGNATURE) or head.endswith(_SIGNATURE) or head.startswith(b"MATLAB 7.3")


def load_mat73(path: Path, variable_names: Sequence[str], most: int) -> dict[str, np.ndarray]:
    """The variables of some names that are there; `most` is how many bytes they may have unpacked.

    Raises:
        StudioError: h5py is missing, or they have more bytes; says what to do.
    """
    try:
        import h5py
    except ImportError as error:
        raise StudioError(
            "is saved by MATLAB in version 7.3, which is HDF5; install h5py (pip install h5py), or save it "
            "again in MATLAB with save(…, '-v7')"
        ) from error
    with h5py.File(path, "r") as file:
        reader = _Reader(file, most)
        return {name: reader.value(file[name], 0) for name in variable_names if name in file}


def too_much(most: int) -> str:
    """What to say of a file that unpacks to more than `most` bytes."""
    return (
        f"unpacks to more than the {most:,} bytes that there is memory for; close other programs, or save it "
        "in parts"
    )


class _Reader:
    """Reads the values of an open file, until they are too many bytes together.

    What cells refer to may be referred to any number of times, so all that is read counts.
    """

    def __init__(self, file: Any, most: int) -> None:
        self._file = file
        self._most = self._left = most

    def value(self, item: Any, depth: int) -> np.ndarray:
        """A variable, a cell or a field.

        Raises:
            StudioError: it lies too deep, or there are too many bytes.
        """
        if depth > _DEEPEST:
            raise StudioError("holds cells in cells without end")
        if hasattr(item, "keys"):
            return self._sparse(item) if "MATLAB_sparse" in item.attrs else self._struct(item, depth)
        kind = item.attrs.get("MATLAB_class", b"")
        if "MATLAB_empty" in item.attrs:
            return np.zeros((0, 0), object if kind == b"cell" else np.float64)
        values = self._all(item).T
        if values.dtype == object:
            cells = np.empty(values.shape, object)
            for place, reference in np.ndenumerate(values):
                cells[place] = self.value(self._file[reference], depth + 1)
            return cells
        if kind == b"char":
            return np.array(["".join(map(chr, values.ravel(order="F").tolist()))])
        return values.astype(bool) if kind == b"logical" else values

    def _all(self, item: Any) -> np.ndarray:
        self._take(item.size * item.dtype.itemsize)
        return np.asarray(item[()])

    def _take(self, size: int) -> None:
        self._left -= max(size, _LEAST)
        if self._left < 0:
            raise StudioError(too_much(self._most))

    def _struct(self, group: Any, depth: int) -> np.ndarray:
        fields = {name: self.value(group[name], depth + 1) for name in group}
        classes = {name: group[name].attrs.get("MATLAB_class", b"") for name in group}
        many = [name for name, value in fields.items() if value.dtype == object and classes[name] != b"cell"]
        shape = fields[many[0]].shape if many and len(many) == len(fields) else (1, 1)
        structs = np.empty(shape, [(name, object) for name in fields])
        for name, value in fields.items():
            if shape == (1, 1) and not many:
                structs[name][0, 0] = value
            else:
                structs[name] = value
        return structs

    def _sparse(self, group: Any) -> np.ndarray:
        rows, starts = int(group.attrs["MATLAB_sparse"]), self._all(group["jc"]).astype(np.int64)
        columns = len(starts) - 1
        self._take(rows * columns * 8)
        dense = np.zeros((rows, columns))
        if "data" in group:
            places = np.repeat(np.arange(columns), np.diff(starts))
            dense[self._all(group["ir"]).astype(np.int64), places] = self._all(group["data"])
        return dense
