"""The job that fills the frames between keyframes; what it found is imported as one edit."""

from collections.abc import Iterator

from core.datasets.reading import open_frames
from core.errors import StudioError
from core.events import Event, Log, Progress
from core.jobs.clip_results import clip_path, clips_done, read_clip, write_clip
from core.jobs.run_folder import RunFolder
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier, steps_needed
from core.trajectories.model import ObjectTrajectory
from core.trajectories.snapshot import objects_arrays, objects_from_arrays, read_snapshot


def run(folder: RunFolder) -> Iterator[Event]:
    """Densify clip by clip; a clip that is done stays done when the run is stopped and resumed.

    A clip whose frames cannot be read, or whose masks do not fit them, is passed over with a warning.

    Raises:
        StudioError: no clip could be densified.
    """
    config = folder.settings(DensifyConfig)
    clips = read_snapshot(folder.snapshot).clips
    needed = [steps_needed(one.objects, one.clip.frames, config) for one in clips]
    total, done = sum(needed), 0
    problem: StudioError | None = None
    for one, steps in zip(clips, needed, strict=True):
        clip = one.clip
        if not clip_path(folder, clip.id).exists():
            try:
                with open_frames(clip) as frames:
                    densifier = Densifier(frames, one.objects, config)
                    for step in densifier.steps():
                        yield Progress(done + step, total, clip.name)
                found = densifier.trajectories()
                write_clip(folder, clip.id, objects_arrays(found))
                count = sum(len(trajectory.frames) for trajectory in found)
                yield Log(f"{clip.name}: {count:,} observations filled for {len(found)} objects.")
            except StudioError as error:
                problem = error
                yield Log(f"{clip.name} was passed over: {error}", "warning")
        done += steps
        yield Progress(done, total, clip.name)
    if problem and not clips_done(folder):
        raise problem


def read_results(folder: RunFolder) -> dict[int, dict[int, ObjectTrajectory]]:
    """Clip id → trajectory id → its propagated observations alone, for the clips that are done.

    Raises:
        StudioError: a result is damaged.
    """
    return {
        clip_id: {one.id: one for one in objects_from_arrays(read_clip(folder, clip_id))}
        for clip_id in clips_done(folder)
    }
