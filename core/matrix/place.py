"""Where the runs of a matrix lie."""

from dataclasses import dataclass
from pathlib import Path

from core.runs.run_folder import RunFolder

DRIVER = "run"
"""The folder of the run that fills a matrix outside a project."""


@dataclass(frozen=True)
class Place:
    """The folders of a matrix: `DIR/runs` beside the driver `DIR/run`, or the runs of the driver's project.

    Attributes:
        runs: the folder that the runs lie in.
        prefix: of their names; empty where the folder is the matrix's own.
        cache: of boxes.
    """

    runs: Path
    prefix: str
    cache: Path

    @classmethod
    def of(cls, driver: RunFolder) -> "Place":
        """The place of the matrix that a run fills."""
        path = driver.path.absolute()
        if path.name == DRIVER:
            return cls(path.parent / "runs", "", path.parent / "cache" / "proposals")
        return cls(path.parent, f"{path.name}-", path.parent.parent / "cache" / "proposals")

    def path_of(self, name: str) -> Path:
        """The folder of a planned run, there or not."""
        return self.runs / f"{self.prefix}{name}"

    def folder_of(self, name: str) -> RunFolder:
        return RunFolder(self.path_of(name))
