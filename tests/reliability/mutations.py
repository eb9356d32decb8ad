"""Files changed a little, by what they are: bytes, JSON, TOML, arrays, tensors, databases."""

import contextlib
import functools
import io
import json
import pickle
import random
import re
import sqlite3
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.reliability.mutants import json_mutant, toml_mutant

Mutate = Callable[[bytes, np.random.Generator], bytes]

WORDS = (
    b"-1",
    b"99999999999999999999",
    b"1e9",
    b"nan",
    b"\0",
    b"\n",
    b"\xff",
    b"\xed\xa0\x80",
    b" ",
    b",",
    b"inf",
)


def of_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    """Bytes replaced, cut, doubled, dropped and swapped, a few at a time."""
    mutant = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        place, length = int(rng.integers(0, max(1, len(mutant)))), int(rng.integers(1, 12))
        match rng.integers(0, 7):
            case 0:
                mutant[place : place + length] = rng.integers(0, 256, length, np.uint8).tobytes()
            case 1 if rng.random() < 0.3:
                del mutant[place:]
            case 2:
                mutant[place:place] = mutant[place : place + length * 8]
            case 3:
                del mutant[place : place + length]
            case 4:
                mutant[place : place + 1] = WORDS[rng.integers(len(WORDS))]
            case 5 if mutant:
                mutant[place] ^= 1 << int(rng.integers(8))
            case 6:  # a size, early in the file
                place = int(rng.integers(0, min(200, max(1, len(mutant)))))
                mutant[place : place + 4] = struct.pack("<I", int(rng.choice([0, 1, 2**31 - 1, 2**32 - 1])))
    return bytes(mutant)


def of_json(data: bytes, rng: np.random.Generator) -> bytes:
    """JSON, or one of its lines where each is JSON, as `mutants.json_mutant` changes it; sometimes bytes."""
    if rng.random() < 0.2:
        return of_bytes(data, rng)
    text = data.decode()
    lines = text.split("\n") if text.count("\n{") else [text]
    place = int(rng.integers(len(lines)))
    with contextlib.suppress(ValueError):
        lines[place] = json_mutant(json.loads(lines[place]), random.Random(int(rng.integers(2**31))))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def of_toml(data: bytes, rng: np.random.Generator) -> bytes:
    """TOML as `mutants.toml_mutant` changes it; sometimes bytes."""
    if rng.random() < 0.2:
        return of_bytes(data, rng)
    text = toml_mutant(data.decode(), random.Random(int(rng.integers(2**31))))
    return text.encode("utf-8", "surrogatepass")


def of_text(data: bytes, rng: np.random.Generator) -> bytes:
    """A number or a word of a text exchanged, or a line; sometimes bytes."""
    if rng.random() < 0.3:
        return of_bytes(data, rng)
    found = list(re.finditer(rb"[-\w.]+", data))
    if not found:
        return of_bytes(data, rng)
    word = found[rng.integers(len(found))]
    new = (*WORDS, b"", b"1e400", b"-0.5", b"<x>", b"&lt;", b'"', b"9" * 400, b"y" * 70_000)
    return data[: word.start()] + new[rng.integers(len(new))] + data[word.end() :]


def of_arrays(data: bytes, rng: np.random.Generator) -> bytes:
    """An array of an `.npz` of another type, shape or values, lost or new; sometimes bytes."""
    if rng.random() < 0.2:
        return of_bytes(data, rng)
    with np.load(io.BytesIO(data)) as whole:
        arrays = {name: whole[name] for name in whole.files}
    name = list(arrays)[rng.integers(len(arrays))]
    array = arrays[name]
    match rng.integers(0, 8):
        case 0:
            del arrays[name]
        case 1:
            kinds = ("i1", "u8", "f2", "f8", "c8", "U5", "?", ">i4", "M8[s]")
            with contextlib.suppress(ValueError, TypeError):
                arrays[name] = array.astype(kinds[rng.integers(len(kinds))])
        case 2:
            arrays[name] = array[..., None] if rng.random() < 0.5 else array.reshape(-1)
        case 3:
            arrays[name] = array[: len(array) // 2 if rng.random() < 0.5 else 0] if array.ndim else array
        case 4:
            arrays[name] = np.concatenate([array, array]) if array.ndim else array
        case 5 | 6 if array.size and array.dtype.kind in "iuf":
            array = array.copy()
            ends = (np.nan, np.inf, -1e30) if array.dtype.kind == "f" else (*_ends(array.dtype), -1, 0)
            with np.errstate(all="ignore"):
                odd = np.array([ends[rng.integers(len(ends))]]).astype(array.dtype)
            array.flat[rng.integers(0, array.size, 1 + array.size // 10)] = odd
            arrays[name] = array
        case 7:
            arrays["new"] = np.arange(3)
    out = io.BytesIO()
    (np.savez if rng.random() < 0.5 else np.savez_compressed)(out, **arrays)
    return out.getvalue()


def _ends(dtype: np.dtype) -> tuple[int, int]:
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def of_tensors(data: bytes, rng: np.random.Generator) -> bytes:
    """The head of a file of tensors changed as JSON, or its numbers as bytes."""
    size = int.from_bytes(data[:8], "little")
    head, rest = data[8 : 8 + size], data[8 + size :]
    match rng.integers(0, 4):
        case 0:
            return of_bytes(data, rng)
        case 1:
            values = json.loads(head)
            inner = values.get("__metadata__", {})
            for key, text in inner.items():
                if text.startswith("{") and rng.random() < 0.8:
                    inner[key] = of_json(text.encode(), rng).decode("utf-8", "replace")
            head = json.dumps(values).encode()
        case 2:
            head = of_json(head, rng)
        case 3:
            rest = of_bytes(rest, rng)[: len(rest)].ljust(len(rest), b"\xff")
    return len(head).to_bytes(8, "little") + head + rest


def of_message(data: bytes, rng: np.random.Generator) -> bytes:
    """A message of arrays behind its length: arrays changed, and now and then the length too."""
    mutant = of_arrays(data[8:], rng)
    length = len(mutant) if rng.random() < 0.8 else int(rng.choice([0, 1, len(mutant) + 9, 2**32, 2**63]))
    return length.to_bytes(8, "little") + (mutant if rng.random() < 0.9 else mutant + data)


def of_mat(data: bytes, rng: np.random.Generator) -> bytes:
    """A `.mat` of version 5 of which a value or a packed number is other; sometimes bytes."""
    way, (kind, length) = rng.random(), struct.unpack("<II", data[128:136])
    if way < 0.5:
        return _mat_of_other_values(data, rng)
    if way < 0.6 or kind != 15:
        return of_bytes(data, rng)
    head, packed = data[:128], data[136:]
    inside = zlib.compress(of_bytes(zlib.decompress(packed[:length]), rng))
    return head + struct.pack("<II", 15, len(inside)) + inside + packed[length:]


def _mat_of_other_values(data: bytes, rng: np.random.Generator) -> bytes:
    """One of which a variable, a cell or a field is other, gone or turned."""
    from scipy.io import loadmat, savemat

    values = {name: one for name, one in loadmat(io.BytesIO(data)).items() if not name.startswith("__")}
    name = list(values)[rng.integers(len(values))]
    odd = (
        *(
            np.zeros((0, 4)),
            np.full((2, 4), np.nan),
            np.ones((2, 2, 2)),
            np.full((3, 4), 2.0**40),
            "x",
            "é" * 300,
        ),
        *(np.arange(12.0).reshape(3, 4), np.full((24, 32), 65_535, np.uint16), np.eye(3) * 1j, {"a": 1}),
    )[rng.integers(10)]
    cells = values[name]
    at = np.unravel_index(rng.integers(cells.size), cells.shape)
    cell = np.asarray(cells[at])
    match rng.integers(0, 6):
        case 0:
            del values[name]
        case 1:
            values[name] = odd
        case 2:
            values[name] = (cells.T, np.concatenate([cells, cells]), cells[:0])[rng.integers(3)]
        case _ if cell.dtype.names:
            cell[cell.dtype.names[rng.integers(len(cell.dtype.names))]][0, 0] = odd
        case 3:
            cells[at] = cell.T.copy()
        case _:
            cells[at] = odd
    out = io.BytesIO()
    savemat(out, values, do_compression=rng.random() < 0.5)
    return out.getvalue()


def of_hdf5(data: bytes, rng: np.random.Generator) -> bytes:
    """An HDF5 file of which an item is gone, of another type or shape, or elsewhere; sometimes bytes."""
    import h5py

    if rng.random() < 0.3:
        return of_bytes(data, rng)
    whole, names = io.BytesIO(data), list[str]()
    with h5py.File(whole, "r+") as file:
        file.visit(names.append)
        name = names[rng.integers(len(names))]
        item = file[name]
        match rng.integers(0, 5):
            case 0:
                del file[name]
            case 1:
                classes = ("cell", "struct", "char", "logical", "double", "function_handle", "")
                item.attrs["MATLAB_class"] = np.bytes_(classes[rng.integers(len(classes))])
            case 2:
                odd = ("MATLAB_empty", "MATLAB_sparse")[rng.integers(2)]
                item.attrs[odd] = int(rng.choice([0, 1, 3, -1, 2**31]))
            case 3:
                del file[name]
                odd_values = (
                    np.zeros((0, 4)),
                    np.full((3, 3), np.nan),
                    np.zeros(()),
                    np.ones((2, 2, 2)),
                    "x",
                )
                file[name] = odd_values[rng.integers(len(odd_values))]
            case 4 if isinstance(item, h5py.Dataset) and item.dtype == h5py.ref_dtype:
                elsewhere = (file.ref, item.ref, h5py.Reference(), file[names[rng.integers(len(names))]].ref)
                item[(0,) * item.ndim] = elsewhere[rng.integers(len(elsewhere))]
    return whole.getvalue()


def of_png(data: bytes, rng: np.random.Generator) -> bytes:
    """A PNG of which a chunk is other, gone, doubled or elsewhere, its checksum right; sometimes bytes."""
    if rng.random() < 0.2:
        return of_bytes(data, rng)
    chunks, place = list[tuple[bytes, bytes]](), 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    at = int(rng.integers(len(chunks) - 1))
    kind, inside = chunks[at]
    match rng.integers(0, 8):
        case 0:
            del chunks[at]
        case 1:
            chunks.insert(int(rng.integers(len(chunks))), chunks[at])
        case 2:
            chunks.insert(at, ((b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"acTL")[rng.integers(5)], bytes(9)))
        case 3:  # an enumeration or a size in the head
            head = bytearray(chunks[0][1])
            head[rng.integers(len(head))] = rng.integers(0, 17)
            chunks[0] = (chunks[0][0], bytes(head))
        case 4 | 5 | 6 if kind == b"IDAT":
            rows = zlib.decompress(inside)
            other = of_bytes(rows, rng)
            chunks[at] = (kind, zlib.compress(other[: len(rows)].ljust(len(rows), b"\1"), 1))
        case _:
            chunks[at] = (kind, of_bytes(inside, rng))
    return data[:8] + b"".join(
        struct.pack(">I", len(inside)) + kind + inside + struct.pack(">I", zlib.crc32(kind + inside))
        for kind, inside in chunks
    )


def of_pickle(data: bytes, rng: np.random.Generator) -> bytes:
    """A pickle of what a good one holds, a place of it other; sometimes bytes."""
    if rng.random() < 0.3:
        return of_bytes(data, rng)
    values = pickle.loads(data)
    key = list(values)[rng.integers(len(values))]
    held = values[key]
    at = int(rng.integers(len(held)))
    match rng.integers(0, 8):
        case 0:
            del values[key]
        case 1:
            del held[at]
        case 2:
            held.append(held[at])
        case 3:
            held[at] = (None, "x", -1, 2.5, [], {}, np.zeros(3), np.ones((2, 4), "U3"))[rng.integers(8)]
        case 4:
            values[key] = (None, held[at], {"x": held}, tuple(held))[rng.integers(4)]
        case 5 if isinstance(held[at], np.ndarray):
            held[at] = held[at].astype(("i1", "u8", "f2", ">f8", "c8", "?", "O")[rng.integers(7)])
        case _ if isinstance(held[at], np.ndarray):
            held[at] = held[at].copy()
            held[at].flat[rng.integers(held[at].size)] = rng.integers(0, 200)
        case _:
            held[at] = int(rng.integers(-2, 2_000))
    return pickle.dumps(values, int(rng.integers(0, 5)))


def of_parquet(data: bytes, rng: np.random.Generator) -> bytes:
    """A Parquet table of which a column is gone, doubled or of other values; often bytes."""
    import pyarrow
    import pyarrow.parquet as files

    if rng.random() < 0.5:
        return of_bytes(data, rng)
    table = files.read_table(io.BytesIO(data), use_threads=False)
    at = int(rng.integers(table.num_columns))
    name, column = table.column_names[at], table.column(at).to_pylist()
    match rng.integers(0, 6):
        case 0:
            table = table.remove_column(at)
        case 1:
            table = table.append_column(name if rng.random() < 0.5 else "more", table.column(at))
        case 2:
            odd = ("x", "-1", "1e9", "nan", "é" * 300, "")[rng.integers(6)]
            table = table.set_column(at, name, pyarrow.array([odd, *map(str, column[1:])]))
        case 3:
            odd = (-1.0, 1e300, float("nan"), None, 0.5, 2.0**53)[rng.integers(6)]
            known = [value if isinstance(value, float | int) else None for value in column]
            known[rng.integers(len(known))] = odd
            table = table.set_column(at, name, pyarrow.array(known, pyarrow.float64()))
        case 4:
            kind = (pyarrow.list_(pyarrow.int8()), pyarrow.timestamp("ms"), pyarrow.bool_(), pyarrow.null())
            table = table.set_column(at, name, pyarrow.nulls(len(column), kind[rng.integers(4)]))
        case _:
            table = table.slice(int(rng.integers(len(column))))
    out = io.BytesIO()
    codec = ("none", "snappy", "zstd", "gzip")[rng.integers(4)]
    files.write_table(
        table, out, compression=codec, version=("1.0", "2.6")[rng.integers(2)], row_group_size=3
    )
    return out.getvalue()


@functools.cache
def _whole(data: bytes) -> sqlite3.Connection:
    """A database in memory, where there is no log to write ahead."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(data[:18] + b"\1\1" + data[20:])
    return connection


def of_values(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """A database with a cell exchanged, or a column or table dropped; it may be open elsewhere."""
    odd = (None, -1, 300, 2**62, 1e308, float("inf"), "x", "", b"", b"\xff" * 7, "[[", '{"a": 1}', "9" * 400)
    with contextlib.closing(sqlite3.connect(path)) as connection, contextlib.suppress(sqlite3.Error):
        _whole(data).backup(connection)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        table = tables[rng.integers(len(tables))]
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        column = columns[rng.integers(len(columns))]
        what = rng.random()
        if what < 0.03:
            connection.execute(f'DROP TABLE "{table}"')
        elif what < 0.06:
            connection.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
        else:
            count = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            at = int(rng.integers(max(1, count)))
            keys = [
                row[1] for row in connection.execute(f'PRAGMA table_info("{table}")') if row[5]
            ] or columns
            where = " AND ".join(f'"{key}" IS ?' for key in keys)
            names = ", ".join(f'"{key}"' for key in keys)
            row = connection.execute(f'SELECT {names} FROM "{table}" LIMIT 1 OFFSET {at}').fetchone()
            value = odd[rng.integers(len(odd))]
            connection.execute("PRAGMA foreign_keys=OFF")
            if row is not None:
                connection.execute(
                    f'UPDATE OR IGNORE "{table}" SET "{column}"=? WHERE {where}', (value, *row)
                )
        connection.commit()
