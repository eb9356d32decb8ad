"""Draws the PNG of the application's icon from its SVG, for desktops that take no SVG.

python docs/draw_icon.py
"""

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIDE = 256
FOLDER = Path(__file__).resolve().parent.parent / "resources" / "desktop"


def main() -> None:
    app = QGuiApplication([])
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(FOLDER / "associationnet-studio.svg")).render(painter)
    painter.end()
    image.save(str(FOLDER / "associationnet-studio.png"))
    app.quit()


if __name__ == "__main__":
    main()
