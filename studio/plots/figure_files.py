"""Figures in files: PNG to look at, SVG and PDF for papers, CSV for whoever draws them again."""

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from core.atomic_file import write_atomically
from core.errors import StudioError
from studio.plots.figure import Cell, Figure
from studio.plots.svg_cleaning import cleaned

PRINTED = 300
"""Pixels an inch of a PNG."""

POINTS, METRE = 72, 0.0254
"""Points an inch, and an inch in metres."""


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure as the file's suffix says, one of `FORMATS`; the file is whole or not there.

    Raises:
        StudioError: the suffix is another one, or the file cannot be written.
    """
    form = FORMATS.get(path.suffix.lower().removeprefix("."))
    if form is None:
        raise StudioError(f"A figure cannot be written as {path.name}; end its name in {_listed()}.")
    try:
        write_atomically(path, form.make(figure))
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error


def picture(figure: Figure) -> QImage:
    """The figure at `PRINTED` pixels an inch."""
    dots = _dots()
    scale, size = PRINTED / dots, figure.whole_size
    image = QImage(
        math.ceil(size.width() * scale), math.ceil(size.height() * scale), QImage.Format.Format_RGB32
    )
    image.fill(Qt.GlobalColor.white)
    _set_dots(image, dots)  # fonts are measured in it; the painter enlarges them with all else
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(scale, scale)
    figure.paint(painter, scale)
    painter.end()
    _set_dots(image, PRINTED)
    return image


def _png(figure: Figure) -> bytes:
    data, buffer = _buffer()
    picture(figure).save(buffer, "PNG")  # type: ignore[call-overload]  # its stubs know file names alone
    return bytes(data.data())


def _svg(figure: Figure) -> bytes:
    size = figure.whole_size.toSize()
    data, buffer = _buffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # 1.2 Tiny does not clip
    generator.setOutputDevice(buffer)
    generator.setResolution(_dots())
    generator.setSize(QSize(size))
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(figure.title)
    painter = QPainter(generator)
    figure.paint(painter)
    painter.end()
    return cleaned(bytes(data.data()))


def _pdf(figure: Figure) -> bytes:
    dots, size = _dots(), figure.whole_size
    data, buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setResolution(dots)
    writer.setTitle(figure.title)
    page = QSizeF(size.width() * POINTS / dots, size.height() * POINTS / dots)
    writer.setPageSize(QPageSize(page, QPageSize.Unit.Point, "figure", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter(writer)
    figure.paint(painter)
    painter.end()
    return bytes(data.data())


def _csv(figure: Figure) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(figure.table.columns)
    rows.writerows([_cell(cell) for cell in row] for row in figure.table.rows)
    return text.getvalue().encode()


def _cell(value: Cell) -> Cell:
    """Nothing for NaN; numpy's numbers as Python writes them."""
    if isinstance(value, str):
        return value
    number = value.item() if hasattr(value, "item") else value
    return "" if isinstance(number, float) and math.isnan(number) else number


@dataclass(frozen=True)
class Format:
    """A kind of file: what a person is told of it, and the function that makes its content."""

    words: str
    make: Callable[[Figure], bytes]


FORMATS = {
    "png": Format(f"PNG, {PRINTED} dpi", _png),
    "svg": Format("SVG", _svg),
    "pdf": Format("PDF", _pdf),
    "csv": Format("CSV: the numbers", _csv),
}
"""Suffix → format."""


def _listed() -> str:
    *some, last = (f".{suffix}" for suffix in FORMATS)
    return f"{', '.join(some)} or {last}"


def _dots() -> int:
    """Logical pixels an inch of the screen, by which sizes and fonts were chosen."""
    screen = QGuiApplication.primaryScreen()
    return round(screen.logicalDotsPerInch()) if screen is not None else 96


def _set_dots(image: QImage, dots: int) -> None:
    image.setDotsPerMeterX(round(dots / METRE))
    image.setDotsPerMeterY(round(dots / METRE))


def _buffer() -> tuple[QByteArray, QBuffer]:
    """Bytes and a device that writes into them; both are to be kept."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return data, buffer
