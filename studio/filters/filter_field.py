"""The field in which a filter of tracks is typed, with what may be typed offered as one goes."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QListView, QWidget

from core.trajectories.filter_text import CHOICES, NAMELESS, WORDS, quoted
from core.trajectories.track_filter import NUMBERS
from studio.filters.filter_words import ABOUT
from studio.tables.search_field import SearchField

WIDTH = 330
"""Pixels of the list of what may be typed."""

MOST_LABELS = 50
"""Labels that are offered at once."""


class FilterField(SearchField):
    """Offers words after a letter, and choices after a colon; the arrow down offers all words.

    Signals:
        entered(): Enter was pressed, and not to take what is offered.
    """

    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Label, id, or error>2", "Filter tracks", parent)
        self.labels: Sequence[str] = ()
        self._offered = QStandardItemModel(self)
        self.offers, self.list = QCompleter(self._offered, self), QListView()
        self.list.setAccessibleName("What may be typed")
        self.list.setMinimumWidth(WIDTH)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.offers.setPopup(self.list)
        self.offers.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.offers.setCompletionRole(Qt.ItemDataRole.UserRole)
        self.offers.setWidget(self)
        self.offers.activated[str].connect(self._take)  # type: ignore[index]
        self.textEdited.connect(self._offer)
        self.stepped.connect(lambda: self._offer(also_all=True))
        self.returnPressed.connect(self.entered)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        taken = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Tab)
        if self.list.isVisible() and event.key() in taken and self.list.currentIndex().isValid():
            event.ignore()  # the list takes it
            return
        self.list.hide()
        super().keyPressEvent(event)

    def _offer(self, _: str = "", also_all: bool = False) -> None:
        typed = self._word()[1]
        found = list(_continued(typed, self.labels)) if typed or also_all else []
        self._offered.clear()
        for text, about in found:
            item = QStandardItem(f"{text}\t{about}" if about else text)
            item.setData(text, Qt.ItemDataRole.UserRole)
            self._offered.appendRow(item)
        if not found or [text for text, _ in found] == [typed]:
            self.list.hide()
            return
        self.offers.complete()

    def _word(self) -> tuple[int, str]:
        """Where the word before the cursor begins, and what of it is typed."""
        before = self.text()[: self.cursorPosition()]
        start, is_quoted = 0, False
        for place, letter in enumerate(before):
            is_quoted ^= letter == '"'
            if letter == " " and not is_quoted:
                start = place + 1
        return start, before[start:]

    def _take(self, text: str) -> None:
        start, typed = self._word()
        end = "" if text[-1] in ":><" else " "
        rest = self.text()[start + len(typed) :].lstrip() if end else self.text()[start + len(typed) :]
        before = self.text()[:start] + text + end
        self.setText(before + rest)
        self.setCursorPosition(len(before))
        self.textEdited.emit(self.text())


def _continued(typed: str, labels: Iterable[str]) -> Iterable[tuple[str, str]]:
    """What a word that was begun may become, and what that means."""
    word, colon, value = typed.partition(":")
    if not colon:
        for word in WORDS:
            text = word + (">" if word in NUMBERS and word != "id" else ":")
            if text.startswith(typed.lower()) and typed != text:
                yield text, ABOUT[word]
        return
    done, comma, last = value.rpartition(",")
    begun = f"{word}:{done}{comma}"
    if word.lower() in CHOICES:
        choices: Iterable[str] = CHOICES[word.lower()]
    elif word.lower() == "label":
        choices = [*map(quoted, filter(None, labels)), NAMELESS]
    else:
        return
    begin = last.strip('"').casefold()
    fitting = [one for one in choices if one.strip('"').casefold().startswith(begin)]
    for choice in fitting[:MOST_LABELS]:
        yield begun + choice, ""
