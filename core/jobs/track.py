"""The job that tracks the points of clips; studio and command line import what it found as one edit."""

from collections.abc import Generator

from core.events import Event, Log
from core.jobs.by_clip import sharing
from core.jobs.by_clip.results import read_points, write_clip
from core.jobs.by_clip.tracking import forget_points, track_points
from core.runs.run_folder import RunFolder
from core.tracking.config import TrackConfig
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.snapshot import ClipSnapshot, points_arrays, read_snapshot


def run(folder: RunFolder, config: TrackConfig) -> Generator[Event, None, None]:
    """Track clip by clip; a run that is stopped and resumed goes on at the frame where it stopped.

    Raises:
        StudioError: as `sharing.run`.
    """
    clips = read_snapshot(folder.snapshot).clips
    yield from sharing.run(folder, config, clips, [one.clip.frames for one in clips], work)


def work(folder: RunFolder, one: ClipSnapshot) -> Generator[int | Log, None, None]:
    """Track a clip and keep what was found: frames done so far, and what is to be said.

    Closing it keeps the tracker's state instead, and the next call starts from there.
    """
    points = yield from track_points(folder, one.clip, folder.settings(TrackConfig))
    write_clip(folder, one.clip.id, points_arrays(points))
    forget_points(folder, one.clip)
    yield Log(f"{one.clip.name}: {len(points):,} trajectories over {one.clip.frames} frames.")


def result_edit(folder: RunFolder) -> ReplacePoints:
    """The edit that replaces the points of the clips that were tracked."""
    settings = {**folder.settings_as_written(), "run": folder.name}
    return ReplacePoints(read_points(folder), "track", settings)
