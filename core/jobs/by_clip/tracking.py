"""The points of a clip, tracked within a run that can be stopped and resumed."""

import contextlib
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from core.array_file import read_arrays, write_arrays
from core.datasets.clip import Clip
from core.datasets.reading import open_frames
from core.errors import StudioError
from core.events import Log
from core.runs.run_folder import RunFolder
from core.tracking.config import TrackConfig
from core.tracking.linking import ESTIMATORS, FlowTracker
from core.tracking.optical_flow import FlowEstimator
from core.trajectories.model import PointTrajectories


def track_points(
    folder: RunFolder, clip: Clip, config: TrackConfig
) -> Generator[int | Log, None, PointTrajectories]:
    """Track a clip: frames done so far, and what is to be said; returns what was found.

    Closing it keeps the tracker's state, and the next call starts from there, until `forget_points`.
    """
    unfinished = _unfinished(folder, clip)
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
    return tracker.trajectories()


def forget_points(folder: RunFolder, clip: Clip) -> None:
    """Leave nothing of a tracker's state: the clip is done."""
    _unfinished(folder, clip).unlink(missing_ok=True)


def _unfinished(folder: RunFolder, clip: Clip) -> Path:
    return folder.checkpoints / f"{clip.id}.npz"


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
