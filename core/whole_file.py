"""Read a file whole, with a sentence for whatever stands in the way."""

from pathlib import Path

from core.errors import StudioError

_LARGEST = 4 << 30  # bytes; 12,500 tracks of 60 frames are 0.1 GB as XML


def read_whole(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        StudioError: it is missing, too large, or cannot be read.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise StudioError(f"{path} is larger than 4 GB; save it in parts.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise StudioError(f"There is no file {path}; check its name.") from error
    except OSError as error:
        raise StudioError(
            f"{path} cannot be read ({error.strerror}); check its name and permissions."
        ) from error
