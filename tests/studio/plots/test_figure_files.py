"""Every plot is saved from its button and its menu; other programs find in the files what it shows."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pypdf
import pytest
from pyqtgraph import PlotWidget
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from core.errors import StudioError
from core.events import ClassAP, Filters
from studio import theme
from studio.panels.track_plot import TrackPlot
from studio.plots.ap_bars import ApBars, BarSeries, Quoted
from studio.plots.curve_plot import CurvePlot, Series
from studio.plots.figure_button import FigureButton, file_name
from studio.plots.figure_files import write_figure
from studio.plots.filter_picture import FilterPicture
from studio.plots.pr_curve import PrCurve, PrSeries
from studio.watch.histogram import Counts, Histogram
from tests.studio.plots import exported

STEPS = np.arange(10.0, 510, 10)
LOSSES = 1 / np.sqrt(STEPS)


@pytest.fixture
def dark(qapp: QApplication):
    theme.apply(qapp, "dark")
    yield
    theme.apply(qapp, "light")


def shown(qtbot: Any, plot: QWidget) -> Any:
    qtbot.addWidget(plot)
    plot.resize(420, 300)
    plot.show()
    qtbot.waitExposed(plot)
    return plot


@pytest.fixture
def loss(qtbot: Any, dark: None) -> CurvePlot:
    plot = shown(qtbot, CurvePlot("Loss", "Loss (nats)", empty="Nothing yet.", logarithmic=False))
    plot.show_series([Series("first <run>", STEPS, LOSSES), Series("second", STEPS, 2 * LOSSES, 1)])
    qtbot.waitUntil(lambda: len(plot.drawn()) == 2)
    return plot


def make_bars() -> ApBars:
    bars = ApBars()
    aps = {"cat": ClassAP("cat", 0.25, 12), "dog": ClassAP("dog", float("nan"), 0)}
    bars.show_runs([BarSeries("my run", aps)], Quoted("RandomNet", {"cat": 0.3, "mean": 0.3}))
    return bars


def make_pr() -> PrCurve:
    plot = PrCurve()
    plot.show_class("cat", [PrSeries("my run", np.array([0.1, 0.5]), np.array([1.0, 0.25]))])
    return plot


def make_track() -> TrackPlot:
    plot = TrackPlot()
    frames = np.arange(3, 8)
    plot.show_values("Error (px)", frames, np.array([0, 1, np.nan, 3, 0.5]), frames == 3)
    return plot


def make_filters(folder: Path) -> FilterPicture:
    picture = FilterPicture()
    np.savez(folder / "f.npz", filters=np.random.default_rng(0).normal(size=(6, 3, 7, 7)).astype(np.float32))
    picture.show_filters(folder, [Filters(50, "f.npz")])
    return picture


def make_histogram() -> Histogram:
    histogram = Histogram("Frame gap", "Gap (frames)", "Pairs", "Nothing yet.")
    edges = np.arange(4.0)
    counts = (np.array([3, 0, 5]), np.array([1, 2, 0]))
    histogram.show_counts(
        [Counts(name, edges, one, k) for k, (name, one) in enumerate(zip("ab", counts, strict=True))]
    )
    return histogram


PLOTS = {
    "histogram": (make_histogram, "Frame gap", ["Gap (frames)", "Pairs", "a", "b"]),
    "bars": (make_bars, "Average precision by class", ["AP (%)", "my run", "RandomNet, quoted", "mean"]),
    "pr": (make_pr, "Precision and recall · cat", ["Precision (%)", "Recall (%)", "my run"]),
    "track": (make_track, "Error over time", ["Error (px)", "Frame", "keyframe"]),
    "filters": (make_filters, "conv1 filters", ["6 of 7 × 7 px · step 50"]),
}


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("by", ["button", "context menu"])
def test_every_plot_is_saved_in_every_format(
    qtbot: Any, dark: None, tmp_path: Path, name: str, by: str
) -> None:
    make, title, words = PLOTS[name]
    plot = shown(qtbot, make(tmp_path) if name == "filters" else make())
    for suffix in ("png", "svg", "pdf", "csv"):
        exported.save(qtbot, plot, tmp_path / f"figure.{suffix}", by)
    with_words = [exported.svg_texts(tmp_path / "figure.svg"), exported.pdf_text(tmp_path / "figure.pdf")]
    for text in with_words:
        for word in (title, *words):
            assert word in text
    image = exported.png(tmp_path / "figure.png")
    assert image.getpixel((2, 2)) == (255, 255, 255)
    assert exported.table(tmp_path / "figure.csv")
    assert not list(tmp_path.glob("*.partial"))


def test_a_png_is_white_and_in_the_colours_of_print(qtbot: Any, loss: CurvePlot, tmp_path: Path) -> None:
    assert theme.colours(loss) is theme.DARK
    exported.save(qtbot, loss, tmp_path / "loss.png")
    image = exported.png(tmp_path / "loss.png")
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert image.width == 2000  # 640 pixels at 96 an inch
    pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    for corner in ((0, 0), (image.width - 1, 0), (0, image.height - 1)):
        assert image.getpixel(corner) == (255, 255, 255)
    line = tuple(bytes.fromhex(theme.LIGHT.series[0][1:]))
    assert (pixels == line).all(axis=1).sum() > 5000  # some 6 pixels wide: as on the screen, enlarged
    dark = tuple(bytes.fromhex(theme.DARK.series[0][1:]))
    assert not (pixels == dark).all(axis=1).any()


def test_the_screen_stays_as_it_was(qtbot: Any, loss: CurvePlot, tmp_path: Path) -> None:
    plot = loss.findChild(PlotWidget)  # a button of its head has the focus afterwards
    before = plot.grab().toImage()
    exported.save(qtbot, loss, tmp_path / "loss.png")
    qtbot.waitUntil(lambda: plot.grab().toImage() == before)


def test_an_svg_holds_text_and_the_curve_in_its_own_coordinates(
    qtbot: Any, loss: CurvePlot, tmp_path: Path
) -> None:
    loss.set_smoothing("off")
    exported.save(qtbot, loss, tmp_path / "loss.svg")
    texts = exported.svg_texts(tmp_path / "loss.svg")
    for word in ("Loss", "Loss (nats)", "Training step", "first <run>", "second", "500"):
        assert word in texts
    assert not set(texts) & set("━─┅")  # which many fonts lack
    raw = (tmp_path / "loss.svg").read_text()
    assert "vector-effect" not in raw
    assert "sans-serif" in raw
    found = re.findall(r' d="M([^"]*)"', raw)
    lines = [np.array(re.findall(r"(-?[\d.]+),(-?[\d.]+)", one), float) for one in found]
    first, second = (one for one in lines if len(one) == len(STEPS))
    assert np.corrcoef(first[:, 0], STEPS)[0, 1] == pytest.approx(1)
    values = np.concatenate([LOSSES, 2 * LOSSES])
    drawn = np.concatenate([first[:, 1], second[:, 1]])
    assert np.corrcoef(drawn, values)[0, 1] == pytest.approx(-1)  # y points down
    size = [float(word) for word in ElementTree.fromstring(raw).get("viewBox").split()[2:]]
    assert ((first >= 0) & (first <= size)).all()


def test_a_pdf_is_one_page_of_the_figure_with_text(qtbot: Any, loss: CurvePlot, tmp_path: Path) -> None:
    exported.save(qtbot, loss, tmp_path / "loss.pdf")
    assert (tmp_path / "loss.pdf").read_bytes().startswith(b"%PDF-1.")
    text = exported.pdf_text(tmp_path / "loss.pdf")
    for word in ("Loss (nats)", "Training step", "first <run>", "smoothed (Gaussian"):
        assert word in text
    (page,) = pypdf.PdfReader(tmp_path / "loss.pdf").pages
    assert float(page.mediabox.width) == pytest.approx(480)  # 640 pixels
    assert not page.images


def test_a_csv_holds_every_value_as_reported(qtbot: Any, loss: CurvePlot, tmp_path: Path) -> None:
    exported.save(qtbot, loss, tmp_path / "loss.csv")
    rows = exported.table(tmp_path / "loss.csv")
    assert list(rows[0]) == ["series", "training step", "Loss (nats)", "smoothed"]
    first = [row for row in rows if row["series"] == "first <run>"]
    assert [int(row["training step"]) for row in first] == STEPS.astype(int).tolist()
    assert [float(row["Loss (nats)"]) for row in first] == LOSSES.tolist()
    assert len(rows) == 2 * len(STEPS)


def test_a_csv_leaves_out_what_was_not_measured(qtbot: Any, dark: None, tmp_path: Path) -> None:
    exported.save(qtbot, shown(qtbot, make_bars()), tmp_path / "bars.csv")
    rows = {(row["series"], row["class"]): row for row in exported.table(tmp_path / "bars.csv")}
    assert rows["my run", "cat"]["AP (%)"] == "25.0"
    assert rows["my run", "cat"]["objects"] == "12"
    assert rows["my run", "dog"]["AP (%)"] == ""
    assert rows["RandomNet (quoted)", "cat"]["AP (%)"] == "30.0"


def test_a_csv_of_a_histogram_has_a_row_a_range(qtbot: Any, dark: None, tmp_path: Path) -> None:
    exported.save(qtbot, shown(qtbot, make_histogram()), tmp_path / "gaps.csv")
    rows = exported.table(tmp_path / "gaps.csv")
    assert rows[2] == {"series": "a", "Gap (frames), from": "2.0", "Gap (frames), to": "3.0", "Pairs": "5"}
    assert len(rows) == 6


def test_the_picture_goes_to_the_clipboard(qtbot: Any, loss: CurvePlot, qapp: QApplication) -> None:
    exported.choose(qtbot, exported.open_menu(qtbot, loss), "Copy picture")
    assert qapp.clipboard().image().width() == 2000


def test_the_keyboard_reaches_the_menu(qtbot: Any, loss: CurvePlot) -> None:
    button = loss.findChild(FigureButton)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    qtbot.waitUntil(button.choices.isVisible)
    button.choices.close()


def test_an_empty_plot_says_that_there_is_nothing_to_save(qtbot: Any, dark: None) -> None:
    plot = shown(qtbot, CurvePlot("Loss", "Loss (nats)", empty="Nothing yet."))
    menu = exported.open_menu(qtbot, plot)
    assert not any(action.isEnabled() for action in menu.actions() if not action.isSeparator())
    assert menu.actions()[0].toolTip() == "There is nothing to save yet."
    menu.close()


def test_what_cannot_be_written_is_said_in_a_sentence(loss: CurvePlot, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"Cannot write .*loss.pdf \(.*\); choose another place."):
        write_figure(loss.figure(), tmp_path / "missing" / "loss.pdf")
    with pytest.raises(StudioError, match=r"end its name in .png, .svg, .pdf or .csv"):
        write_figure(loss.figure(), tmp_path / "loss.bmp")
    (tmp_path / "loss.svg").mkdir()
    with pytest.raises(StudioError, match=r"Cannot write"):
        write_figure(loss.figure(), tmp_path / "loss.svg")
    assert [one.name for one in tmp_path.iterdir()] == ["loss.svg"]


def test_a_dialog_that_is_closed_writes_nothing(qtbot: Any, loss: CurvePlot, tmp_path: Path) -> None:
    loss.findChild(FigureButton).folder = tmp_path
    exported.choose(qtbot, exported.open_menu(qtbot, loss), "Save as PNG")
    (dialog,) = loss.window().findChildren(QFileDialog)
    assert Path(dialog.selectedFiles()[0]) == tmp_path / "Loss.png"
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not loss.window().findChildren(QFileDialog))
    assert not list(tmp_path.iterdir())


def test_titles_become_names_of_files() -> None:
    assert file_name("Precision and recall · cat/dog: 1") == "Precision_and_recall_cat_dog_1"
    assert file_name("…") == "figure"
