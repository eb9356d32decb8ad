"""Making run folders and starting workers on them."""

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.atomic_file import write_atomically
from core.datasets.clip import Clip
from core.errors import StudioError
from core.project.project import Project
from core.runs import provenance
from core.runs.job import Job
from core.runs.run_folder import RunFolder, State
from core.trajectories import store
from core.trajectories.snapshot import read_snapshot, write_snapshot
from core.version import ROOT, code_version

_DISTRIBUTIONS = ("torch", "numpy", "opencv-contrib-python-headless", "SQLAlchemy", "scipy", "safetensors")


def prepare(
    project: Project,
    job: Job,
    settings: Any,
    clips: Sequence[Clip] | None = None,
    parent: Path | None = None,
) -> RunFolder:
    """Make a run in a project, with a snapshot of the trajectories it works on.

    Args:
        project: the project.
        job: one of `core.jobs.JOBS`.
        settings: the job's settings.
        clips: what the snapshot holds; None for every clip of the project, empty for no snapshot.
        parent: the folder the run's folder is made in; the project's `runs` where None.

    Raises:
        StudioError: the folder cannot be made or written.
    """
    return RunFolder.create_in(
        parent or project.runs,
        job.name,
        settings,
        lambda folder: furnish(folder, job, settings, project, clips),
    )


def prepare_at(
    path: Path, job: Job, settings: Any, project: Project | None = None, clips: Sequence[Clip] | None = None
) -> RunFolder:
    """Make a run in the very folder `path`, with a snapshot where there is a project (see `prepare`).

    Raises:
        StudioError: the folder is not empty, or cannot be made or written.
    """
    return RunFolder.create(
        path, job.name, settings, lambda folder: furnish(folder, job, settings, project, clips)
    )


def prepare_with(path: Path, job: Job, settings: Any, snapshot: Path | None) -> RunFolder:
    """Make a run in the very folder `path` that works on a snapshot taken before, where there is one.

    Args:
        snapshot: the folder of the snapshot; its files are linked to where the disk can do that, else copied.

    Raises:
        StudioError: the folder is not empty, the snapshot is damaged, or the run cannot be made or written.
    """
    return RunFolder.create(
        path, job.name, settings, lambda folder: furnish(folder, job, settings, None, None, snapshot)
    )


def furnish(
    folder: RunFolder,
    job: Job,
    settings: Any,
    project: Project | None,
    clips: Sequence[Clip] | None,
    snapshot: Path | None = None,
) -> None:
    """Write into a run's folder what it works on and what it is made from.

    Args:
        project, clips: as `prepare` takes them.
        snapshot: as `prepare_with` takes it.

    Raises:
        StudioError: the snapshot is damaged, or the folder cannot be written.
    """
    chosen: Sequence[Clip] = ()
    folder.check_links()
    try:
        text = json.dumps(environment(), indent=2)
        write_atomically(folder.path / "environment.json", text.encode())
        if project is not None:
            with project.reading() as connection:
                chosen = store.clips(connection) if clips is None else clips
                if chosen:
                    write_snapshot(connection, chosen, folder.snapshot, project.path, job.reads)
        where = project.path if project is not None else None
        if snapshot is not None:
            link_snapshot(folder, snapshot)
            taken = read_snapshot(folder.snapshot)
            chosen, where = [content.clip for content in taken.clips], Path(taken.project)
        provenance.write(folder, job, settings, where, chosen, clips is None)
    except OSError as error:
        raise StudioError(
            f"Cannot write the run {folder.path} ({error.strerror}); free disk space or choose another place."
        ) from error


def link_snapshot(folder: RunFolder, snapshot: Path) -> int:
    """Give a run those files of a snapshot taken before that it lacks; how many these are.

    Raises:
        OSError: they cannot be written.
    """
    folder.snapshot.mkdir(exist_ok=True)
    lacking = [file for file in snapshot.iterdir() if not (folder.snapshot / file.name).is_file()]
    for file in lacking:
        _link(file, folder.snapshot / file.name)
    return len(lacking)


def change_settings(folder: RunFolder, job: Job, settings: Any) -> None:
    """Have a run go on with other settings when it is resumed; nobody else changes it meanwhile.

    Raises:
        StudioError: the folder cannot be written.
    """
    folder.replace_settings(settings)
    try:
        provenance.note_settings(folder, job, settings)
    except OSError as error:
        raise StudioError(f"Cannot write to the run {folder.path} ({error.strerror}); free space.") from error


def add_snapshot(folder: RunFolder, job: Job, settings: Any, project: Project) -> None:
    """Give a run that was made without one a snapshot of all clips of a project.

    Raises:
        StudioError: it cannot be written.
    """
    folder.check_links()
    try:
        with project.reading() as connection:
            clips = store.clips(connection)
            write_snapshot(connection, clips, folder.snapshot, project.path, job.reads)
        provenance.write(folder, job, settings, project.path, clips, True)
    except OSError as error:
        raise StudioError(f"Cannot write to the run {folder.path} ({error.strerror}); free space.") from error


def start_worker(
    folder: RunFolder, threads: int | None = None, variables: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.Popen[bytes]":
    """Start a worker on a run, new or to be resumed, in a process that outlives this one.

    The caller keeps the result and polls it, so that an ended worker does not stay a zombie.

    Args:
        folder: the run.
        threads: threads that torch computes with; as many as it likes where None.
        variables: of its environment, beside those of this process.

    Raises:
        StudioError: the run is running already, or its folder cannot be written.
    """
    if folder.is_alive():
        raise StudioError(f"The run {folder.name} is already running; wait for its end or stop it.")
    environment = {**worker_environment(), **variables}
    if threads is not None:
        environment["OMP_NUM_THREADS"] = str(threads)
    try:
        folder.clear_control()
        folder.write_status(replace(folder.status(), state=State.QUEUED, eta=None, error="", pid=0))
        with open(folder.path / "worker.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "core.worker", str(folder.path)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                creationflags=_detached(),
            )
    except OSError as error:
        raise StudioError(
            f"Cannot start the run in {folder.path} ({error.strerror}); free disk space, then resume it."
        ) from error


def worker_environment() -> dict[str, str]:
    """The variables of a process that runs `core.worker` of this very program."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONFAULTHANDLER": "1", "PYTHONPATH": os.pathsep.join(paths)}


def environment() -> dict[str, Any]:
    """What a run runs on: versions, machine and time; nothing is imported to find out."""
    return {
        "program": code_version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "host": platform.node(),
        "cpus": os.cpu_count(),
        "versions": {name: _version(name) for name in _DISTRIBUTIONS},
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        write_atomically(target, source.read_bytes())


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _detached() -> int:
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0
