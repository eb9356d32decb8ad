"""Which result of a run something was worked out from."""

from pathlib import Path

from studio.runs.run import Run

Key = tuple[Path, int]


def result_key(run: Run) -> Key | None:
    """Of what a run measured, the same while its result is; None without one, and while the run goes on."""
    return key_in(run.path) if run.path is not None and not run.is_active else None


def key_in(folder: Path) -> Key | None:
    """The key of the result in the folder of a run; None without one."""
    try:
        return folder, (folder / "results" / "ap.json").stat().st_mtime_ns
    except OSError:
        return None
