"""A database that is damaged: which backup there is, what is lost with it, and a button that restores it."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from core.project import recovery
from core.project.recovery import Recovery
from studio import theme
from studio.background import Background
from studio.window.crash import Crashes

WIDTH = 560
"""Pixels."""


class RecoveryOffer(QObject):
    """The offer of one project at a time.

    Attributes:
        window: the offer; None before the first.

    Signals:
        restoring(): a backup is about to be put in place, for which no project may be open.
        restored(Path): a backup lies in the place of the database; the project can be opened.
    """

    restoring = Signal()
    restored = Signal(object)

    def __init__(self, over: QWidget, crashes: Crashes) -> None:
        super().__init__(over)
        self._over = over
        self._open: Path | None = None
        self.window: RecoveryWindow | None = None
        crashes.damaged.connect(self.offer_open)

    def watch(self, project: Path) -> None:
        """Which project is open, or is being opened."""
        self._open = project

    def offer_open(self, sentence: str) -> None:
        """Offer it for that project, too, as soon as its database cannot be read any more."""
        is_offered = self.window is not None and self.window.isVisible()
        if self._open is not None and not is_offered:  # many views may find the same
            self.offer(self._open, sentence)

    def offer(self, project: Path, sentence: str) -> None:
        """Say what can be done about a project whose database is damaged, as the sentence says."""
        self.close()
        self.window = RecoveryWindow(project, sentence, self._over)
        self.window.restoring.connect(self.restoring)
        self.window.restored.connect(self.restored)
        self.window.show()

    def close(self) -> None:
        """Wait for the thread, and forget it."""
        if self.window is not None:
            self.window.close()
            self.window.close_reader()
            self.window.deleteLater()
            self.window = None


class RecoveryWindow(QDialog):
    """Not modal. Backups are read, and one is put in place, in a thread.

    Signals:
        restoring(): a backup is about to be put in place, for which no project may be open.
        restored(Path): a backup lies in the place of the database; the project can be opened.
    """

    restoring = Signal()
    restored = Signal(object)

    def __init__(self, project: Path, sentence: str, parent: QWidget) -> None:
        """
        Args:
            project: its folder.
            sentence: what is wrong with its database.
        """
        super().__init__(parent)
        self.setWindowTitle(f"Restore {project.name}")
        self.setMinimumWidth(WIDTH)
        self._project = project
        self._found: Recovery | None = None
        self._work = Background(self)
        self.words = QLabel(f"The database of {project.name} cannot be read.", wordWrap=True)
        self.words.setProperty("role", "heading")
        self.offer = QLabel("Looking for a backup that is whole…", wordWrap=True)
        details = QLabel(f"{sentence.split('; put ')[0].rstrip('.')}.", wordWrap=True)
        details.setProperty("quiet", True)
        for label in (self.offer, details):  # paths and errors of a stranger's project are no markup
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedHeight(4)
        self._bar.setRange(0, 0)
        self.restore_button, self.close_button = QPushButton("Restore this backup"), QPushButton("Close")
        self.restore_button.setProperty("role", "primary")
        self.restore_button.setEnabled(False)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.restore_button)
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        for widget in (self.words, self.offer, self._bar, details):
            box.addWidget(widget)
        box.addStretch()
        box.addLayout(buttons)
        self._work.done.connect(self._take)
        self._work.failed.connect(self._say)
        self.restore_button.clicked.connect(self._restore)
        self.close_button.clicked.connect(self.close)
        self._work.start(lambda report: recovery.found(project))

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._work.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._work.cancel()
        super().closeEvent(event)

    def _restore(self) -> None:
        found = self._found
        if found is not None:
            self.restore_button.setEnabled(False)
            self._bar.show()
            self.restoring.emit()
            self._work.start(lambda report: (recovery.restore(found),))

    def _take(self, result: "Recovery | tuple[Path | None] | None") -> None:
        if isinstance(result, tuple):
            self.close()
            self.restored.emit(self._project)
            return
        self._found = result
        if result is None:
            self._say("No backup of it is whole; put a copy of your own in its place.")
            return
        self._say(
            f"{str(result)[0].upper()}{str(result)[1:]}. Restoring puts it in place; the damaged file stays "
            "in the project's folder, under another name."
        )
        self.restore_button.setEnabled(True)
        self.restore_button.setFocus()

    def _say(self, sentence: str) -> None:
        self._bar.hide()
        self.offer.setText(sentence)
        self.restore_button.setEnabled(self._found is not None)
        layout = self.layout()
        if layout is not None:
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))
