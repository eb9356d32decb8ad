"""What compared runs were made with: settings, their pretraining's settings, and the data behind them.

Read in a thread: it opens a few small files a run, and the project's journal.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.project.project import Project
from core.runs import provenance
from core.runs.edits_since import edits_between
from studio.runs.run import Run
from studio.runs.words import trained_words

SEVERAL = 6
"""Values of the seeds of one row that are written out."""


@dataclass(frozen=True)
class Subject:
    """What has a column: a run, or several seeds of a row.

    Attributes:
        name: in the list of runs and in the table.
        runs: one or more.
        starts: the pretraining run of each, None where it has none.
    """

    name: str
    runs: tuple[Run, ...]
    starts: tuple[Run | None, ...]

    @property
    def learners(self) -> tuple[Run, ...]:
        """The runs that learned from trajectories: the pretraining runs among these."""
        pairs = zip(self.runs, self.starts, strict=True)
        found = (run if run.job == "pretrain" else start for run, start in pairs)
        return tuple(run for run in found if run is not None)


@dataclass(frozen=True)
class Fact:
    """A line: its title, and the value of every subject; empty where one has none, which is no difference."""

    title: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return len(set(filter(None, self.values))) > 1


def facts_of(subjects: Sequence[Subject], project: Project) -> tuple[Fact, ...]:
    """Settings first, then those of pretraining, then the data."""
    learners = [subject.learners for subject in subjects]
    return (
        *_settings([subject.runs for subject in subjects], ""),
        *_settings(
            [
                tuple(start for start in subject.starts if start is not None and start not in subject.runs)
                for subject in subjects
            ],
            "pretraining: ",
        ),
        *_data([subject.runs for subject in subjects], learners, project),
    )


def _settings(columns: Sequence[Sequence[Run]], before: str) -> Iterator[Fact]:
    keys = sorted({key for runs in columns for run in runs for key in run.settings})
    for key in keys:

        def value(run: Run, key: str = key) -> str:
            if key == "init" and run.start:
                return run.start  # not the folder's path: the pretraining's own settings stand below
            return str(run.settings[key]) if key in run.settings else ""

        yield Fact(before + key.replace("_", " "), _each(columns, value))


def _data(
    columns: Sequence[Sequence[Run]], learners: Sequence[Sequence[Run]], project: Project
) -> Iterator[Fact]:
    yield Fact("data: trained on", _each(learners, trained_words))
    yield Fact("data: clips", _clips(learners))
    yield Fact("data: revision of the project", _each(learners, _revision))
    yield Fact("data: edits apart", _edits_apart(learners, project))
    titles = {
        "trajectories": "data: digest of trajectories",
        "frames": "data: digest of frames' files",
        "lists": "data: digest of image lists",
        "weights": "data: digest of weights",
        "program": "program",
    }
    known = {run: _data_of(run) for runs in (*columns, *learners) for run in runs}
    for name, title in titles.items():
        of = learners if name in ("trajectories", "frames") else columns

        def value(run: Run, name: str = name) -> str:
            return known[run].get(name, "")

        yield Fact(title, _each(of, value))


def _clips(learners: Sequence[Sequence[Run]]) -> tuple[str, ...]:
    """How many clips a snapshot has and, where they are not the same, those that not all of them have."""
    sets = [set(run.clips) for runs in learners for run in runs if run.clips]
    shared = set.intersection(*sets) if sets else set()

    def words(run: Run) -> str:
        if not run.clips:
            return ""
        own = [name for name in run.clips if name not in shared]
        return f"{len(run.clips):,} clips" + (f", {', '.join(own)} among them" if own else "")

    return _each(learners, words)


def _edits_apart(learners: Sequence[Sequence[Run]], project: Project) -> tuple[str, ...]:
    """How each snapshot lies to the first one that there is."""
    revisions = [run.revision for runs in learners for run in runs if run.revision is not None]
    apart = len(set(revisions)) > 1

    def words(run: Run) -> str:
        if run.revision is None:
            return ""
        if run.revision == revisions[0]:
            return "the first" if apart else "none"
        earlier, later = sorted((revisions[0], run.revision))
        sense = "after" if run.revision > revisions[0] else "before"
        return f"{edits_between(project, earlier, later)}, {sense} the first"

    return _each(learners, words)


def _each(columns: Sequence[Sequence[Run]], value: Callable[[Run], str]) -> tuple[str, ...]:
    """The value of each column: of several runs those that there are, in their order."""
    texts = []
    for runs in columns:
        values = list(dict.fromkeys(filter(None, map(value, runs))))
        more = f" and {len(values) - SEVERAL} more" if len(values) > SEVERAL else ""
        texts.append(", ".join(values[:SEVERAL]) + more)
    return tuple(texts)


def _revision(run: Run) -> str:
    return "" if run.revision is None else f"{run.revision:,}"


def _data_of(run: Run) -> dict[str, str]:
    return provenance.data_of(run.folder) if run.folder is not None else {}
