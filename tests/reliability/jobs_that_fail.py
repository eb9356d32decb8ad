"""Commands small enough for each of their calls to fail: what they need, and how they are given again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.reliability.jobs_base import Words

FRAMES, SIZE = 6, (64, 48)
"""Of the clip: so small that every call can be tried."""

ON_CLIPS = (
    *("track", "densify", "import-tracks", "suggest", "identity"),
    *("split", "versions-back", "restore", "relocate"),
)
"""Jobs that change what the project holds."""


@dataclass(frozen=True)
class Job:
    """A command with what it needs, in a folder that is copied for each round.

    Attributes:
        words: of the folder; in it are `project`, `DAVIS`, `VOC`, `tracks.csv`.
        again: what is added to the words where the first try left something.
        before: the jobs that make what this one needs, in the order in which they are done.
        clips: of the project.
        pictures: of `VOC`, that train and that test.
        renames: the database, which it cannot turn back on a disk that fails from then on.
    """

    words: Callable[[Path], Words]
    again: Callable[[Path], Words] = lambda folder: ()
    before: tuple[str, ...] = ()
    clips: tuple[str, ...] = ("ape",)
    pictures: tuple[int, int] = (2, 1)
    renames: bool = False


def _run_name(folder: Path) -> Words:
    """The run to go on with; a run that could not be made is given again."""
    runs = sorted(path.parent for path in (folder / "project" / "runs").glob("*/config.toml"))
    return ("--resume", runs[-1].name) if runs else ()


def _resume(folder: Path) -> Words:
    return ("--resume",) if (folder / "run").exists() else ()


def _of_project(name: str, *more: str) -> Callable[[Path], Words]:
    return lambda folder: (name, "--project", folder / "project", *more)


def _on_voc(*words: str) -> Callable[[Path], Words]:
    return lambda folder: (*(word.format(folder) for word in words), "--voc", folder / "VOC")


def _pretrain(folder: Path) -> Words:
    words = ("pretrain", "--project", folder / "project", "--out", folder / "run", "--network", "tiny")
    words += ("--steps", "2", "--batch", "2", "--checkpoint-every", "1", "--report-every", "1")
    return (*words, "--held-out-count", "4", "--minimum-length", "5", "--seed", "3")


_TWO = ("ape", "bear")
_SEARCHED = ("--mode", "fast", "--cache", "{}/cache")
_SMALL = ("--network", "tiny", "--steps", "2", "--checkpoint-every", "1", "--report-every", "1")

JOBS = {
    "import": Job(lambda f: ("import", f / "DAVIS", "--project", f / "new")),
    "export": Job(lambda f: (*_of_project("export", "--format", "csv")(f), "--out", f / "out")),
    "export-coco": Job(lambda f: (*_of_project("export", "--format", "coco")(f), "--out", f / "out")),
    "track": Job(_of_project("track", "--spacing", "12"), _run_name),
    "densify": Job(_of_project("densify"), _run_name),
    "suggest": Job(_of_project("suggest", "--fewest", "1", "--least-confidence", "0"), _run_name),
    "import-tracks": Job(
        lambda f: ("import-tracks", f / "tracks.csv", "--project", f / "project", "--clip", "ape")
    ),
    "pretrain": Job(_pretrain, _resume),
    "finetune": Job(
        _on_voc(
            "finetune", "--out", "{}/run", "--short-side", "32", "--long-side", "48", *_SMALL, *_SEARCHED
        ),
        _resume,
    ),
    "detect": Job(
        _on_voc("detect", "--run", "{}/run", "--out", "{}/detections", *_SEARCHED), before=("finetune",)
    ),
    "split": Job(_of_project("split", "--held-out", "ape"), clips=_TWO),
    "versions-save": Job(_of_project("versions", "--save", "one")),
    "versions-back": Job(
        _of_project("versions", "--back", "one"), before=("versions-save", "split"), clips=_TWO
    ),
    "restore": Job(_of_project("restore", "--anyway"), before=("split",), clips=_TWO, renames=True),
    "relocate": Job(
        lambda f: (*_of_project("relocate")(f), f.parent / "base" / "DAVIS", f / "DAVIS"),
    ),
    "probe": Job(
        lambda f: (
            *("probe", "--init", f / "run", "--voc", f / "VOC", "--layer", "fc7", "--json", f / "probe.json"),
            *("--per-class", "2", "--splits", "1", "--draws", "1", "--shots", "1"),
        ),
        before=("pretrain",),
        pictures=(8, 4),
    ),
    "table1": Job(
        _on_voc(
            *("table1", "run", "--out", "{}/matrix", "--networks", "RandomNet", "--settings", "voc2007"),
            *("--schedule", "smoke", "--device", "cpu"),
        ),
        before=("table1",),  # its runs have processes of their own; with these done, all calls are its own
    ),
    "identity": Job(
        lambda f: (*_of_project("identity", "--minimum-length", "5")(f), "--init", f / "run"),
        _run_name,
        before=("pretrain",),
    ),
    "export-run": Job(
        lambda f: ("export-run", f / "run", "--format", "tensorboard", "--out", f / "out"),
        before=("pretrain",),
    ),
    "export-weights": Job(
        lambda f: ("export-weights", "--run", f / "run", "--format", "state-dict", "--out", f / "trunk.pth"),
        before=("pretrain",),
    ),
    "proposals": Job(_on_voc("proposals", "--set", "test", "--out", "{}/boxes.npz", *_SEARCHED)),
    "voc": Job(
        _on_voc("voc", "--out", "{}/run", "--short-side", "32", "--long-side", "48", *_SMALL, *_SEARCHED),
        _resume,
    ),
    "evaluate": Job(_on_voc("evaluate", "--detections", "{}/detections"), before=("finetune", "detect")),
}
