"""What differs between two versions of the project, or a version and now, by clip; a click goes there."""

import datetime
from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.events import OnProgress
from core.project.versions import Version, is_there
from core.trajectories import revisions
from core.trajectories.model import Changes
from core.trajectories.revisions import Differences, TrackDifference
from studio import theme
from studio.background import Background
from studio.document import Document
from studio.elided_combo import ElidedCombo

WIDTH, HEIGHT = 560, 480
"""Pixels."""

MOST = 500
"""Tracks of a clip that are listed one by one."""

_PLACE = Qt.ItemDataRole.UserRole

NOW = "Now"

_SIGNS = {"added": "+", "removed": "−", "changed": "~"}


class VersionsWindow(QDialog):
    """Not modal; what is compared is read in a thread, anew after each edit.

    Signals:
        show_asked(Changes): go to a track or clip.
        back_asked(str): go back to the version of that name.
        remove_asked(str): forget that name.
        save_asked(): name the state that is there now.
    """

    show_asked = Signal(object)
    back_asked = Signal(str)
    remove_asked = Signal(str)
    save_asked = Signal()

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Versions")
        self.resize(WIDTH, HEIGHT)
        self._document, self._versions = document, list[Version]()
        self._work = Background(self)
        self.earlier, self.later = ElidedCombo(), ElidedCombo()
        self.earlier.setAccessibleName("Version to compare")
        self.later.setAccessibleName("Compared with")
        self.words, self._note = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.words.setProperty("role", "heading")
        self._note.setProperty("quiet", True)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedHeight(4)
        self.list = QTreeWidget()
        self.list.setHeaderHidden(True)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName("What differs")
        self.back_button, self.remove_button = QPushButton("Go back to it…"), QPushButton("Forget its name")
        self.save_button, close = QPushButton("Save version…"), QPushButton("Close")
        for button in (self.back_button, self.remove_button, self.save_button, close):
            button.setAutoDefault(False)
        choice = QHBoxLayout()
        choice.addWidget(QLabel("From"))
        choice.addWidget(self.earlier, 1)
        choice.addWidget(QLabel("to"))
        choice.addWidget(self.later, 1)
        buttons = QHBoxLayout()
        for button in (self.back_button, self.remove_button, self.save_button):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(close)
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        box.addLayout(choice)
        for widget in (self._note, self.words, self._bar):
            box.addWidget(widget)
        box.addWidget(self.list, 1)
        box.addLayout(buttons)
        self._work.done.connect(self._take)
        self._work.failed.connect(self._say)
        self._work.progressed.connect(self._show_progress)
        self.earlier.activated.connect(self._compare)
        self.later.activated.connect(self._compare)
        self.list.itemClicked.connect(self._go)
        self.back_button.clicked.connect(lambda: self.back_asked.emit(self.earlier.currentText()))
        self.remove_button.clicked.connect(lambda: self.remove_asked.emit(self.earlier.currentText()))
        self.save_button.clicked.connect(self.save_asked)
        close.clicked.connect(self.close)
        document.changed.connect(self._compare_if_seen)

    def set_versions(self, versions: Sequence[Version]) -> None:
        """Offer these; the choice stays where it is still there, else it is the latest against now."""
        self._versions = list(versions)
        names = [one.name for one in reversed(versions)]
        for combo, items in ((self.earlier, names), (self.later, [NOW, *names])):
            chosen = combo.currentText()
            combo.clear()
            combo.addItems(items)
            combo.setCurrentIndex(max(combo.findText(chosen), 0))
        self._compare_if_seen()

    def popup(self) -> None:
        """Come into view."""
        self.show()
        self._compare()
        self.raise_()
        self.activateWindow()

    def close_reader(self) -> None:
        """Give the comparison up, and wait for its thread."""
        self._work.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._work.cancel()
        super().closeEvent(event)

    # --- comparing ----------------------------------------------------------------------------

    def _compare_if_seen(self) -> None:
        if self.isVisible():
            self._compare()

    def _compare(self) -> None:
        before, after = self._chosen(self.earlier), self._chosen(self.later)
        for button in (self.back_button, self.remove_button):
            button.setEnabled(before is not None)
        self._note.setText(_told(before) if before is not None else "")
        self._note.setVisible(before is not None)
        if before is None:
            self._work.cancel()
            self._say("No version was saved yet. Save one from the menu File; it costs no room.")
            return
        project = self._document.project

        def work(report: OnProgress) -> Differences | None:
            with project.reading() as connection:
                if not all(is_there(connection, one) for one in (before, after) if one is not None):
                    return None
                until = after.revision if after is not None else None
                return revisions.differences(connection, before.revision, until, report)

        self.words.setText("Comparing…")
        self._bar.setRange(0, 0)
        self._bar.show()
        self._work.start(work)

    def _chosen(self, combo: QComboBox) -> Version | None:
        return next((one for one in self._versions if one.name == combo.currentText()), None)

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def _say(self, sentence: str) -> None:
        self._bar.hide()
        self.list.clear()
        self.words.setText(sentence)

    def _take(self, found: Differences | None) -> None:
        if found is None:
            self._say("That version is of a history that is gone, since a backup was put back.")
            self.back_button.setEnabled(False)
            return
        names = {one.clip.id: one.clip.name for one in self._document.clips()}
        names |= {id: name for id, (name, _) in found.clips.items() if id not in names}
        by_clip: dict[int, list[TrackDifference]] = {id: [] for id in found.clips}
        for one in found.tracks:
            by_clip.setdefault(one.clip_id, []).append(one)
        self._say(_summary(found, len(by_clip)))
        for id, tracks in sorted(by_clip.items(), key=lambda item: names.get(item[0], "")):
            words = [f"clip {found.clips[id][1]}"] if id in found.clips else []
            words += _counts(tracks)
            top = QTreeWidgetItem([f"{names.get(id, f'clip {id}')}   {', '.join(words)}"])
            top.setData(0, _PLACE, Changes(frozenset([id])))
            self.list.addTopLevelItem(top)
            for one in tracks[:MOST]:
                name = f"{one.kind} {one.id}{f'   {one.label}' if one.label else ''}"
                item = QTreeWidgetItem([f"{_SIGNS[one.what]}  {name}   {one.what}"])
                span = None if one.frame is None else (one.frame, one.frame)
                tracks_there = frozenset([one.id]) if one.what != "removed" else frozenset[int]()
                item.setData(0, _PLACE, Changes(frozenset([id]), tracks_there, span=span))
                top.addChild(item)
            if len(tracks) > MOST:
                top.addChild(QTreeWidgetItem([f"…and {len(tracks) - MOST:,} more"]))
        if len(by_clip) <= 3:
            self.list.expandAll()

    def _go(self, item: QTreeWidgetItem) -> None:
        place = item.data(0, _PLACE)
        if place is not None:
            self.show_asked.emit(place)


def _counts(tracks: Sequence[TrackDifference]) -> list[str]:
    counted = Counter(one.what for one in tracks)
    return [f"{counted[what]:,} {what}" for what in ("added", "removed", "changed") if counted[what]]


def _summary(found: Differences, clips: int) -> str:
    words = _counts(found.tracks)
    if not words and not found.clips:
        return "Nothing differs."
    where = f"in {clips:,} clip{'s' if clips != 1 else ''}"
    if not words:
        return f"No track differs; {len(found.clips):,} clip{'s do' if len(found.clips) != 1 else ' does'}."
    return f"Tracks {where}: {', '.join(words)}."


def _told(version: Version) -> str:
    when = datetime.datetime.fromisoformat(version.made).astimezone()
    return f"Saved {when:%d %B %Y, %H:%M}.{f' {version.note}' if version.note else ''}"
