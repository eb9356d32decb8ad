"""A small tracked project, and commands on it in forks that need not import anything again."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import main
from tests.reliability.faults import count
from tests.reliability.processes import PATIENCE, Fork, import_what
from tests.small_data import FRAMES, write_davis

Words = Sequence[object]
"""A command: its name and its arguments."""


def make_jobs_base(
    folder: Path, clips: tuple[str, ...] = ("ape",), frames: int = FRAMES, size: tuple[int, int] = (128, 96)
) -> Path:
    """A folder with a data set, a tracked project of it, and tracks to import."""
    base = folder / "base"
    davis = base / "DAVIS"
    Fork(lambda _: write_davis(davis, clips, frames, size) and None).wait()
    project = base / "project"
    for words in (
        ("import", davis, "--project", project),
        ("track", "--project", project, "--spacing", "8", "--min-length", "5"),
        ("export", "--project", project, "--format", "csv", "--out", base / "csv"),
    ):
        _, code, said = command(words, folder / "said")
        assert code == 0, said
    min((base / "csv").rglob("*.csv")).rename(base / "tracks.csv")
    for folder in (*(project / "runs").iterdir(), base / "csv"):
        shutil.rmtree(folder)
    return base


def command(
    words: Words, said: Path, first: Callable[[], None] = lambda: None, lasts: float = PATIENCE
) -> tuple[int, int, str]:
    """A command in a fork; how many calls it made, its exit code, and what it said on standard error.

    Args:
        said: the file that takes what it says.
        first: is called in the fork first.
        lasts: seconds after which it is killed; its exit code is -9 then.
    """

    def work(tell: Callable[[int], None]) -> None:
        descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        first()
        code = main.main([str(word) for word in words])
        tell(count())
        tell(code)

    told, ended = Fork(work).kill_after(lasts)
    calls, code = told if len(told) == 2 and ended == 0 else (0, ended)
    return calls, code, said.read_text(errors="replace") if said.exists() else ""


def import_as(words: Words) -> None:
    """Import here what a command imports, which runs once for that: forks that come later have it already."""

    def silently() -> None:
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        main.main([str(word) for word in words])

    import_what(silently)
