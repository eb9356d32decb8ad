"""What a job is: the record from which the command line, the window and the help follow."""

import enum
from dataclasses import dataclass
from typing import Any

from core.trajectories.model import Kind


class Works(enum.Enum):
    """Where a job works and where its results belong."""

    ON_CLIPS = "clips of a project; what it finds becomes one edit of the project"
    OVER_CLIPS = "clips of a project; what it finds stays in its run, for a person to judge"
    IN_A_RUN = "a run folder, which keeps what it makes; stopped, it can be resumed"
    FOR_A_FILE = "a run that passes; its result is a file, or what it prints"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One kind of job.

    Attributes:
        name: its command, and its name in run folders.
        title: what the window calls it.
        help: what it does, as one line of the help, without a capital and a full stop.
        settings: its settings class, free of torch.
        works: where it works; its command and its place in the window follow from that.
        module: defines `run(folder, settings)`, a generator of events whose closing lets the job save; one
            that works on clips also `result_edit(folder)`. Imported only when it runs: many need torch.
        reads: the kinds of trajectories that its snapshot holds; none where it needs no project.
        workspace: of the window, `curate`, `train`, `evaluate` or `probe`: where its runs are listed; empty
            where the window shows them only while they run.
        icon: a file of `resources/icons`.
        required: settings that its command must be given.
        result: a JSON file in the run's `results` that its command prints.
        command: words that begin it on the command line, where its name alone does something else.
        within: the folder that its command makes its run in, in what `--out` names; empty where it is that.
    """

    name: str
    title: str
    help: str
    settings: type[Any]
    works: Works
    module: str
    reads: tuple[Kind, ...] = ()
    workspace: str = "evaluate"
    icon: str = "evaluate"
    required: tuple[str, ...] = ()
    result: str = ""
    command: str = ""
    within: str = ""

    @property
    def sentence(self) -> str:
        """What it does, as a sentence."""
        return f"{self.help[0].upper()}{self.help[1:]}."
