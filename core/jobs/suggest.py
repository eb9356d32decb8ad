"""The job that suggests objects where points move together; what it found is imported as one edit."""

import contextlib
from collections.abc import Generator
from dataclasses import asdict

from core.array_file import read_arrays, write_arrays
from core.datasets.reading import open_frames
from core.errors import StudioError
from core.events import Event, Log
from core.jobs.by_clip import sharing
from core.jobs.by_clip.results import clips_done, read_clip, write_clip
from core.jobs.by_clip.tracking import forget_points, track_points
from core.motion_segmentation.config import SuggestConfig
from core.motion_segmentation.grouping import group_points
from core.motion_segmentation.objects import ObjectFinder
from core.runs.run_folder import RunFolder
from core.tracking.config import FlowConfig, TrackConfig
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from core.trajectories.snapshot import (
    OBJECTS,
    POINTS,
    ClipSnapshot,
    objects_arrays,
    objects_from_arrays,
    points_arrays,
    points_from_arrays,
    read_snapshot,
)
from core.trajectories.suggestion_edits import AddSuggestions

NOTHING = PointTrajectories.pack([], [])


def run(folder: RunFolder, config: SuggestConfig) -> Generator[Event, None, None]:
    """Suggest clip by clip; a clip that is done stays done when the run is stopped and resumed.

    Raises:
        StudioError: as `sharing.run`.
    """
    clips = read_snapshot(folder.snapshot).clips
    yield from sharing.run(folder, config, clips, [_steps_needed(one) for one in clips], work)


def _steps_needed(one: ClipSnapshot) -> int:
    """One a frame that is tracked, one for the groups, one a frame that is looked at."""
    return (1 if len(one.points) else 2) * one.clip.frames + 1


def work(folder: RunFolder, one: ClipSnapshot) -> Generator[int | Log, None, None]:
    """Suggest the objects of a clip and keep them: steps done so far, and what is to be said.

    Points are tracked where the clip has none, and kept with what was found.
    """
    config, clip, done = folder.settings(SuggestConfig), one.clip, 0
    points = one.points
    if not len(points):
        points, done = (yield from _tracked(folder, one, config)), clip.frames
    grouping = group_points(points, clip.width, clip.height, config)
    yield done + 1
    with open_frames(clip) as frames:
        finder = ObjectFinder(frames, points, grouping, config)
        with contextlib.closing(finder.steps()) as steps:
            for step in steps:
                yield done + 1 + step
    found = finder.trajectories()
    write_clip(
        folder, clip.id, {**points_arrays(NOTHING if len(one.points) else points), **objects_arrays(found)}
    )
    forget_points(folder, clip)
    yield Log(_summary(clip.name, points, found))


def _tracked(
    folder: RunFolder, one: ClipSnapshot, config: SuggestConfig
) -> Generator[int | Log, None, PointTrajectories]:
    """The points of a clip that has none, which a run that is resumed does not track again."""
    kept = folder.checkpoints / f"{one.clip.id}-points.npz"
    if kept.exists():
        with contextlib.suppress(StudioError):  # damaged: tracked again
            points = points_from_arrays(read_arrays(kept, POINTS))
            if (points.first + points.lengths <= one.clip.frames).all():
                return points
    flow = {name: value for name, value in asdict(config).items() if name in FlowConfig.__dataclass_fields__}
    points = yield from track_points(folder, one.clip, TrackConfig(preset=config.preset, **flow))
    write_arrays(kept, points_arrays(points))
    forget_points(folder, one.clip)
    return points


def _summary(name: str, points: PointTrajectories, found: list[ObjectTrajectory]) -> str:
    if found:
        frames = sum(len(one.frames) for one in found)
        return f"{name}: {len(found)} object{'s' if len(found) != 1 else ''} suggested, in {frames:,} frames."
    if not len(points):
        return f"{name}: there is nothing in it that points could follow, so nothing is suggested."
    return f"{name}: nothing moves against the camera for long enough, so nothing is suggested."


def result_edit(folder: RunFolder) -> AddSuggestions:
    """The edit that brings the suggestions of the clips that are done, and the points tracked for them.

    Raises:
        StudioError: a result is damaged.
    """
    objects: dict[int, tuple[ObjectTrajectory, ...]] = {}
    points: dict[int, PointTrajectories] = {}
    for clip_id in clips_done(folder):
        arrays = read_clip(folder, clip_id, POINTS | OBJECTS)
        objects[clip_id] = objects_from_arrays(arrays)
        tracked = points_from_arrays(arrays)
        if len(tracked):
            points[clip_id] = tracked
    return AddSuggestions(objects, points, "suggest", {**folder.settings_as_written(), "run": folder.name})
