"""Figures saved as a person saves them, and opened by programs that are not ours."""

import csv
import io
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pypdf
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from studio.plots.figure_button import FigureButton

LEFT = Qt.MouseButton.LeftButton
SVG = "{http://www.w3.org/2000/svg}"


def open_menu(qtbot: Any, plot: QWidget, by: str = "button") -> QMenu:
    """The menu of a plot, opened with the mouse on its button or with the right button on the plot."""
    button = plot.findChild(FigureButton)
    if by == "button":
        qtbot.mouseClick(button, LEFT)
    else:
        place = QPoint(plot.width() // 2, plot.height() // 2)
        asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, plot.mapToGlobal(place))
        QApplication.sendEvent(plot.childAt(place) or plot, asked)
    qtbot.waitUntil(button.choices.isVisible)
    return button.choices


def choose(qtbot: Any, menu: QMenu, words: str) -> None:
    """Click the entry of an open menu that starts with some words."""
    action = next(one for one in menu.actions() if one.text().startswith(words))
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


def save(qtbot: Any, plot: QWidget, path: Path, by: str = "button") -> None:
    """Save a plot's figure to a file through the menu and the file dialog."""
    choose(qtbot, open_menu(qtbot, plot, by), f"Save as {path.suffix[1:].upper()}")
    dialogs = plot.window().findChildren(QFileDialog)
    assert len(dialogs) == 1
    (dialog,) = dialogs
    qtbot.waitUntil(dialog.isVisible)
    dialog.selectFile(str(path))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(path.exists)
    qtbot.waitUntil(lambda: not plot.window().findChildren(QFileDialog))


def png(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def svg_texts(path: Path) -> str:
    root = ElementTree.parse(path).getroot()
    return "\n".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))


def pdf_text(path: Path) -> str:
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    return unicodedata.normalize("NFKC", text).replace("\t", " ")  # without ligatures


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
