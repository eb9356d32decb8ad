"""What the plot of differences says of the class under the mouse."""

from typing import Any

from PySide6.QtCore import QPointF

from core.evaluation.bootstrap import BootstrapInterval
from core.evaluation.paired_bootstrap import PairedDifference
from studio.comparison.difference_plot import DifferencePlot, DifferenceSeries


def test_the_mouse_over_a_class_reads_the_difference_of_every_row_that_has_it(qtbot: Any) -> None:
    plot = DifferencePlot()
    qtbot.addWidget(plot)
    plot.resize(700, 300)
    plot.show()
    cat = PairedDifference(0.05, BootstrapInterval(0.01, 0.08, 1000))
    dog = PairedDifference(-0.02, BootstrapInterval(-0.04, 0.01, 1000))
    rows = [DifferenceSeries("a & b", {"cat": cat, "dog": dog}), DifferenceSeries("c", {"cat": cat}, 1)]
    plot.show_differences("RandomNet", rows, "")
    legend = plot._readout.text()
    assert "a &amp; b" in legend
    view = plot._plot.getViewBox()
    for place, name, words in ((0, "cat", "+5.0 [+1.0, +8.0]"), (1, "dog", "-2.0 [-4.0, +1.0]")):
        plot._plot.scene().sigMouseMoved.emit(view.mapViewToScene(QPointF(place, 0)))
        text = plot._readout.text()
        assert text.startswith(f"<b>{name}</b>")
        assert f"a &amp; b: {words}" in text
        assert ("c: +5.0" in text) == (name == "cat")
    plot._plot.scene().sigMouseMoved.emit(QPointF(-5, -5))
    assert plot._readout.text() == legend
