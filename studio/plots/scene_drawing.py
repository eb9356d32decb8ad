"""Draws what a plot shows onto any painter, at any size, with lines as wide as on the screen."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPen, QPicture


def draw_scene(plot: pg.PlotWidget, size: QSizeF, painter: QPainter, scale: float) -> None:
    """Lay a plot out in `size` logical pixels and draw it at (0, 0); the plot on the screen stays as it was.

    Args:
        plot: dressed for print.
        size: logical pixels.
        painter: of a picture or a file.
        scale: device pixels of one pixel of the painter; pyqtgraph's pens do not follow it by themselves.
    """
    scene, item = plot.scene(), plot.getPlotItem()
    whole, before = QRectF(0, 0, size.width(), size.height()), item.geometry()
    exported = [one for one in scene.items() if hasattr(one, "setExportMode")]
    try:
        for one in exported:
            one.setExportMode(True, {"antialias": True, "resolutionScale": scale})
        item.setGeometry(whole)
        scene.prepareForPaint()
        rehearsal = QPainter(picture := QPicture())
        scene.render(rehearsal, whole, whole)  # axes learn how wide their numbers are when they are painted
        rehearsal.end()
        del picture
        item.layout.activate()
        scene.prepareForPaint()
        with _widened(plot, scale):
            scene.render(painter, whole, whole)
    finally:
        for one in exported:
            one.setExportMode(False)
        item.setGeometry(before)


@contextlib.contextmanager
def _widened(plot: pg.PlotWidget, factor: float) -> Iterator[None]:
    """All lines of a plot so many times as wide, for a while."""
    pens = [*_pens(plot)] if factor != 1 else []
    axes = [one for one in plot.scene().items() if isinstance(one, pg.AxisItem)]
    for holder, key, pen in pens:
        wide = QPen(pen)
        wide.setWidthF(max(pen.widthF(), 1.0) * factor)
        wide.setCapStyle(Qt.PenCapStyle.FlatCap)
        holder[key] = wide
    for axis in axes:
        axis.picture = None
    try:
        yield
    finally:
        for holder, key, pen in pens:
            holder[key] = pen
        for axis in axes:
            axis.picture = None


def _pens(plot: pg.PlotWidget) -> Iterator[tuple[dict[str, Any], str, QPen]]:
    """The pens of a plot's items: what holds each, and under which name."""
    for one in plot.scene().items():
        if isinstance(one, pg.InfiniteLine):
            yield vars(one), "currentPen", one.currentPen
        elif isinstance(one, pg.AxisItem):
            names = ("_pen", "_tickPen")
            yield from ((vars(one), name, vars(one)[name]) for name in names if vars(one).get(name))
        elif isinstance(one, pg.PlotCurveItem | pg.ErrorBarItem):
            names = ("pen", "shadowPen")
            found = ((name, one.opts.get(name)) for name in names)
            yield from ((one.opts, name, pg.mkPen(pen)) for name, pen in found if pen is not None)
