"""What the person agreed to on this machine, once: servers that a project names, files that are programs.

A project may come from anybody, so nothing in its folder agrees for the person. Each agreement is a small
file among the user's own settings; who deletes it is asked again.
"""

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from core.atomic_file import write_atomically
from core.errors import StudioError

FOLDER = "ASSOCIATIONNET_AGREED"
"""The environment variable that names another folder for the agreements."""

PROGRAM, CLUSTER = "program", "cluster"
"""What a setting may name that is asked about: `asks` of `core.config.setting`."""


@dataclass(frozen=True)
class Matter:
    """What a person is asked about.

    Attributes:
        key: all that the agreement is about, as text; where anything of it changes, it is asked again.
        question: what is asked, in a sentence or two.
        refusal: one sentence for where nobody can be asked.
        button: what the answer yes is called.
        hosts: the servers that would be contacted, by name.
    """

    key: str
    question: str
    refusal: str
    button: str
    hosts: tuple[str, ...] = ()


class NotAgreedError(StudioError):
    """Something waits for the person's word; `matter` says what."""

    def __init__(self, matter: Matter, again: Callable[[], object] | None = None) -> None:
        """`again`: does what was refused, once the person agreed; None where the caller knows."""
        super().__init__(matter.refusal)
        self.matter, self.again = matter, again


def database(project: Path, url: str, hosts: tuple[str, ...]) -> Matter:
    """Contacting the server that a project keeps its tracks on."""
    name, shown = ", ".join(hosts)[:200], f"The project {project.name[:100]} keeps its tracks on"
    return Matter(
        key=f"database\n{project}\n{url}",
        question=f"{shown} a server: {url[:300]}. Connect to {name}?",
        refusal=f"{shown} {name}, which you did not agree to contact; open it in the window, or add "
        f"{' '.join(f'--trust-server {host}' for host in hosts)[:300]} to the command.",
        button="&Connect",
        hosts=hosts,
    )


def elsewhere(project: Path, links: Mapping[str, Path]) -> Matter:
    """Writing to other places that names in a project's folder lead to."""
    named = ", ".join(f"{name} in {target}" for name, target in links.items())
    shown = f"Parts of the project {project.name[:100]} lie outside of its folder: {named[:600]}."
    return Matter(
        key="\n".join(["links", str(project), *(f"{name}\n{target}" for name, target in links.items())]),
        question=f"{shown} What it writes goes there. Open it?",
        refusal=f"{shown[:-1]}, where you did not agree to write; open it once on a terminal or in the "
        "window.",
        button="&Open it",
    )


def cluster(address: str) -> Matter:
    """Handing work to a Dask scheduler, whose answers are objects of Python."""
    return Matter(
        key=f"cluster\n{address}",
        question=f"The work is handed to the Dask cluster at {address[:200]}, which can run any code on this "
        "machine. Trust it?",
        refusal=f"You did not agree to work with the Dask cluster at {address[:200]}; "
        "name it yourself with --cluster, or choose it in the window.",
        button="&Trust it",
    )


def program(path: Path) -> Matter:
    """Running a file that holds a program, such as a network in TorchScript.

    Raises:
        StudioError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its name.") from error
    return Matter(
        key=f"program\n{path}\n{digest.hexdigest()}",
        question=f"The file {path} holds a program, which can do on this machine whatever you can. Run it?",
        refusal=f"{path} holds a program that you did not agree to run, or that has changed since; "
        "name it yourself if you trust it: with --flow, or in the window.",
        button="&Run it",
    )


def matters(settings: Any) -> Iterator[tuple[str, Matter]]:
    """The fields of a job's settings that name what is asked about; a missing file is left to the job.

    Raises:
        StudioError: a file cannot be read.
    """
    for field in dataclasses.fields(settings):
        value, asks = getattr(settings, field.name), field.metadata.get("asks")
        if asks == PROGRAM and value is not None and Path(value).is_file():
            yield field.name, program(Path(value))
        elif asks == CLUSTER and value not in ("", "local"):
            yield field.name, cluster(value)


def is_agreed(key: str) -> bool:
    """Whether the person agreed to what a key says."""
    try:
        return _file(key).read_bytes() == _encoded(key)
    except OSError:
        return False


def require(matter: Matter) -> None:
    """
    Raises:
        NotAgreedError: the person did not agree to it.
    """
    if not is_agreed(matter.key):
        raise NotAgreedError(matter)


def require_all(settings: Any, again: Callable[[], object] | None = None) -> None:
    """
    Raises:
        NotAgreedError: the person did not agree to something that the settings of a job name.
        StudioError: a file that they name cannot be read.
    """
    for _, matter in matters(settings):
        if not is_agreed(matter.key):
            raise NotAgreedError(matter, again)


def agree(key: str) -> None:
    """Remember that the person agreed to what a key says.

    Raises:
        StudioError: it cannot be written.
    """
    file = _file(key)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, _encoded(key))
    except OSError as error:
        raise StudioError(
            f"Cannot remember in {file.parent} what you agreed to ({error.strerror}); free space, "
            f"or name another folder in {FOLDER}."
        ) from error


def forget(key: str) -> None:
    """Take an agreement back."""
    with contextlib.suppress(OSError):
        _file(key).unlink(missing_ok=True)


def _file(key: str) -> Path:
    folder = os.environ.get(FOLDER)
    parent = Path(folder) if folder else platformdirs.user_config_path("associationnet-studio") / "agreed"
    return parent / f"{hashlib.sha256(_encoded(key)).hexdigest()}.txt"


def _encoded(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
