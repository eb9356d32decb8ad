"""Whether the open project is whole, looked at in a thread and told in sentences that can be copied."""

from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core import check
from core.project.project import Project
from studio import theme
from studio.background import Background

WIDTH, HEIGHT = 640, 420
"""Pixels."""


class CheckWindow(QDialog):
    """Not modal: the program is used meanwhile; closing it gives the check up."""

    def __init__(self, project: Project, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Check {project.name}")
        self.resize(WIDTH, HEIGHT)
        self._project, self._work = project, Background(self)
        self.words = QLabel(wordWrap=True)
        self.words.setProperty("role", "heading")
        self._at = QLabel()
        self._at.setProperty("quiet", True)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedHeight(4)
        self.list = QPlainTextEdit(readOnly=True)
        self.list.setAccessibleName("What was found")
        self.copy_button, self.again_button = QPushButton("Copy"), QPushButton("Check again")
        close = QPushButton("Close")
        for button in (self.copy_button, self.again_button, close):
            button.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.again_button)
        buttons.addStretch()
        buttons.addWidget(close)
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        for widget in (self.words, self._at, self._bar):
            box.addWidget(widget)
        box.addWidget(self.list, 1)
        box.addLayout(buttons)
        self._work.progressed.connect(self._show_progress)
        self._work.done.connect(self._show_found)
        self._work.failed.connect(lambda sentence: self._show_found([sentence]))
        self.copy_button.clicked.connect(self._copy)
        self.again_button.clicked.connect(self._look)
        close.clicked.connect(self.close)

    def popup(self) -> None:
        """Come into view and check, unless that is under way."""
        if not self.isVisible():
            self._look()
        self.show()
        self.raise_()
        self.activateWindow()

    def _look(self) -> None:
        self.words.setText("Checking the database, the runs and every frame…")
        self._at.clear()
        self.list.clear()
        for widget in (self.copy_button, self.again_button):
            widget.setEnabled(False)
        self._bar.setRange(0, 0)
        self._bar.show()
        self._work.start(lambda report: check.problems(self._project, report))

    def close_reader(self) -> None:
        """Give the check up, and wait for its thread."""
        self._work.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._work.cancel()
        super().closeEvent(event)

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._at.setText(what)

    def _show_found(self, found: list[str]) -> None:
        self._bar.hide()
        self._at.clear()
        count = len(found)
        wrong = "One thing is wrong." if count == 1 else f"{count:,} things are wrong."
        self.words.setText(wrong if found else "The project is whole: its database, its runs and its frames.")
        self.list.setPlainText("\n\n".join(found))
        self.list.setVisible(bool(found))
        self.copy_button.setEnabled(True)
        self.again_button.setEnabled(True)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join([self.words.text(), self.list.toPlainText()]).strip())
