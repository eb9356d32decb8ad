"""The job that fills the frames between keyframes; what it found is imported as one edit."""

import json
from collections.abc import Generator
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from core.datasets.reading import open_frames
from core.errors import StudioError
from core.events import Event, Log
from core.jobs.by_clip import sharing
from core.jobs.by_clip.results import clips_done, read_clip, write_clip
from core.record_file import read_json
from core.runs.run_folder import RunFolder, write_atomically
from core.tracking.audit import Audit, HiddenKeyframe, hidden_spans
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier, steps_needed
from core.tracking.spans import plan
from core.trajectories.bulk_edits import FillObservations
from core.trajectories.model import Flag, ObjectTrajectory, Origin, Review
from core.trajectories.snapshot import (
    OBJECTS,
    ClipSnapshot,
    objects_arrays,
    objects_from_arrays,
    read_snapshot,
)
from core.typed_values import filled


def run(folder: RunFolder, config: DensifyConfig) -> Generator[Event, None, None]:
    """Densify clip by clip; a clip that is done stays done when the run is stopped and resumed.

    Raises:
        StudioError: no clip has an object; or as `sharing.run`.
    """
    clips = [_without_suggestions(one) for one in read_snapshot(folder.snapshot).clips]
    if not any(one.objects for one in clips):
        raise StudioError("There is no object to densify; import annotation, or draw a box in the window.")
    yield from sharing.run(folder, config, clips, [_steps_needed(one, config) for one in clips], work)


def _without_suggestions(one: ClipSnapshot) -> ClipSnapshot:
    """A clip with the objects that are filled: of one that waits to be accepted nothing changes."""
    return replace(one, objects=tuple(each for each in one.objects if each.review != Review.SUGGESTED))


def _steps_needed(one: ClipSnapshot, config: DensifyConfig) -> int:
    spans = [
        *([plan(one.objects, one.clip.frames, config)] if config.fill else []),
        *([hidden_spans(one.objects, config)] if config.audit else []),
    ]
    return sum(map(steps_needed, spans))


def work(folder: RunFolder, one: ClipSnapshot) -> Generator[int | Log, None, None]:
    """Audit a clip, fill it, and keep what was found: steps done so far, and what is to be said."""
    config, done, one = folder.settings(DensifyConfig), 0, _without_suggestions(one)
    found = [_as_it_was(trajectory, config) for trajectory in one.objects]
    with open_frames(one.clip) as frames:
        if config.audit:
            audit = Audit(frames, one.objects, config)
            yield from audit.steps()
            done = audit.total
            hidden = audit.results()
            _write_audit(folder, one, hidden)
            if hidden:
                overlap = np.mean([keyframe.overlap for keyframe in hidden])
                yield Log(
                    f"{one.clip.name}: {len(hidden)} keyframes hidden, filled with an IoU of {overlap:.3f}."
                )
        if config.fill:
            densifier = Densifier(frames, one.objects, config)
            for step in densifier.steps():
                yield done + step
            found = densifier.trajectories()
            yield Log(_summary(one.clip.name, found))
    write_clip(folder, one.clip.id, objects_arrays(found))


def _as_it_was(trajectory: ObjectTrajectory, config: DensifyConfig) -> ObjectTrajectory:
    """What was filled before, where a run that fills would replace it."""
    asked = [config.asks_for(int(frame)) for frame in trajectory.frames]
    rows = np.flatnonzero(np.array(asked, bool) & (trajectory.origin == Origin.PROPAGATED))
    names = ("frames", "boxes", "origin", "confidence", "overlap", "flags")
    return replace(
        trajectory,
        **{name: getattr(trajectory, name)[rows] for name in names},
        masks=tuple(trajectory.masks[row] for row in rows),
    )


def _summary(name: str, found: list[ObjectTrajectory]) -> str:
    count = sum(len(trajectory.frames) for trajectory in found)
    flagged = sum(int(np.count_nonzero(trajectory.flags & Flag.DISAGREES)) for trajectory in found)
    text = f"{name}: {count:,} observations filled for {len(found)} objects"
    return f"{text}, {flagged:,} of them to be looked at." if flagged else f"{text}."


def _write_audit(folder: RunFolder, one: ClipSnapshot, hidden: list[HiddenKeyframe]) -> None:
    rows = [
        _Hidden(
            trajectory=one.objects[keyframe.place].id,
            frame=keyframe.frame,
            span=keyframe.span,
            overlap=round(keyframe.overlap, 4),
            confidence=round(keyframe.confidence, 4),
        )
        for keyframe in hidden
    ]
    write_atomically(
        folder.results / f"audit-{one.clip.id}.json", json.dumps([asdict(row) for row in rows]).encode()
    )


def result_edit(folder: RunFolder) -> FillObservations:
    """The edit that fills the objects; its provenance holds the settings and the run's name."""
    settings = {**folder.settings_as_written(), "run": folder.name}
    span = tuple(settings.get("span", ()))
    within = (int(span[0]), int(span[1])) if span else None
    audit = {
        clip_id: {id: dict(found) for id, found in objects.items()}
        for clip_id, objects in read_audit(folder).items()
    }
    snapshot = read_snapshot(folder.snapshot)
    made_from = {one.id: one.keyframes_digest() for clip in snapshot.clips for one in clip.objects}
    return FillObservations(read_results(folder), within, "densify", settings, audit, made_from)


@dataclass(frozen=True)
class _Hidden:
    """A row of an audit: how well a keyframe was found again that was hidden."""

    trajectory: int = field(metadata={"minimum": 0})
    frame: int = field(metadata={"minimum": 0, "maximum": 2**31})
    span: int = field(metadata={"minimum": 0, "maximum": 2**31})
    overlap: float = field(metadata={"minimum": 0, "maximum": 1 + 1e-6})
    confidence: float = field(metadata={"minimum": 0, "maximum": 1 + 1e-6})


def read_audit(folder: RunFolder) -> dict[int, dict[int, list[tuple[int, float]]]]:
    """Clip id → trajectory id → (frame, IoU) of each keyframe that was hidden; empty without an audit.

    Raises:
        StudioError: a file is damaged.
    """
    found: dict[int, dict[int, list[tuple[int, float]]]] = {}
    for path in sorted(folder.results.glob("audit-*.json")):
        of_clip = found.setdefault(int(path.stem.removeprefix("audit-")), {})
        try:
            for values in read_json(path):
                row = filled(_Hidden, values)
                of_clip.setdefault(row.trajectory, []).append((row.frame, row.overlap))
        except (StudioError, ValueError, TypeError) as error:
            raise StudioError(f"{path} is damaged; delete it and run the audit again.") from error
    return found


def read_results(folder: RunFolder) -> dict[int, dict[int, ObjectTrajectory]]:
    """Clip id → trajectory id → its propagated observations alone, for the clips that are done.

    Raises:
        StudioError: a result is damaged.
    """
    return {
        clip_id: {one.id: one for one in objects_from_arrays(read_clip(folder, clip_id, OBJECTS))}
        for clip_id in clips_done(folder)
    }
