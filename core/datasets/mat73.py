"""Variables of MATLAB 7.3 files, which are HDF5, in the shapes that `scipy.io.loadmat` gives older ones.

HDF5 keeps axes in the reverse order. A cell is an array of references; a struct is a group with one member a
field; an array of structs is a group whose members are arrays of references. Needs h5py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import StudioError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DEEPEST = 16  # cells in structs in cells …; a damaged file can refer to itself
_MOST_VALUES = 1 << 28


def is_mat73(path: Path) -> bool:
    """Whether a file is HDF5: its signature stands at the start or after MATLAB's own head of 512 bytes."""
    with open(path, "rb") as file:
        head = file.read(512 + len(_SIGNATURE))
    return head.startswith(_SIGNATURE) or head.endswith(_SIGNATURE) or head.startswith(b"MATLAB 7.3")


def load_mat73(path: Path, variable_names: Sequence[str]) -> dict[str, np.ndarray]:
    """The variables of some names that are there.

    Raises:
        StudioError: h5py is missing; says what to do.
    """
    try:
        import h5py
    except ImportError as error:
        raise StudioError(
            "is saved by MATLAB in version 7.3, which is HDF5; install h5py (pip install h5py), or save it "
            "again in MATLAB with save(…, '-v7')"
        ) from error
    with h5py.File(path, "r") as file:
        return {name: _value(file, file[name], 0) for name in variable_names if name in file}


def _value(file: Any, item: Any, depth: int) -> np.ndarray:
    if depth > _DEEPEST:
        raise StudioError("holds cells in cells without end")
    if hasattr(item, "keys"):
        return _sparse(item) if "MATLAB_sparse" in item.attrs else _struct(file, item, depth)
    if item.size > _MOST_VALUES:
        raise StudioError("is far too large")
    kind = item.attrs.get("MATLAB_class", b"")
    if "MATLAB_empty" in item.attrs:
        return np.zeros((0, 0), object if kind == b"cell" else np.float64)
    values = np.asarray(item[()]).T
    if values.dtype == object:
        cells = np.empty(values.shape, object)
        for place, reference in np.ndenumerate(values):
            cells[place] = _value(file, file[reference], depth + 1)
        return cells
    if kind == b"char":
        return np.array(["".join(map(chr, values.ravel(order="F").tolist()))])
    return values.astype(bool) if kind == b"logical" else values


def _struct(file: Any, group: Any, depth: int) -> np.ndarray:
    fields = {name: _value(file, group[name], depth + 1) for name in group}
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


def _sparse(group: Any) -> np.ndarray:
    rows, starts = int(group.attrs["MATLAB_sparse"]), np.asarray(group["jc"], np.int64)
    columns = len(starts) - 1
    if rows * columns > _MOST_VALUES:
        raise StudioError("is far too large")
    dense = np.zeros((rows, columns))
    if "data" in group:
        dense[np.asarray(group["ir"], np.int64), np.repeat(np.arange(columns), np.diff(starts))] = group[
            "data"
        ]
    return dense
