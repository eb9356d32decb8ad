"""What a run was made from and where it ran: what to type to make it again, and whether its data changed.

`provenance.json` is written when the run is made, `machines.json` whenever a worker begins or goes on with
it. Each digest says what it covers: frames are covered by name and size, since reading them all would take
longer than many runs. Runs of older versions have neither file; what they lack is not recorded.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import itertools
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core import config
from core.array_file import read_arrays
from core.atomic_file import write_atomically
from core.datasets.class_list import WORDS
from core.datasets.clip import Clip
from core.datasets.tiff import file_of
from core.datasets.voc_folder import VocFolder
from core.errors import StudioError
from core.evaluation.config import AUTO_CLASSES
from core.identity.looks import COLOURS
from core.networks.config import TRUNK_IN_RUN
from core.record_file import read_json
from core.runs.job import Job, Works
from core.runs.making_file import Machine, Made, Noted, check_known, read_known
from core.runs.run_folder import RunFolder
from core.whole_file import open_file

FILE, MACHINES = "provenance.json", "machines.json"
NOT_RECORDED = "not recorded"

SHOWN = 16
"""Letters of a digest that people see."""


def write(
    folder: RunFolder, job: Job, settings: Any, project: Path | None, clips: Sequence[Clip], every_clip: bool
) -> None:
    """Note what a run is made from; its snapshot is written already.

    Args:
        project: the folder of its project, where it has one.
        clips: those of its snapshot.
        every_clip: whether these are all of the project.

    Raises:
        OSError: it cannot be written.
    """
    digests = {
        "trajectories": _of_snapshot(folder.snapshot) if clips else None,
        "frames": _of_frames(clips) if clips else None,
        "lists": _of_lists(settings),
        "weights": _of_weights(start_of(settings)),
    }
    names = () if every_clip else tuple(clip.name for clip in clips)
    noted = {
        "command": command_line(folder, job, settings, project, names),
        "typed": sys.argv,
        "seed": getattr(settings, "seed", None),
        "digests": {name: digest for name, digest in digests.items() if digest is not None},
    }
    write_atomically(folder.path / FILE, json.dumps(noted, indent=1).encode())


def read(folder: RunFolder) -> dict[str, Any]:
    """What `write` noted; empty for a run of an older version, or a damaged file."""
    return read_known(Noted, folder.path / FILE)


def note_settings(folder: RunFolder, job: Job, settings: Any) -> None:
    """Note what to type for a run that goes on with other settings than it was made with.

    Raises:
        OSError: it cannot be written.
    """
    noted = read(folder)
    if "command" not in noted:  # of an older version
        return
    typed = shlex.split(noted["command"])
    after = list(itertools.pairwise(typed))
    project = next((Path(value) for word, value in after if word == "--project"), None)
    clips = [value for word, value in after if word == "--clip"]
    command = command_line(folder, job, settings, project, clips)
    write_atomically(folder.path / FILE, json.dumps({**noted, "command": command}, indent=1).encode())


def command_line(
    folder: RunFolder, job: Job, settings: Any, project: Path | None, clips: Sequence[str] = ()
) -> str:
    """What to type for such a run: the settings that it needs or that are not the defaults.

    Args:
        clips: names; none where they are all of the project.
    """
    words = ["python", "main.py", *(job.command or job.name).split()]
    if project is not None and (job.reads or job.works is Works.ON_CLIPS):
        words += ["--project", str(project)]
    if job.works is Works.IN_A_RUN:
        within = job.within and folder.path.name == job.within
        words += ["--out", str(folder.path.parent if within else folder.path)]
    else:
        for clip in clips:
            words += ["--clip", clip]
    values = config.as_dict(settings)
    for field in dataclasses.fields(settings):
        option = "--" + field.name.replace("_", "-")
        value = values.get(field.name)
        usual = getattr(settings, field.name) == field.default and field.name not in job.required
        if usual or value is None:
            continue
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        elif isinstance(value, list):
            words += [option, *map(str, value)]
        else:
            words += [option, str(value)]
    return shlex.join(words)


_NO_FILE = ("random", COLOURS)
"""What a run may begin from besides weights."""


# --- weights ----------------------------------------------------------------------------------


def start_of(settings: Any) -> str:
    """The path of the weights that settings begin from; empty for a random start or none."""
    for field in dataclasses.fields(settings):
        if field.metadata.get("start"):
            value = str(getattr(settings, field.name))
            return "" if value in _NO_FILE else value
    return ""


def weights_at(folder: RunFolder, init: str) -> str:
    """Where the weights that a run began from are now: at `init`, or wherever their digest is found.

    Looked for among the runs beside this one, where a project that was moved or a run that was renamed has
    them. `init` itself where they are nowhere, so that whoever reads them says what is missing.
    """
    path = Path(init)
    noted = read(folder).get("digests", {}).get("weights")
    if not init or init in _NO_FILE or _file_of(path).is_file() or noted is None:
        return init
    beside = folder.path.parent
    places = [beside / path.name, *_folders(beside), *_folders(beside.parent / "runs")]
    for place in places:
        file = _file_of(place)
        if (
            file.is_file()
            and file.stat().st_size == noted.get("bytes")
            and _of_file(file) == noted.get("sha256")
        ):
            return str(place)
    return init


def _folders(parent: Path) -> list[Path]:
    return sorted(item for item in parent.iterdir() if item.is_dir()) if parent.is_dir() else []


def _file_of(init: Path) -> Path:
    return init / TRUNK_IN_RUN if init.is_dir() else init


# --- machines ---------------------------------------------------------------------------------


def note_machine(folder: RunFolder) -> None:
    """Note where a worker begins or goes on with a run.

    Raises:
        OSError: it cannot be written.
    """
    machine = {
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "cpus": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS") or "as torch likes",
        "gpus": gpus(),
        "visible_gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
    }
    write_atomically(folder.path / MACHINES, json.dumps([*machines(folder), machine], indent=1).encode())


def machines(folder: RunFolder) -> list[dict[str, Any]]:
    """Where a run ran, one entry a start; empty for a run of an older version."""
    try:
        noted = read_json(folder.path / MACHINES)
        for one in noted if isinstance(noted, list) else ():
            check_known(Machine, one, folder.path / MACHINES)
    except StudioError:
        return []
    return noted if isinstance(noted, list) else []


def last_start(folder: RunFolder) -> float | None:
    """When a worker began or went on with a run last, in seconds since the epoch; None if that is unknown."""
    try:
        return datetime.datetime.fromisoformat(str(machines(folder)[-1]["started"])).timestamp()
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def gpus() -> list[dict[str, str]]:
    """The GPUs of this machine by name, driver and memory; torch is not loaded to find out."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        result = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[part.strip() for part in line.split(",")] for line in result.stdout.splitlines()]
    return [dict(zip(("name", "driver", "memory"), row, strict=True)) for row in rows if len(row) == 3]


# --- digests ----------------------------------------------------------------------------------


def _of_snapshot(folder: Path) -> dict[str, str]:
    def parts() -> Iterator[bytes]:
        for path in sorted(folder.glob("*.npz"), key=lambda one: int(one.stem)):
            for name, values in sorted(read_arrays(path).items()):
                yield f"{path.stem} {name} {values.dtype.str} {values.shape}".encode()
                yield values.tobytes()

    return {
        "sha256": _of_parts(parts()),
        "covers": "every array of the snapshot: ids, reviews, frames, points, boxes, origins and masks",
    }


def _of_frames(clips: Sequence[Clip]) -> dict[str, str]:
    sizes = [
        (clip.name, name, _size(clip.root / name))
        for clip in clips
        for name in dict.fromkeys(map(file_of, clip.files))
    ]
    return {
        "sha256": _of_parts(repr(one).encode() for one in sizes),
        "covers": f"names and sizes of {len(sizes):,} files of frames, not what is in them",
    }


def _of_lists(settings: Any) -> dict[str, str] | None:
    """Of the image lists and files of boxes that settings name."""
    voc, year = getattr(settings, "voc", None), getattr(settings, "year", None)
    names = [getattr(settings, name, None) for name in ("set", "test_set")]
    files = [getattr(settings, name, None) for name in ("proposals", "test_proposals")]
    if voc is not None and year is not None and voc != Path():
        with contextlib.suppress(StudioError):  # the job says so
            lists = VocFolder.find(Path(voc), year)
            files += [lists.list_path(name) for name in names if name]
    classes = getattr(settings, "classes", "")
    files += [Path(classes)] if classes not in ("", AUTO_CLASSES, *WORDS) else []
    found = [path for path in files if isinstance(path, Path) and path.is_file()]
    if not found:
        return None
    return {
        "sha256": _of_parts(part for path in found for part in (path.name.encode(), _of_file(path).encode())),
        "covers": f"the whole of {', '.join(path.name for path in found)}",
    }


def _of_weights(init: str) -> dict[str, Any] | None:
    file = _file_of(Path(init)) if init else None
    if file is None or not file.is_file():
        return None
    return {
        "path": init,
        "bytes": file.stat().st_size,
        "sha256": _of_file(file),
        "covers": f"the whole of {file.name}",
    }


def _of_parts(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def _of_file(path: Path) -> str:
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


# --- words ------------------------------------------------------------------------------------


def data_of(folder: RunFolder) -> dict[str, str]:
    """What a run was made from, to hold against another's: digests by what they are of, and the program.

    What is not recorded is left out.
    """
    found = {
        name: str(digest.get("sha256", ""))[:SHOWN]
        for name, digest in read(folder).get("digests", {}).items()
    }
    made = read_known(Made, folder.path / "environment.json")
    if made.get("program"):
        found["program"] = str(made["program"])
    return found


def facts(folder: RunFolder) -> dict[str, str]:
    """What is known of a run's making, in words by title, for people; `NOT_RECORDED` where it is not."""
    noted, ran = read(folder), machines(folder)
    made = read_known(Made, folder.path / "environment.json")
    versions = {"program": made["program"], **made.get("versions", {})} if made.get("program") else {}
    found = {
        "Command": noted.get("command", ""),
        "Versions": ", ".join(f"{name} {value}" for name, value in versions.items() if value != "absent"),
        "Ran on": "; then ".join(dict.fromkeys(map(_machine, ran))),
        "Seed": str(noted["seed"]) if noted.get("seed") is not None else "",
    }
    for name, digest in noted.get("digests", {}).items():
        found[f"Digest of {name}"] = f"{digest['sha256'][:SHOWN]}… ({digest.get('covers', '')})"
    return {title: text or NOT_RECORDED for title, text in found.items()}


def _machine(noted: dict[str, Any]) -> str:
    cards = [f"{one['name']} (driver {one['driver']})" for one in noted.get("gpus", [])]
    threads = f"{noted.get('cpus')} CPUs, threads {noted.get('threads')}"
    return f"{noted.get('host')}: {', '.join([*cards, threads])}"
