"""The real window as a program of its own: opens a project, presses Pretrain, runs until it is killed.

python -m tests.end_to_end.window_until_killed PROJECT SETTINGS STEPS
"""

import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.app import Studio
from studio.window.settings import WindowSettings


def main(project: Path, settings: Path, steps: int) -> int:
    app = QApplication([])
    studio = Studio(app, WindowSettings(settings), settings.parent / "log")
    studio.window.show()
    if not studio.open_project(project) or studio.session is None:
        return 1
    studio.window.commands["train"].trigger()
    train = studio.session.train
    train.form.editor("steps").set_value(steps)
    train.form.editor("batch").set_value(8)
    train.form.editor("report_every").set_value(1)
    while not train.start_button.isEnabled():  # its tracks are counted first
        QTest.qWait(50)
    QTest.mouseClick(train.start_button, Qt.MouseButton.LeftButton)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
