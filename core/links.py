"""Links in a folder that lead out of it: what is written to them would be written elsewhere."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from core.errors import StudioError


def check_links(folder: Path) -> None:
    """See that whatever is written into a folder stays in it; a folder that does not exist is empty.

    Raises:
        StudioError: something in it, however deep, is a link that leads out of it.
    """
    inside = folder.resolve()
    for path in _links(folder):
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(inside):
            raise leads_out(path, target)


def deep_links_out(folder: Path, name: str) -> dict[str, Path]:
    """The links in a folder `name` of a folder, however deep, that lead out of it, and where to; by their
    paths in it, with slashes. A folder that is a link itself is not looked into."""
    inside, found = folder.resolve(), dict[str, Path]()
    for path in () if is_link(folder / name) else sorted(_links(folder / name)):
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(inside):
            found[path.relative_to(folder).as_posix()] = target
    return found


def links_out(folder: Path, names: Collection[str]) -> dict[str, Path]:
    """Of some names in a folder those that are links leading out of it, and where to."""
    inside = folder.resolve()
    found = {name: Path(os.path.realpath(folder / name)) for name in names if is_link(folder / name)}
    return {name: target for name, target in found.items() if not target.is_relative_to(inside)}


def leads_out(path: Path, target: Path) -> StudioError:
    """What to say of a link that nothing is written through."""
    return StudioError(
        f"{path} is a link that leads elsewhere, to {target}, and nothing is written there; delete it, or "
        "put what it leads to in its place."
    )


def is_link(path: Path) -> bool:
    """Whether a name stands for another place; of Windows' junctions Python knows from 3.12 on."""
    return os.path.islink(path) or bool(getattr(os.path, "isjunction", lambda _: False)(path))


def _links(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        try:
            entries = [Path(entry.path) for entry in os.scandir(waiting.pop())]
        except OSError:  # gone, no folder, or not to be looked into: nothing is written there either
            continue
        for path in entries:
            if is_link(path):
                yield path
            elif path.is_dir():
                waiting.append(path)
