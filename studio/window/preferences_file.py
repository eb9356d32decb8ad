"""Preferences and keys as one small TOML file, to take to another machine or to give to a colleague."""

from dataclasses import fields, replace
from pathlib import Path

import tomli_w

from core import config
from core.atomic_file import write_atomically
from core.errors import StudioError
from studio.window.keys import Keys, checked, plain
from studio.window.preferences import Preferences

OF_THIS_MACHINE = ("segmenter",)
"""Preferences that name files of this machine, which can run code: neither written nor taken from a file."""

LARGEST = 2**20
"""Bytes of a file that is read."""


def write(path: Path, preferences: Preferences, keys: Keys) -> None:
    """Write both.

    Raises:
        StudioError: the file cannot be written.
    """
    kept = {name: one for name, one in config.as_dict(preferences).items() if name not in OF_THIS_MACHINE}
    text = tomli_w.dumps({"preferences": kept, "keys": plain(keys)})
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise StudioError(f"{path} cannot be written ({error.strerror}); choose another folder.") from error


def read(path: Path, preferences: Preferences, keys: Keys) -> tuple[Preferences, Keys, list[str]]:
    """What a file holds, over what is preferred now; and a sentence for each thing that was left out.

    Raises:
        StudioError: it cannot be read, is no TOML, or holds neither preferences nor keys.
    """
    if path.is_file() and path.stat().st_size > LARGEST:
        raise StudioError(f"{path.name} is too large for a file of preferences; choose another one.")
    values = config.read_toml(path)
    found, remarks = values.get("preferences"), []
    if found is None and "keys" not in values:
        raise StudioError(
            f"{path.name} holds no preferences and no keys; choose a file that was exported here."
        )
    if found is not None and not isinstance(found, dict):
        found, remarks = {}, ["Its preferences are no table."]
    known = {field.name for field in fields(Preferences)} - set(OF_THIS_MACHINE)
    for name, value in (found or {}).items():
        if name not in known:
            remarks.append(f"There is no preference {name[:40]!r} to be read.")
            continue
        try:
            read = config.from_dict(Preferences, {name: value})
        except StudioError as error:
            remarks.append(str(error))
        else:
            preferences = replace(preferences, **{name: getattr(read, name)})
    if "keys" in values:
        keys, left_out = checked(values["keys"])
        remarks += left_out
    return preferences, keys, remarks
