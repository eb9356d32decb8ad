"""What the system refuses, in a sentence: the one place that knows its numbers, those of Windows too."""

import errno

_FULL = (errno.ENOSPC, errno.EDQUOT)
_READ_ONLY = (errno.EROFS,)
_BROKEN = (errno.EIO, errno.ESTALE, errno.ENXIO, errno.ENODEV, getattr(errno, "EREMOTEIO", errno.EIO))

_FULL_ON_WINDOWS = (39, 112, 1295)
"""ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED."""

_READ_ONLY_ON_WINDOWS = (19,)
"""ERROR_WRITE_PROTECT."""

_BROKEN_ON_WINDOWS = (21, 23, 31, 55, 59, 64, 483, 1006, 1117, 1167)
"""ERROR_NOT_READY, ERROR_CRC, ERROR_GEN_FAILURE, ERROR_DEV_NOT_EXIST, ERROR_UNEXP_NET_ERR,
ERROR_NETNAME_DELETED, ERROR_DEVICE_HARDWARE_ERROR, ERROR_FILE_INVALID, ERROR_IO_DEVICE,
ERROR_DEVICE_NOT_CONNECTED."""


_TOO_LONG, _TOO_LONG_ON_WINDOWS = (errno.ENAMETOOLONG,), (206,)
"""Of names and whole paths; ERROR_FILENAME_EXCED_RANGE."""


def disk_fault(error: BaseException) -> tuple[str, str] | None:
    """What is wrong with a disk and what to do about it, where an error tells of one; else None.

    Returns:
        such as `("takes no more", "free space")`.
    """
    if not isinstance(error, OSError):
        return None
    number, on_windows = error.errno, getattr(error, "winerror", None)
    if number in _FULL or on_windows in _FULL_ON_WINDOWS:
        return "takes no more", "free space"
    if number in _READ_ONLY or on_windows in _READ_ONLY_ON_WINDOWS:
        return "can only be read", "make it writable"
    if number in _BROKEN or on_windows in _BROKEN_ON_WINDOWS:
        return "does not answer as it should", "see that it is connected and whole"
    return None


def refused_by_the_system(error: OSError, place: object = "", then: str = "try again") -> str:
    """What stood in the way, as a sentence that says what to do.

    Args:
        place: where it was, if the error names no file.
        then: what to do when that is put right.
    """
    where, why = error.filename or place, error.strerror or str(error) or type(error).__name__
    fault = disk_fault(error)
    if fault is not None:
        what, remedy = fault
        disk = f"The disk of {where}" if where else "A disk"
        return f"{disk} {what} ({why}); {remedy} and {then}."
    if error.errno in _TOO_LONG or getattr(error, "winerror", None) in _TOO_LONG_ON_WINDOWS:
        shorter = "choose shorter names, or a folder nearer to the root of the disk"
        return f"{where or 'A path'} is too long for this system ({why}); {shorter}, and {then}."
    if where:
        return f"{where} cannot be used ({why}); see that it may be read and written, and {then}."
    return f"The system refused something ({why}); put that right and {then}."
