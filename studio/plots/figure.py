"""A plot as a figure for a paper: its title, legend and drawing on white, and the numbers it shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainter, QTextDocument
from PySide6.QtWidgets import QApplication

from studio import theme

Cell = str | int | float


@dataclass(frozen=True)
class Table:
    """The numbers of a plot: the names of the columns, with units, and the rows; NaN where there is none."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, eq=False)
class Figure:
    """What is to be written.

    Attributes:
        title: above the drawing, and the name that its file is given.
        legend: rich texts in `theme.PRINT`, one a series; empty where a single series needs none.
        size: of the drawing, in the window's logical pixels.
        draw: draws at (0, 0) of a painter; the second argument says how many device pixels the painter
            makes of one, for lines whose width does not follow it.
        table: the numbers.
    """

    title: str
    legend: tuple[str, ...]
    size: QSizeF
    draw: Callable[[QPainter, float], None]
    table: Table

    @property
    def whole_size(self) -> QSizeF:
        """With the head, in logical pixels."""
        return QSizeF(self.size.width(), self._head().size().height() + self.size.height())

    def paint(self, painter: QPainter, scale: float = 1.0) -> None:
        """Draw all of it on white at (0, 0); `scale` as in `draw`."""
        head = self._head()
        painter.fillRect(QRectF(QPointF(), self.whole_size), theme.PRINT.window)
        head.drawContents(painter)
        painter.translate(0, head.size().height())
        self.draw(painter, scale)

    def _head(self) -> QTextDocument:
        """Title and legend, as text that stays text in a vector file."""
        head = QTextDocument()
        head.setDefaultFont(QApplication.font())
        head.setDocumentMargin(theme.SPACE)
        head.setTextWidth(self.size.width())
        lines = [f"<b>{escape(self.title)}</b>"] if self.title else []
        lines += ["&nbsp;&nbsp; ".join(self.legend)] if self.legend else []
        head.setHtml(f'<div style="color:{theme.PRINT.text}">{"<br>".join(lines)}</div>')
        return head
