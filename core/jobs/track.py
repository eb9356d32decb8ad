"""The job that tracks the points of clips; studio and command line import what it found as one edit."""

from collections.abc import Iterator

from core.datasets.reading import open_frames
from core.errors import StudioError
from core.events import Event, Log, Progress
from core.jobs.clip_results import clip_path, clips_done, read_clip, write_clip
from core.jobs.run_folder import RunFolder
from core.tracking.config import TrackConfig
from core.tracking.linking import FlowTracker
from core.trajectories.model import PointTrajectories
from core.trajectories.snapshot import points_arrays, points_from_arrays, read_snapshot


def run(folder: RunFolder) -> Iterator[Event]:
    """Track clip by clip; a clip that is done stays done when the run is stopped and resumed.

    A clip whose frames cannot be read is passed over with a warning.

    Raises:
        StudioError: no clip could be tracked.
    """
    config = folder.settings(TrackConfig)
    clips = [one.clip for one in read_snapshot(folder.snapshot).clips]
    total, done = sum(clip.frames for clip in clips), 0
    problem: StudioError | None = None
    for clip in clips:
        if not clip_path(folder, clip.id).exists():
            try:
                with open_frames(clip) as frames:
                    tracker = FlowTracker(frames, config)
                    for frame in tracker.steps():
                        yield Progress(done + frame, total, clip.name)
                points = tracker.trajectories()
                write_clip(folder, clip.id, points_arrays(points))
                yield Log(f"{clip.name}: {len(points):,} trajectories over {clip.frames} frames.")
            except StudioError as error:
                problem = error
                yield Log(f"{clip.name} was passed over: {error}", "warning")
        done += clip.frames
        yield Progress(done, total, clip.name)
    if problem and not clips_done(folder):
        raise problem


def read_results(folder: RunFolder) -> dict[int, PointTrajectories]:
    """Clip id → its trajectories, for the clips that are done; their ids are 0.

    Raises:
        StudioError: a result is damaged.
    """
    return {clip_id: points_from_arrays(read_clip(folder, clip_id)) for clip_id in clips_done(folder)}
