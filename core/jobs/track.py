"""The job that tracks the points of clips; studio and command line import what it found as one edit."""

import contextlib
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from core.array_file import read_arrays, write_arrays
from core.datasets.reading import open_frames
from core.errors import StudioError
from core.events import Event, Log
from core.jobs.by_clip import sharing
from core.jobs.by_clip.results import read_points, write_clip
from core.runs.run_folder import RunFolder
from core.tracking.config import TrackConfig
from core.tracking.linking import ESTIMATORS, FlowTracker
from core.tracking.optical_flow import FlowEstimator
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
    config, clip = folder.settings(TrackConfig), one.clip
    unfinished = folder.checkpoints / f"{clip.id}.npz"
    with open_frames(clip) as frames:
        tracker = FlowTracker(frames, config, _network_flow(config))
        if unfinished.exists():
            yield from _restored(tracker, unfinished)
        with contextlib.closing(tracker.steps()) as steps:
            try:
                yield from steps
            except GeneratorExit:
                write_arrays(unfinished, tracker.state())
                raise
    points = tracker.trajectories()
    write_clip(folder, clip.id, points_arrays(points))
    unfinished.unlink(missing_ok=True)
    yield Log(f"{clip.name}: {len(points):,} trajectories over {clip.frames} frames.")


def result_edit(folder: RunFolder) -> ReplacePoints:
    """The edit that replaces the points of the clips that were tracked."""
    settings = {**folder.settings_as_written(), "run": folder.name}
    return ReplacePoints(read_points(folder), "track", settings)


def _network_flow(config: TrackConfig) -> Mapping[int, FlowEstimator] | None:
    """The user's network for every gap of the preset; None without one."""
    if config.flow is None:
        return None
    from core.tracking.torch_flow import TorchFlow  # torch takes a second to load, and few runs need it

    return dict.fromkeys(ESTIMATORS[config.preset], TorchFlow(config.flow, config.device))


def _restored(tracker: FlowTracker, unfinished: Path) -> Iterator[Log]:
    """Take over the state of a tracker that was stopped; a damaged one costs the work, not the clip."""
    try:
        tracker.restore(read_arrays(unfinished, tracker.forms))
    except (StudioError, ValueError):
        yield Log(f"{unfinished.name} in {unfinished.parent} is damaged; its clip starts again.", "warning")
