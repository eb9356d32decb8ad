"""Text as other people's programs save it: UTF-8 or UTF-16, with or without a mark, any ends of lines."""

import codecs
import re
from pathlib import Path

from core.errors import StudioError
from core.whole_file import read_whole

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16 does, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 512  # bytes that show an encoding without a mark
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")


def read_text(path: Path, fallback: str | None = None) -> str:
    """The text of a file, its ends of lines as they are.

    Args:
        path: of the file.
        fallback: the encoding of a file that is not Unicode, such as `latin-1`; None refuses it. Files
            in Chinese as Windows saves them (GBK) are told by their bytes.

    Raises:
        StudioError: it is missing, too large, or no text.
    """
    return decoded(read_whole(path), path, fallback)


def read_lines(path: Path, fallback: str | None = None) -> list[str]:
    """The lines of a file without their ends, empty ones too; as `read_text`.

    Unlike `str.splitlines` it does not part a line at a form feed or at U+2028, so numbers of lines are
    those that an editor shows.

    Raises:
        StudioError: it is missing, too large, or no text.
    """
    return lines_of(read_text(path, fallback))


def lines_of(text: str) -> list[str]:
    """The lines of a text, ended by `\\n`, `\\r\\n` or `\\r`, without their ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def decoded(data: bytes, path: Path, fallback: str | None = None) -> str:
    """The text of bytes that were read from `path`; as `read_text`.

    Raises:
        StudioError: they are no text.
    """
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", ""))
    try:
        return data[len(mark) :].decode(encoding or _encoding(data[:_HEAD]))
    except UnicodeDecodeError as error:
        if encoding or fallback is None:
            raise StudioError(f"{path} is not text in UTF-8 or UTF-16; save it as UTF-8.") from error
        return data.decode("gb18030" if _is_chinese(data[len(mark) :]) else fallback)


def _is_chinese(data: bytes) -> bool:
    """Whether all bytes beyond ASCII stand in pairs of GB 2312, most of which are frequent characters.

    In Latin-1 letters with accents rarely stand in pairs.
    """
    runs = _BEYOND_ASCII.findall(data)
    pairs = [run[place : place + 2] for run in runs for place in range(0, len(run), 2)]
    frequent = sum(0xB0 <= pair[0] <= 0xD7 for pair in pairs)
    if any(len(run) % 2 for run in runs) or 2 * frequent <= len(pairs):
        return False
    try:
        data.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True


def _encoding(head: bytes) -> str:
    """UTF-16 without a mark has a zero in every second byte of plain letters; else it is UTF-8."""
    zeros = [head[place::2].count(0) for place in (0, 1)]
    most = max(zeros)
    if most * 4 < len(head) or min(zeros) * 4 > most:
        return "utf-8"
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
