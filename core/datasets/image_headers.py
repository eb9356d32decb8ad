"""Image files as bytes: their size, and whether all of the file is there, without decoding.

OpenCV decodes most damaged files without a word (it fills in gray), so a file cut short is told by
its own format's end: the end-of-image marker of a JPEG, every checksum and the last chunk of a PNG,
the byte count of the others. Damage inside a JPEG's coded pixels cannot be told this way.
"""

import re
import struct
import zlib
from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_PNM = re.compile(rb"P([1-6])" + rb"(?:\s|#[^\n]*\n)+(\d{1,9})" * 2)
_PNM_MAXIMUM = re.compile(rb"(?:\s|#[^\n]*\n)+(\d{1,9})\s")


def size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as stored; None where only decoding can tell, or the header is damaged."""
    if data.startswith(b"\xff\xd8"):
        for marker, place in _jpeg_segments(data):
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and place + 7 <= len(data):
                height, width = struct.unpack(">HH", data[place + 3 : place + 7])
                return width, height
        return None
    if is_png(data):
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(b"BM") and len(data) >= 26 and struct.unpack("<I", data[14:18])[0] >= 40:
        width, height = struct.unpack("<ii", data[18:26])
        return width, abs(height)
    if match := _PNM.match(data):
        return int(match[2]), int(match[3])
    return None


def damage(data: bytes) -> str | None:
    """What is missing from an image file, as the middle of a sentence; None when it is whole."""
    if not data:
        return "is empty"
    if data.startswith(b"\xff\xd8"):
        scan = max((place for marker, place in _jpeg_segments(data) if marker == 0xDA), default=None)
        if scan is None or data.find(b"\xff\xd9", scan) < 0:
            return "is cut short (a JPEG without its end)"
    elif data.startswith(_PNG):
        return _png_damage(data)
    elif data.startswith(b"BM") and len(data) >= 30:
        start, width, height = struct.unpack("<I", data[10:14])[0], *struct.unpack("<ii", data[18:26])
        bits, compression = struct.unpack("<H", data[28:30])[0], data[30:34]
        if compression == bytes(4) and len(data) < start + (width * bits + 31) // 32 * 4 * abs(height):
            return "is cut short (a BMP with too few pixels)"
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        if len(data) < struct.unpack("<I", data[4:8])[0] + 8:
            return "is cut short (a WebP with too few bytes)"
    elif (match := _PNM.match(data)) and match[1] in b"456":
        layout = netpbm_layout(data)
        if layout is None or len(data) < layout.end:
            return "is cut short (a PGM or PPM with too few pixels)"
    return None


class NetpbmLayout:
    """Where the pixels of a binary PGM or PPM lie: `channels` of `depth` bytes from `start` to `end`."""

    def __init__(self, width: int, height: int, channels: int, maximum: int, start: int) -> None:
        self.width, self.height, self.channels, self.maximum = width, height, channels, maximum
        self.depth = 1 if maximum < 256 else 2
        self.start = start
        row = (width + 7) // 8 if channels == 0 else width * channels * self.depth
        self.end = start + row * height


def netpbm_layout(data: bytes) -> NetpbmLayout | None:
    """The layout of a binary PBM (channels 0: eight pixels a byte), PGM or PPM; None for other files."""
    match = _PNM.match(data)
    if match is None or match[1] not in b"456":
        return None
    width, height = int(match[2]), int(match[3])
    if match[1] == b"4":
        return NetpbmLayout(width, height, 0, 1, match.end() + 1)
    maximum = _PNM_MAXIMUM.match(data, match.end())
    if maximum is None or not 0 < int(maximum[1]) < 65536:
        return None
    return NetpbmLayout(width, height, 1 if match[1] == b"5" else 3, int(maximum[1]), maximum.end())


def is_png(data: bytes) -> bool:
    """Whether the data begins with the signature and the header chunk of a PNG."""
    return data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 33


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk of a PNG: its kind and its content.

    Raises:
        ValueError: the file is cut short or a checksum does not hold; says which.
    """
    place = len(_PNG)
    while True:
        if place + 12 > len(data):
            raise ValueError("is cut short (a PNG without its end)")
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        end = place + 12 + length
        if end > len(data):
            raise ValueError("is cut short (a PNG without its end)")
        if zlib.crc32(data[place + 4 : end - 4]) != struct.unpack(">I", data[end - 4 : end])[0]:
            raise ValueError("is damaged (a checksum of the PNG does not hold)")
        yield kind, data[place + 8 : end - 4]
        if kind == b"IEND":
            return
        place = end


def png_bytes(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file of its chunks; the inverse of `png_chunks`."""
    parts = [_PNG]
    for kind, content in chunks:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        parts += [struct.pack(">I", len(content)), kind, content, checksum]
    return b"".join(parts)


def _png_damage(data: bytes) -> str | None:
    try:
        for _ in png_chunks(data):
            pass
    except ValueError as error:
        return str(error)
    return None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place (of its two length bytes) of every segment up to and including the first scan."""
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            return
        marker = data[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD9:  # these stand alone
            place += 2
            continue
        yield marker, place + 2
        if marker == 0xDA:
            return
        place += 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
