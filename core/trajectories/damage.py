"""A database that cannot be read."""

import contextlib
import zlib
from collections.abc import Iterator

from core.errors import StudioError


class DamagedError(StudioError):
    """The database cannot be read; `core.project.recovery` puts a backup in its place."""


@contextlib.contextmanager
def decoding(what: str) -> Iterator[None]:
    """Around what makes values of cells, and nothing else: cells may hold anything.

    Raises:
        DamagedError: one of them holds what this program never writes.
    """
    try:
        yield
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, zlib.error) as error:
        raise DamagedError(f"{what} holds values that this program never writes") from error
    except RecursionError as error:
        raise DamagedError(f"{what} is nested too deep to be read") from error
