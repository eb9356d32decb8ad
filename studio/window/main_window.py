"""The window: workspaces, panels, menus, status bar. It shows what it is given and computes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTextEdit,
    QWidget,
)

from core.datasets.clip import Clip
from studio import icons, theme
from studio.window.actions import Actions
from studio.window.curtain import Curtain
from studio.window.dock_layout import DockLayout, Panel
from studio.window.hint_line import HintLine
from studio.window.keys import Keys, KeyStore
from studio.window.preferences import PreferencesStore
from studio.window.settings import WindowSettings
from studio.window.steps import Steps
from studio.window.toasts import Toasts
from studio.window.top_row import TopRow

PRESSING = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
"""Keys that press the button that has the focus."""

MOVING = (Qt.Key.Key_Up, Qt.Key.Key_Down)
"""Keys that go up and down in a list that has the focus."""

LAST_EDIT = 320
"""Pixels that the name of the last edit takes in the status bar; the hint needs its room, too."""

WORKSPACES = ("curate", "train", "evaluate", "compare", "probe", "table1")


class MainWindow(QMainWindow):
    """The one window.

    Attributes:
        settings: what it remembers; preferences: what the person prefers; keys: those of the actions.

    Signals:
        closing(): it is about to close.
        dropped(list[Path]): files or folders were dropped on it.
        seen(): it is on the screen for the first time.
    """

    closing = Signal()
    dropped = Signal(object)
    seen = Signal()

    def __init__(self, settings: WindowSettings, preferences: PreferencesStore) -> None:
        super().__init__()
        self.setWindowTitle("AssociationNet Studio")
        self.setWindowIcon(icons.app_icon())
        self.setAcceptDrops(True)
        self._seen = False
        self.settings, self.preferences = settings, preferences
        self.panels = DockLayout(self, settings)
        self.hint = HintLine()
        self.commands = Actions(self, self.hint.say)
        self.keys = KeyStore(settings, self)
        self.keys.changed.connect(self._set_keys)
        self._set_keys(self.keys.now)
        self.top = TopRow([self.commands[name] for name in WORKSPACES], self.commands["palette"])
        self.commands.fill(self.top.menus)
        self.setMenuWidget(self.top)
        self.project_label = self.top.project_label
        self.recent_menu = QMenu("Open &recent", self)
        self.panels_menu = QMenu("Pa&nels", self)
        self.commands.insert_menu(self.recent_menu, "open_sample")
        self.commands.insert_menu(self.panels_menu, "full_screen")
        self._pages = QStackedWidget()
        self._pages.currentChanged.connect(self._give_room)
        self.setCentralWidget(self._pages)
        self._coming = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._coming.setProperty("role", "title")
        self._pages.addWidget(self._coming)
        self._welcome: QWidget | None = None
        self._builders: dict[str, Callable[[], QWidget]] = {}
        self._workspaces: dict[str, QWidget] = {}
        self._project_status: list[QWidget] = []
        self._build_status()
        self.curtain = Curtain(self)
        self.toasts = Toasts(self, self._pages)
        for name in WORKSPACES:
            self.commands.connect(name, partial(self.show_workspace, name))
        self.commands.connect("full_screen", self._toggle_full_screen)
        self.commands.connect("reset_layout", self.panels.reset)
        self.commands.connect("steps", self._toggle_steps)
        self.restore_geometry()

    # --- what is shown ------------------------------------------------------------------------

    def set_welcome(self, page: QWidget) -> None:
        """The page that is shown without a project."""
        self._welcome = page
        self._pages.addWidget(page)
        self.clear()

    def set_project(
        self,
        name: str,
        workspaces: Mapping[str, Callable[[], QWidget]],
        panels: Sequence[Panel],
        status: Sequence[QWidget],
        steps: Steps,
        workspace: str = "curate",
    ) -> Iterator[None]:
        """Show a project, in steps.

        Args:
            workspaces: builds the widget of each of `WORKSPACES` when it is first shown.
            panels, status, steps: its panels, what the status bar holds of it, its steps.
        """
        self.setWindowTitle(f"{name} – AssociationNet Studio")
        self.project_label.setText(name)
        self._builders = dict(workspaces)
        self.panels.set_panels(panels, self.panels_menu)
        yield
        for widget in status:
            self.statusBar().addPermanentWidget(widget)
            self._project_status.append(widget)
            widget.show()
        self.panels_menu.setEnabled(True)
        self.top.show_project(steps)
        steps.changed.connect(self._show_steps)
        self._show_steps()
        yield
        self.show_workspace(workspace if workspace in workspaces else "curate")

    def clear(self) -> None:
        """Show the welcome page; what belonged to a project is deleted."""
        if self._welcome is not None:  # at first: a page that goes would show the next one
            self._pages.setCurrentWidget(self._welcome)
        self.panels.clear()
        self.toasts.dismiss_offers()
        self.toasts.set_frames(None)
        for widget in (*self._workspaces.values(), *self._project_status):
            widget.setParent(None)
            widget.deleteLater()
        self._workspaces.clear()
        self._builders.clear()
        self._project_status.clear()
        self.panels_menu.clear()
        for label in (self.selected, self.busy, self.last_edit, self.project_label):
            label.setText("")
        self.hint.set_expected("")
        self.hint.set_curating(False)
        self.commands.leave_curate()
        self.undo_button.hide()
        self.setWindowTitle("AssociationNet Studio")
        self.panels_menu.setEnabled(False)
        self.top.show_clip("")
        self.top.show_project(None)

    def show_workspace(self, name: str) -> None:
        """Show one of `WORKSPACES` with its own layout of panels."""
        if name not in self._builders or name == self.panels.workspace:
            return
        focus = self.focusWidget()
        if focus is not None:  # hidden with its panel, it would hand the focus to whatever comes next
            focus.clearFocus()
        if name not in self._workspaces and self.isVisible() and not self.curtain.isVisible():
            self._announce(name)
        self.build_workspace(name)
        if name == "curate":  # whatever comes first, page and panels must never be too wide together
            self._pages.setCurrentWidget(self._workspaces[name])
            self.panels.show(name)
        else:
            self.panels.show(name)
            self._pages.setCurrentWidget(self._workspaces[name])
        self.commands[name].setChecked(True)
        self.commands.set_curating(name == "curate")
        self.hint.set_curating(name == "curate")
        self.selected.setVisible(name == "curate")

    def _announce(self, name: str) -> None:
        """Show at once where one goes to, and that it takes a moment: the window is busy from then on."""
        self._coming.setText(f"{self.commands[name].text().replace('&', '')}…")
        self._pages.setCurrentWidget(self._coming)
        self.commands[name].setChecked(True)
        for part in (self.top, self._pages):
            part.repaint()

    def build_workspace(self, name: str) -> None:
        """Build one of `WORKSPACES`, unless it is there, without showing it."""
        if name not in self._workspaces:
            widget = self._workspaces[name] = self._builders[name]()
            self._pages.addWidget(widget)
            self._give_room()

    def show_clip(self, clip: Clip | None) -> None:
        """Name the clip that is looked at beside the project."""
        about = f"{clip.name}: {clip.frames} frames of {clip.width} × {clip.height} pixels" if clip else ""
        self.top.show_clip(clip.name if clip else "", about)

    def restore_geometry(self) -> None:
        """Put the window where it was, if enough of it is on a screen there."""
        self.resize(1440, 900)
        if self.restoreGeometry(self.settings.geometry):
            frame = self.frameGeometry()
            screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
            shown = [screen.intersected(frame) for screen in screens]
            if not any(part.width() >= 200 and part.height() >= 100 for part in shown):
                self.setGeometry(screens[0].adjusted(40, 40, -40, -40))

    def keep_within_screen(self) -> None:
        """Be no larger than the screen has room for."""
        handle = 40  # what a title and a frame take
        room = self.screen().availableGeometry().size() - QSize(0, handle)
        if not self.isMaximized() and not self.isFullScreen():
            self.resize(self.size().boundedTo(room))

    def set_last_edit(self, text: str, can_undo: bool) -> None:
        """Name the last action in the status bar."""
        room = self.last_edit.fontMetrics()
        self.last_edit.setText(room.elidedText(text, Qt.TextElideMode.ElideRight, LAST_EDIT))
        self.last_edit.setToolTip(text)
        self.undo_button.setVisible(can_undo)

    # --- Qt -----------------------------------------------------------------------------------

    def menuBar(self) -> QMenuBar:
        """The menus, which share their line with the workspaces."""
        return self.top.menus

    def event(self, event: QEvent) -> bool:
        """Keys that type in a field, move in a list or press a button do so before they are shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~(
                Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
            )
            focus = QApplication.focusWidget()
            typed = event.key() < Qt.Key.Key_F1 and _is_typed_in(focus)
            pressing = event.key() in PRESSING and isinstance(focus, QAbstractButton)
            moving = event.key() in MOVING and isinstance(focus, QAbstractScrollArea | QComboBox)
            if plain and (typed or pressing or moving):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses a button that has the focus on platforms where only Space does by itself."""
        focus = QApplication.focusWidget()
        if event.key() in PRESSING and isinstance(focus, QAbstractButton):
            if not event.isAutoRepeat():
                focus.click()
        else:
            self.commands.tell_of_key(event.keyCombination())
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab passes over panels that lie behind others, outside the window: nobody would see the focus."""
        passed: list[QWidget] = []
        while super().focusNextPrevChild(next):
            focus = self.focusWidget()
            if focus is None or focus in passed or self._is_within(focus):
                return True
            passed.append(focus)
        return False

    def _is_within(self, widget: QWidget) -> bool:
        """Whether the part of the window that holds a widget is seen."""
        part = widget
        while (parent := part.parentWidget()) is not None and parent is not self:
            part = parent
        return part.geometry().intersects(self.rect())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_pages"):
            icons.retint(self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None and not self._seen:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Expose and not self._seen:
            self._seen = True
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.seen.emit)  # once it is drawn
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        self.panels.keep()
        self.settings.geometry = self.saveGeometry()
        self.closing.emit()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.dropped.emit(paths)

    # --- building -----------------------------------------------------------------------------

    def _build_status(self) -> None:
        bar = self.statusBar()
        self.selected, self.busy, self.last_edit = QLabel(), QLabel(), QLabel()
        self.undo_button = QPushButton("Undo")
        self.undo_button.setProperty("role", "link")
        self.undo_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click, keys are the canvas's
        self.undo_button.clicked.connect(self.commands["undo"].trigger)
        bar.addWidget(self.hint, 1)
        for widget in (self.busy, self.selected, self.last_edit, self.undo_button):
            bar.addPermanentWidget(widget)
        for label in (self.busy, self.selected):
            label.setContentsMargins(0, 0, theme.SPACE, 0)  # one thing that is said, and the next one

    def _give_room(self) -> None:
        """Only the page that is shown says how small the window can be."""
        ignored, preferred = QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        for place in range(self._pages.count()):
            page = self._pages.widget(place)
            assert page is not None
            policy = preferred if page is self._pages.currentWidget() else ignored
            page.setSizePolicy(policy, policy)
        self._pages.updateGeometry()
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()

    def _toggle_steps(self) -> None:
        if self.top.steps is not None:
            self.top.steps.set_wanted(self.commands["steps"].isChecked())

    def _show_steps(self) -> None:
        if self.top.steps is not None:
            self.commands["steps"].setChecked(self.top.steps.is_wanted)

    def _set_keys(self, keys: Keys) -> None:
        self.commands.set_keys(keys.bindings())

    def _toggle_full_screen(self) -> None:
        if self.commands["full_screen"].isChecked():
            self.showFullScreen()
        else:
            self.showNormal()


def _is_typed_in(widget: QWidget | None) -> bool:
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QLineEdit | QAbstractSpinBox | QTextEdit | QPlainTextEdit)
