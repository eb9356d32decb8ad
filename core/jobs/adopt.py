"""Taking the results of a tracking or densifying run into the project, as one step of undo."""

from core.errors import StudioError
from core.jobs import densify
from core.jobs.by_clip.results import read_points
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from core.trajectories import store
from core.trajectories.bulk_edits import FillObservations, ReplacePoints
from core.trajectories.snapshot import read_snapshot

ADOPTED = ("track", "densify")
"""The jobs whose results belong in the database."""


def result_edit(folder: RunFolder) -> ReplacePoints | FillObservations:
    """The edit that takes a run's results in; its provenance holds the settings and the run's name.

    Raises:
        StudioError: the run is of another job, or its snapshot or results are damaged.
    """
    job = folder.job
    settings = {**folder.settings_as_written(), "run": folder.name}
    if job == "track":
        return ReplacePoints(read_points(folder), job, settings)
    if job == "densify":
        span = tuple(settings.get("span", ()))
        within = (int(span[0]), int(span[1])) if span else None
        audit = {
            clip_id: {id: dict(found) for id, found in objects.items()}
            for clip_id, objects in densify.read_audit(folder).items()
        }
        snapshot = read_snapshot(folder.snapshot)
        made_from = {one.id: one.keyframes_digest() for clip in snapshot.clips for one in clip.objects}
        return FillObservations(densify.read_results(folder), within, job, settings, audit, made_from)
    raise StudioError(f"{folder.name} is a {job} run; only track and densify runs bring trajectories.")


def pending(project: Project) -> list[RunFolder]:
    """Finished tracking and densifying runs of a project not yet taken in, oldest first."""
    with project.reading() as connection:
        adopted = store.adopted_runs(connection)
    folders = [RunFolder(path.parent) for path in sorted(project.runs.glob("*/config.toml"))]
    return [folder for folder in folders if folder.name not in adopted and _has_results(folder)]


def _has_results(folder: RunFolder) -> bool:
    """Whether a run brings trajectories; one whose config.toml is damaged does not, and `check` tells it."""
    try:
        return folder.job in ADOPTED and folder.status().state is State.DONE
    except StudioError:
        return False
