"""The bar under the frame: go, play, speed, loop, frame number."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QWidget

from core.datasets.clip import Clip
from studio import icons
from studio.canvas.number_field import NumberField
from studio.canvas.player import SPEEDS, Player
from studio.theme import ICON, SPACE
from studio.view_state import ViewState


class Transport(QWidget):
    """Buttons and a frame box over `ViewState` and a `Player`.

    Attributes:
        doing: button → the action that does the same.

    Signals:
        left(): a field was left; keys belong to the frame again.
    """

    left = Signal()

    def __init__(self, view: ViewState, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._player = player
        self.doing: dict[QWidget, tuple[str, ...]] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, 2, SPACE, 2)
        row.setSpacing(SPACE // 4)
        row.addStretch(1)
        self._add(row, "first", "First frame", lambda: view.set_frame(0), "first_frame")
        self._add(row, "back", "10 frames back", lambda: view.step(-10), "back_10")
        self._add(row, "previous", "Previous frame", lambda: view.step(-1), "previous_frame")
        self.play = self._add(row, "play", "Play", player.toggle, "play")
        self._add(row, "next", "Next frame", lambda: view.step(1), "next_frame")
        self._add(row, "forward", "10 frames forward", lambda: view.step(10), "forward_10")
        self._add(row, "last", "Last frame", view.go_last, "last_frame")
        row.addSpacing(SPACE)
        self.frame = NumberField()
        self.frame.setAccessibleName("Frame number")
        self.frame.setToolTip("Frame, counted from 0; type a number and press Enter to go there")
        self.frame.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.frame.setMinimumWidth(64)
        row.addWidget(self.frame)
        self._total = QLabel()
        self._total.setProperty("quiet", True)
        row.addWidget(self._total)
        row.addSpacing(SPACE)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Speed; 1× shows 25 frames a second")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        row.addWidget(self.speed)
        self.loop = self._add(row, "loop", "Begin again at the end", lambda: None)
        self.loop.setCheckable(True)
        self.loop.setChecked(player.loop)
        row.addStretch(1)
        self.loop.toggled.connect(self._set_loop)
        self.frame.valueChanged.connect(view.set_frame)
        self.frame.left.connect(self.left)
        self.speed.activated.connect(self._choose_speed)
        view.clip_changed.connect(self._show_clip)
        view.frame_changed.connect(self._show_frame)
        view.playing_changed.connect(self._show_playing)
        player.speed_changed.connect(self._show_speed)
        self._show_speed(player.speed)
        self._show_clip(view.clip)

    def _add(
        self, row: QHBoxLayout, icon: str, tip: str, work: Callable[[], object], action: str = ""
    ) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        icons.set_icon(button, icon)
        button.setIconSize(QSize(ICON, ICON))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        if action:
            self.doing[button] = (action,)
        button.clicked.connect(lambda: work())
        row.addWidget(button)
        return button

    def _choose_speed(self, index: int) -> None:
        self._player.set_speed(self.speed.itemData(index))
        self.left.emit()

    def _set_loop(self, loop: bool) -> None:
        self._player.loop = loop

    def _show_clip(self, clip: Clip | None) -> None:
        self.setEnabled(clip is not None)
        last = clip.frames - 1 if clip is not None else 0
        self.frame.blockSignals(True)  # the frame of the clip before, cut to this one, is nobody's wish
        self.frame.setMaximum(last)
        self.frame.blockSignals(False)
        self._total.setText(f"of {last}")
        self._show_frame(self._view.frame)

    def _show_frame(self, frame: int) -> None:
        self.frame.blockSignals(True)
        self.frame.setValue(frame)
        self.frame.blockSignals(False)

    def _show_playing(self, playing: bool) -> None:
        icons.set_icon(self.play, "pause" if playing else "play")
        left_out = self._player.left_out
        seen = f"; {left_out} frames were left out to keep time" if left_out and not playing else ""
        self.play.setToolTip("Pause" if playing else f"Play{seen}")

    def _show_speed(self, speed: float) -> None:
        self.speed.setCurrentIndex(self.speed.findData(abs(speed)))
