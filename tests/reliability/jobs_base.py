"""A small tracked project, and commands on it in forks that need not import anything again."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import main
from tests.reliability.processes import PATIENCE, Fork, import_what
from tests.small_data import FRAMES, write_davis

Words = Sequence[object]
"""A command: its name and its arguments."""

LEFT = 75
"""In place of the exit code of a command whose processes live on."""


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
        code, said = command(words, folder / "said")
        assert code == 0, said
    min((base / "csv").rglob("*.csv")).rename(base / "tracks.csv")
    for folder in (*(project / "runs").iterdir(), base / "csv"):
        shutil.rmtree(folder)
    return base


def command(
    words: Words,
    said: Path,
    lasts: float = PATIENCE,
    around: contextlib.AbstractContextManager[None] | None = None,
) -> tuple[int, str]:
    """A command in a fork: its exit code, and what it said on standard error.

    Args:
        said: the file that takes what it says.
        lasts: seconds after which it is killed; its exit code is -9 then.
        around: is entered in the fork.

    Returns:
        the code is `LEFT` where processes that it started live on; they are killed.
    """

    def work(tell: Callable[[int], None]) -> None:
        os.setpgid(0, 0)
        descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        with around or contextlib.nullcontext():
            code = main.main([str(word) for word in words])
        tell(code)

    fork = Fork(work)
    told, ended = fork.kill_after(lasts)
    code = told[0] if told and ended == 0 else ended
    if ended == 0 and _lives_on(fork.pid):
        code = LEFT
    return code, said.read_text(errors="replace") if said.exists() else ""


def _lives_on(group: int) -> bool:
    """Whether processes of a group do not end soon after the one that began it; they are killed."""
    with contextlib.suppress(ProcessLookupError):
        for _ in range(200):
            os.killpg(group, 0)
            time.sleep(0.01)
        os.killpg(group, signal.SIGKILL)
        return True
    return False


def import_as(words: Words) -> None:
    """Import here what a command imports, which runs once for that: forks that come later have it already."""

    def silently() -> None:
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        main.main([str(word) for word in words])

    import_what(silently)
