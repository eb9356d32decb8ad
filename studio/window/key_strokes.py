"""Keys as text: as Qt writes them everywhere, as this platform writes them, as they are pressed."""

from functools import cache

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

_Modifier = Qt.KeyboardModifier
_COUNTED = (
    _Modifier.ShiftModifier | _Modifier.ControlModifier | _Modifier.AltModifier | _Modifier.MetaModifier
)
_ALONE = (
    *(Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr),
    *(Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_ScrollLock),
    *(Qt.Key.Key_Super_L, Qt.Key.Key_Super_R, Qt.Key.Key_Hyper_L, Qt.Key.Key_Hyper_R),
    *(Qt.Key.Key_unknown, Qt.Key(0)),
)
"""Keys that do nothing without another one."""


@cache
def portable(key: str) -> str:
    """A key as Qt writes it everywhere; empty where it knows none of that name, or it is not one stroke."""
    sequence = QKeySequence(key, QKeySequence.SequenceFormat.PortableText)
    known = sequence.count() == 1 and _first(sequence).key() not in _ALONE
    return sequence.toString(QKeySequence.SequenceFormat.PortableText) if known else ""


def _first(sequence: QKeySequence) -> QKeyCombination:
    first = sequence[0]  # type: ignore[index]
    assert isinstance(first, QKeyCombination)
    return first


def native(key: str) -> str:
    """A key, portable, as this platform writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def pressed(event: QKeyEvent) -> str:
    """What is pressed, portable; empty while only Shift and its like are held.

    Shift is left out where it was only needed to reach a sign: `?`, not `Shift+?`.
    """
    key, modifiers, text = Qt.Key(event.key()), event.modifiers() & _COUNTED, event.text()
    if key in _ALONE:
        return ""
    if key == Qt.Key.Key_Backtab:
        key = Qt.Key.Key_Tab
    elif text.isprintable() and text and not text.isalnum() and not text.isspace():
        modifiers &= ~_Modifier.ShiftModifier
    stroke = QKeySequence(QKeyCombination(modifiers, key))
    return stroke.toString(QKeySequence.SequenceFormat.PortableText)
