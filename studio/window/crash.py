"""Unexpected errors: a dialog with the traceback, to copy into a report; the program goes on."""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
    qVersion,
)
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from core.agreements import NotAgreedError
from core.errors import StudioError
from core.system_faults import disk_fault, refused_by_the_system
from core.trajectories.damage import DamagedError

log = logging.getLogger("studio")


def diagnostics() -> str:
    """Versions and system, for a report."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    lines = [f"Python {platform.python_version()} on {platform.platform()}", f"Qt {qVersion()}"]
    for name in ("associationnet-studio", "PySide6-Essentials", "numpy", "SQLAlchemy", "pyqtgraph", "torch"):
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name} not installed")
    screens = [
        f"{screen.size().width()}×{screen.size().height()} at {screen.devicePixelRatio():g}"
        for screen in QGuiApplication.screens()
    ]
    return "\n".join([*lines, f"Screens {', '.join(screens)} ({QGuiApplication.platformName()})"])


class CrashDialog(QDialog):
    """The errors so far, latest last; not modal."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self.resize(720, 420)
        title = QLabel("This is a mistake of the program, not yours.")
        title.setProperty("role", "heading")
        text = QLabel(
            "Every edit made so far is saved, and you can go on. "
            "To help us fix it, copy the details into a report and say what you did just before."
        )
        text.setWordWrap(True)
        self.details = QPlainTextEdit(readOnly=True)
        self.details.setAccessibleName("Details of the error")
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy_button = buttons.addButton("Copy details", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button.clicked.connect(self._copy)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        for widget in (title, text, self.details, buttons):
            column.addWidget(widget)

    def add(self, text: str) -> None:
        """Show one more error."""
        before = self.details.toPlainText()
        self.details.setPlainText(f"{before}\n\n{text}" if before else text)
        self.show()
        self.raise_()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{diagnostics()}\n\n{self.details.toPlainText()}")


class Crashes(QObject):
    """Takes what no one caught, from any thread, and Qt's own messages.

    Signals:
        refused(str): a `StudioError` that reached the event loop: one sentence for the user.
        damaged(str): such a one that says that the project's database cannot be read.
        asked(NotAgreedError): what waits for the person's word.
    """

    refused = Signal(str)
    damaged = Signal(str)
    asked = Signal(object)
    _raised = Signal(object, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.dialog = CrashDialog(parent)
        self._raised.connect(self._show)

    def install(self) -> None:
        """Take over from Python's and Qt's own handlers."""
        sys.excepthook = self.take
        threading.excepthook = lambda args: self.take(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )
        qInstallMessageHandler(_log_qt_message)

    def take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """What `sys.excepthook` is called with."""
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        if not isinstance(error, StudioError):
            log.error("not caught\n%s", text)
        self._raised.emit(error, text)

    def _show(self, error: BaseException, text: str) -> None:
        if isinstance(error, NotAgreedError):
            self.asked.emit(error)
        elif isinstance(error, DamagedError):
            self.damaged.emit(str(error))
        elif isinstance(error, StudioError):
            self.refused.emit(str(error))
        elif isinstance(error, OSError) and disk_fault(error):
            self.refused.emit(refused_by_the_system(error))
        else:
            self.dialog.add(text)


def keep_log(folder: Path) -> None:
    """Write the log to a file of a folder, which is made; the previous one is kept beside."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "studio.log"
    if path.exists():
        path.replace(folder / "studio.previous.log")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    log.setLevel(logging.INFO)


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    write: Callable[[str, str], None] = {
        QtMsgType.QtDebugMsg: log.debug,
        QtMsgType.QtInfoMsg: log.info,
    }.get(kind, log.warning)
    write("Qt: %s", message)
