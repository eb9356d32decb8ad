"""What the user can put right, and how its sentences quote what they are about."""

import reprlib

_LONGEST = 1_200
"""Letters of a sentence; it may name two paths of the length that a system allows, cut in their middle."""


class StudioError(Exception):
    """Something the user can put right; its text is one sentence that says what to do.

    Everything else that is raised is a bug and keeps its traceback. What a sentence quotes may come from a
    file, so a long one loses its middle, and what is no Unicode (the name of a file) is shown by its bytes.
    """

    def __init__(self, sentence: str = "") -> None:
        super().__init__(_printable(sentence))


def _printable(text: str) -> str:
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class _Short(reprlib.Repr):
    """As `repr`, in one line of a sentence; whole numbers may have any number of digits."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 80
        self.maxlevel = 3

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if abs(x) < 10**30 else "a number of more than 30 digits"


_SHORT = _Short()


def quoted(value: object) -> str:
    """A value as a sentence quotes it: as `repr`, shortened where it is long, deep or of many digits."""
    return _printable(_SHORT.repr(value))
