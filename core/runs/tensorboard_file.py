"""Numbers as TensorBoard reads them: an event file, which is a TFRecord of protocol buffers.

Source: tensorflow/tsl/lib/io/record_writer.h (records and masked checksums) and the messages in
tensorboard/compat/proto/event.proto and summary.proto.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

_POLYNOMIAL = 0x82F63B78  # CRC-32C (Castagnoli), reflected
_MASK = 0xA282EAD8


@dataclass(frozen=True)
class Scalar:
    """One value of a curve; `time` in seconds since the epoch."""

    tag: str
    step: int
    value: float
    time: float


def event_file(scalars: Iterable[Scalar], started: float) -> bytes:
    """The content of an event file; `started` is the time of its first record, in seconds since the epoch."""
    version = _field(3, b"brain.Event:2")
    records = [_double(1, started) + version]
    for one in scalars:
        value = _field(1, one.tag.encode()) + _float(2, one.value)
        summary = _field(1, value)
        records.append(_double(1, one.time) + _integer(2, one.step) + _field(5, summary))
    return b"".join(_record(data) for data in records)


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _checksum(data: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF)


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = [_crc_of(byte) for byte in range(256)]


# --- fields of a protocol buffer --------------------------------------------------------------


def _integer(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _float(number: int, value: float) -> bytes:
    return _varint(number << 3 | 5) + struct.pack("<f", value)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
