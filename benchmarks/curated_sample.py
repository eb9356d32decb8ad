"""The sample project with errors planted in it, and the truth that says which of them are left.

Its objects are densified and audited, its points followed, and its identity errors looked for, by the
program's own code; what a detector says of an error is what it finds, never what was planted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.curation_truth import Error, Planted, Truth, box_of
from benchmarks.planted_errors import EDGE, planted
from core.datasets.clip import Clip
from core.datasets.sample import FRAMES, KEYFRAMES, sample_clips
from core.datasets.synthetic import SyntheticClip
from core.geometry import decode_mask, encode_mask, iou
from core.identity.config import IdentityConfig
from core.jobs import JOBS, identity
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import State
from core.tracking.audit import Audit
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.flow_stream import Images
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import (
    EndReason,
    Flag,
    ObjectTrajectory,
    Origin,
    PointTrajectories,
)
from core.trajectories.trajectory_edits import Swap


@dataclass(frozen=True)
class Size:
    """How large the sample is drawn: frames, the keyframes that were annotated, pixels, and points of each
    clip that are right from end to end, and those that are followed as far as they are seen."""

    frames: int = FRAMES
    keyframes: tuple[int, ...] = KEYFRAMES
    width: int = 320
    height: int = 240
    points: int = 8
    followed: int = 150


def plant(folder: Path, seed: int, size: Size | None = None) -> Planted:
    """Draw the sample into a folder, and make a project of it that holds errors of every kind."""
    size = size or Size()
    lot = np.random.default_rng([seed, 10])
    truths, errors, clips, points = dict[str, Truth](), list[Error](), [], []
    for number, (name, drawn) in enumerate(sample_clips(seed, size.frames, size.width, size.height)):
        truth = truths[name] = Truth.of(drawn)
        objects, found = _objects(number, name, truth, size, lot)
        followed, strayed = _points(name, truth, size, lot)
        errors += [*found, *strayed]
        points.append(followed)
        clips.append((_written(folder, name, drawn), objects))
    with Project.create(folder / "project") as project:
        with project.writing() as connection:
            journal.perform(connection, AddClips(clips))
            stored = store.clips(connection)
            journal.perform(
                connection, ReplacePoints({clip.id: one for clip, one in zip(stored, points, strict=True)})
            )
            swapped = next(error for error in errors if error.kind == "swap")
            clip = next(clip for clip in stored if clip.name == swapped.clip)
            first, second = (one.id for one in store.objects(connection, clip.id))
            journal.perform(connection, Swap(clip.id, first, second, min(swapped.boxes)))
        run = launch.prepare(project, JOBS["identity"], IdentityConfig(), stored)
        for _ in identity.run(run, IdentityConfig()):
            pass
        run.write_status(replace(run.status(), state=State.DONE))
    return Planted(folder / "project", truths, errors)


# --- objects ----------------------------------------------------------------------------------


def _objects(
    number: int, name: str, truth: Truth, size: Size, lot: np.random.Generator
) -> tuple[list[ObjectTrajectory], list[Error]]:
    """The objects of the clip with that number, and the errors in them."""
    given = [_annotated(truth, n, size.keyframes) for n in range(1, int(truth.drawn.labels.max()) + 1)]
    middle, errors = size.keyframes[len(size.keyframes) // 2], list[Error]()
    if number == 1:
        by_edge = sorted(range(2), key=lambda n: _from_edge(truth, n + 1, middle))
        given[by_edge[0]], wrong = _misplaced(given[by_edge[0]], middle, size)
        late = given[by_edge[1]]
        given[by_edge[1]] = kept(late, late.frames >= middle)
        before = {
            f: boxes[by_edge[1] + 1]
            for f, boxes in enumerate(truth.boxes[:middle])
            if by_edge[1] + 1 in boxes
        }
        errors += [Error("wrong keyframe", name, wrong, {}), Error("late object", name, before, {})]
    if number == 2:
        gone = {f: boxes[3] for f, boxes in enumerate(truth.boxes) if 3 in boxes}
        errors.append(Error("missing object", name, gone, {}))
        given = given[:2]
    objects = densified(truth.drawn.frames, given, DensifyConfig(one_way_frames=0, threads=1))
    if number == 0:
        swap = _shared_middle(objects, size)
        errors.append(Error("swap", name, {swap: objects[0].boxes[0]}, {}))
    if number == 2:
        objects[1], wrong = _misfilled(objects[1], size)
        errors.append(Error("wrong fill", name, wrong, {}))
        # in so few frames, the others are looked at and not chosen
        few = np.linspace(0, size.frames - 1, 2 * EDGE).round().astype(int).tolist()
        others = [_annotated(truth, n, few) for n in (2, 3)]
        among = [objects[0], *others]
        drifted, found = planted(among, (size.width, size.height), lot, "drift to background")
        if found is not None:
            objects[0] = drifted[0]
            away = {
                f: box
                for f, box in zip(drifted[0].frames.tolist(), drifted[0].boxes, strict=True)
                if f > found.frame + 3
            }
            errors.append(Error("drifted object", name, away, {}))
    if number == 3:
        ghost = _ghost(truth, size, lot)
        objects.append(ghost)
        boxes = dict(zip(ghost.frames.tolist(), ghost.boxes, strict=True))
        errors.append(Error("false track", name, boxes, {}))
    return objects, errors


def _annotated(truth: Truth, number: int, keyframes: Sequence[int]) -> ObjectTrajectory:
    keys = [frame for frame in keyframes if number in truth.boxes[frame]]
    return ObjectTrajectory(
        frames=np.array(keys, np.int32),
        boxes=np.array([truth.boxes[frame][number] for frame in keys], np.float32),
        origin=np.full(len(keys), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(keys), np.float32),
        masks=tuple(encode_mask(truth.drawn.labels[frame] == number) for frame in keys),
    )


def kept(one: ObjectTrajectory, rows: np.ndarray) -> ObjectTrajectory:
    names = ("frames", "boxes", "origin", "confidence", "overlap", "flags")
    masks = tuple(one.masks[row] for row in np.flatnonzero(rows).tolist())
    return replace(one, **{name: getattr(one, name)[rows] for name in names}, masks=masks)


def _from_edge(truth: Truth, number: int, frame: int) -> float:
    box = truth.boxes[frame].get(number)
    height, width = truth.drawn.labels.shape[1:]
    return float(min(box[0], box[1], width - box[2], height - box[3])) if box is not None else -1.0


def _shifted(one: ObjectTrajectory, row: int, size: Size) -> tuple[np.ndarray, bytes]:
    """The box and the mask of a row, three quarters of its width to the side that has room."""
    mask = decode_mask(one.masks[row] or b"", size.height, size.width)
    width = int(0.75 * (one.boxes[row, 2] - one.boxes[row, 0]))
    by = width if one.boxes[row, 0] + one.boxes[row, 2] < size.width else -width
    moved = np.zeros_like(mask)
    if by > 0:
        moved[:, by:] = mask[:, :-by]
    else:
        moved[:, :by] = mask[:, -by:]
    return box_of(moved), encode_mask(moved)


def _changed(
    one: ObjectTrajectory, frames: Sequence[int], size: Size, flag: int = 0
) -> tuple[ObjectTrajectory, dict[int, np.ndarray]]:
    boxes, flags, masks, wrong = one.boxes.copy(), one.flags.copy(), list(one.masks), {}
    for frame in frames:
        row = one.place(frame)
        if row is not None:
            boxes[row], masks[row] = _shifted(one, row, size)
            flags[row] |= flag
            wrong[frame] = boxes[row]
    return replace(one, boxes=boxes, flags=flags, masks=tuple(masks)), wrong


def _misplaced(
    one: ObjectTrajectory, frame: int, size: Size
) -> tuple[ObjectTrajectory, dict[int, np.ndarray]]:
    """A keyframe drawn at the wrong place."""
    return _changed(one, [frame], size)


def _misfilled(one: ObjectTrajectory, size: Size) -> tuple[ObjectTrajectory, dict[int, np.ndarray]]:
    """Some filled frames that show another place, in which another way of filling disagrees."""
    start = size.keyframes[1]
    return _changed(one, range(start + 2, start + 5), size, int(Flag.DISAGREES))


def _shared_middle(objects: Sequence[ObjectTrajectory], size: Size) -> int:
    """The frame nearest the middle at which both objects are seen, before it too."""
    shared = np.intersect1d(objects[0].frames, objects[1].frames)
    shared = shared[np.isin(shared - 1, shared)]
    return int(shared[np.abs(shared - size.frames // 2).argmin()])


def densified(
    frames: Images, given: Sequence[ObjectTrajectory], config: DensifyConfig
) -> list[ObjectTrajectory]:
    """Audited, and filled between the keyframes."""
    densifier, audit = Densifier(frames, given, config), Audit(frames, given, config)
    for work in (densifier, audit):
        for _ in work.steps():
            pass
    found = []
    for place, (one, filled) in enumerate(zip(given, densifier.trajectories(), strict=True)):
        overlap = np.full(len(one.frames), np.nan, np.float32)
        for hidden in audit.results():
            if hidden.place == place:
                overlap[one.frames == hidden.frame] = hidden.overlap
        found.append(joined(replace(one, overlap=overlap), filled))
    return found


def joined(given: ObjectTrajectory, filled: ObjectTrajectory) -> ObjectTrajectory:
    """Keyframes and what was filled between them, by frame."""
    names = ("frames", "boxes", "origin", "confidence", "overlap", "flags")
    both = {name: np.concatenate([getattr(given, name), getattr(filled, name)]) for name in names}
    order, masks = np.argsort(both["frames"]), [*given.masks, *filled.masks]
    columns = {name: values[order] for name, values in both.items()}
    return replace(given, **columns, masks=tuple(masks[row] for row in order.tolist()))


def _ghost(truth: Truth, size: Size, lot: np.random.Generator) -> ObjectTrajectory:
    """A box that stands where no object ever is, from after the first frame on, far from every edge."""
    frames = np.arange(size.frames // 5, size.frames, dtype=np.int32)
    everywhere = np.concatenate([list(boxes.values()) for boxes in truth.boxes if boxes])
    side, edge = size.height / 6, 14
    corners = lot.uniform((edge, edge), (size.width - edge - side, size.height - edge - side), (400, 2))
    boxes = np.concatenate([corners, corners + side], axis=1)
    box = boxes[iou(boxes[:, None], everywhere[None]).max(axis=1).argmin()]
    return ObjectTrajectory(
        frames=frames,
        boxes=np.repeat(box[None], len(frames), 0).astype(np.float32),
        origin=np.full(len(frames), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(frames), np.float32),
        masks=(None,) * len(frames),
    )


# --- points -----------------------------------------------------------------------------------


def _points(
    name: str, truth: Truth, size: Size, lot: np.random.Generator
) -> tuple[PointTrajectories, list[Error]]:
    """Points that are right, one that drifts, and one that was lost for two frames and found again.

    The errors of links are those that going back exactly would find, and a little noise.
    """
    drawn, count = truth.drawn, len(truth.drawn.frames)
    height, width = drawn.labels.shape[1:]
    places = lot.uniform(12, (width - 12, height - 12), (300, 2))
    places = places[np.all([drawn.visible(0, places, frame) for frame in range(count)], axis=0)]
    places = places[: size.points + 2]
    paths = list(np.stack([drawn.position(0, places, frame) for frame in range(count)], axis=1))
    noise = [np.abs(lot.normal(0, 0.15, count)) for _ in paths]
    middle = count // 2
    drift, jump = paths[-2], _away(paths[-2][middle], width, height)
    drift[middle:] = np.concatenate([drawn.position(middle, jump[None], f) for f in range(middle, count)])
    noise[-2][middle] = truth.strays(middle, jump, middle - 1, drift[middle - 1])
    broken, error = paths.pop(), noise.pop()
    paths += [broken[: middle - 2], broken[middle:]]
    noise += [error[: middle - 2], error[middle:]]
    ends = [EndReason.CLIP_END] * len(paths)
    ends[-2] = EndReason.INCONSISTENT
    first = [0] * (len(paths) - 1) + [middle]
    for path in _seen(drawn, lot.uniform(1, (width - 1, height - 1), (size.followed, 2))):
        paths.append(path)
        noise.append(np.abs(lot.normal(0, 0.15, len(path))))
        ends.append(EndReason.CLIP_END if len(path) == count else EndReason.INCONSISTENT)
        first.append(0)
    errors = [
        Error("drifted point", name, {}, {middle - 1: drift[middle - 1], middle: drift[middle]}),
        Error("broken point", name, {}, {middle - 3: broken[middle - 3], middle: broken[middle]}),
    ]
    return PointTrajectories.pack(first, paths, noise, ends), errors


def _seen(drawn: SyntheticClip, places: np.ndarray) -> list[np.ndarray]:
    """The paths of places of the first frame up to where they are seen last before anything hides them."""
    frames = range(len(drawn.frames))
    seen = np.logical_and.accumulate([drawn.visible(0, places, frame) for frame in frames])
    paths = np.stack([drawn.position(0, places, frame) for frame in frames], axis=1)
    return [path[:count] for path, count in zip(paths, seen.sum(axis=0).tolist(), strict=True) if count > 3]


def _away(xy: np.ndarray, width: int, height: int) -> np.ndarray:
    """A place 12 pixels nearer the middle of the frame, in x and y."""
    return np.asarray(xy + 12 * np.where(xy < (width / 2, height / 2), 1, -1))


def _written(folder: Path, name: str, drawn: SyntheticClip) -> Clip:
    root = folder / "frames"
    (root / name).mkdir(parents=True)
    files = tuple(f"{name}/{frame:03d}.jpg" for frame in range(len(drawn.frames)))
    for file, image in zip(files, drawn.frames, strict=True):
        cv2.imwrite(str(root / file), np.ascontiguousarray(image[..., ::-1]))
    height, width = drawn.labels.shape[1:]
    return Clip(name=name, dataset="frames", width=width, height=height, root=root, files=files)
