"""Is a project whole: its database, its runs and its source frames?"""

import os
from collections.abc import Iterator

from sqlalchemy import Connection

from core import config, jobs
from core.datasets.clip import Clip
from core.datasets.reading import check_frames
from core.errors import StudioError, quoted
from core.events import OnProgress
from core.jobs.by_clip.results import FORMS, clips_done, read_clip
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import integrity, store
from core.trajectories.bulk_edits import FillObservations, ReplacePoints
from core.trajectories.snapshot import read_snapshot
from core.trajectories.sqlite_file import SqliteFile
from core.trajectories.suggestion_edits import AddSuggestions
from core.trajectories.written import Written


def problems(project: Project, on_progress: OnProgress = lambda done, total, what: None) -> list[str]:
    """One sentence for each thing that is wrong; empty for a project that is whole.

    Args:
        on_progress: called with the part and the clip that is looked at; it may raise to give up.
    """
    found: list[str] = []
    clips: list[Clip] = []
    on_progress(0, 2, "the database")
    try:
        with project.reading() as connection:
            found += integrity.problems(connection)
            clips = store.clips(connection)
            if not found:
                found += _pending(project, connection)
    except StudioError as error:
        found = found or [str(error)]
    if isinstance(project.database, SqliteFile) and project.database.backups.failure:
        found.append(project.database.backups.failure)
    on_progress(1, len(clips) + 2, "the runs")
    found += _runs(project)
    for number, clip in enumerate(clips, start=2):
        on_progress(number, len(clips) + 2, clip.name)
        found += _frames(clip)
    return found


def _runs(project: Project) -> Iterator[str]:
    for path in sorted(path for path in project.runs.glob("*") if path.is_dir()):
        if not os.path.lexists(path / "config.toml"):
            yield f"{path} is no run (it has no config.toml); move it out of the project's folder runs."
            continue
        try:
            folder = RunFolder(path)
            job, settings = folder.job, folder.settings_as_written()
            if job in jobs.JOBS:
                config.check_types(jobs.JOBS[job].settings, settings, path / "config.toml")
            else:
                yield f"The run {path.name} is of a job {quoted(job)}, which this program does not know."
            yield from filter(None, [folder.status_damage()])
            yield from _events(folder)
            if (folder.snapshot / "snapshot.json").exists():
                read_snapshot(folder.snapshot)
            yield from _results(folder)
        except StudioError as error:
            yield str(error)


def _events(folder: RunFolder) -> Iterator[str]:
    damaged: list[str] = []
    for _ in folder.all_events(damaged):
        pass
    if damaged:
        count = f"{len(damaged):,} lines" if len(damaged) > 1 else "a line"
        yield (
            f"{folder.path / 'events.jsonl'} has {count} that this program did not write, such as "
            f"{quoted(damaged[0])}; the window passes over what is damaged there."
        )


def _results(folder: RunFolder) -> Iterator[str]:
    for clip_id in clips_done(folder):
        try:
            read_clip(folder, clip_id, FORMS.get(folder.job))
        except StudioError as error:
            yield str(error)


def _pending(project: Project, connection: Connection) -> Iterator[str]:
    """Results of finished runs that could not be taken into the project."""
    for folder in jobs.pending(project):
        if any(_results(folder)):
            continue  # which is said of its run
        try:
            edit = jobs.result_edit(folder)
            if isinstance(edit, (ReplacePoints, FillObservations, AddSuggestions)):
                edit.hold(Written(connection))
        except StudioError as error:
            yield f"The results of {folder.name} cannot be taken in: {error}"


def _frames(clip: Clip) -> Iterator[str]:
    """Every source frame is decoded; of a clip with many problems only the first is named."""
    found = check_frames(clip)
    yield from found[:1]
    if len(found) > 1:
        yield f"{clip.name} has {len(found) - 1} more frames like that, of {clip.frames}."
