"""A small database to edit: two clips, objects with and without masks, points."""

from pathlib import Path

import numpy as np
from sqlalchemy import Connection, select

from core import geometry
from core.datasets.clip import Clip
from core.trajectories import journal, schema, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import EndReason, Flag, ObjectTrajectory, Origin, PointTrajectories

WIDTH, HEIGHT, FRAMES = 20, 14, 12


def make_clip(name: str, root: Path = Path("/data")) -> Clip:
    files = tuple(f"{name}/{k:03}.png" for k in range(FRAMES))
    return Clip(name=name, dataset="frames", width=WIDTH, height=HEIGHT, root=root, files=files)


def make_object(frames, label: str = "car", annotator: int = 0, masks: bool = True) -> ObjectTrajectory:
    """An object that moves a pixel a frame; its first frame is annotated, then every other propagated.

    Keyframes at multiples of 3 were audited, what was propagated to odd frames is flagged.
    """
    frames = np.array(frames, np.int32)
    boxes = np.array([[f, 2, f + 4, 7] for f in frames], np.float32)
    runs = []
    for f in frames:
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[2:7, f : f + 4] = True
        runs.append(geometry.encode_mask(mask) if masks else None)
    origin = np.array(
        [Origin.PROPAGATED if k % 2 else Origin.ANNOTATED for k in range(len(frames))], np.uint8
    )
    return ObjectTrajectory(
        frames=frames,
        boxes=boxes,
        origin=origin,
        confidence=np.where(origin == Origin.PROPAGATED, np.float32(0.75), np.float32(1)),
        masks=tuple(runs),
        label=label,
        annotator=annotator,
        overlap=np.where((origin == Origin.ANNOTATED) & (frames % 3 == 0), np.float32(0.3), np.nan),
        flags=np.where((origin == Origin.PROPAGATED) & (frames % 2 == 1), Flag.DISAGREES, 0).astype(np.uint8),
    )


def make_points(*spans: tuple[int, int]) -> PointTrajectories:
    """Points along straight lines; each span is (first, length)."""
    xy = [np.stack([np.arange(n) + k + 0.5, np.full(n, k + 0.25)], 1) for k, (_, n) in enumerate(spans)]
    error = [np.concatenate(([0], np.full(n - 1, 0.125))) for _, n in spans]
    reasons = [EndReason.CLIP_END if f + n == FRAMES else EndReason.INCONSISTENT for f, n in spans]
    return PointTrajectories.pack([f for f, _ in spans], xy, error, reasons)


def fill(connection: Connection) -> None:
    """Two clips: `a` with three objects (one of a second annotator) and three points; `b` with one object."""
    a = [
        make_object([0, 1, 2, 5, 6]),
        make_object(range(3, 9), "cow", masks=False),
        make_object([1, 4], annotator=1),
    ]
    journal.perform(connection, AddClips([(make_clip("a"), a), (make_clip("b"), [make_object([4])])]))
    clip = store.clip(connection, "a")
    journal.perform(connection, ReplacePoints({clip.id: make_points((0, 12), (2, 5), (8, 3), (0, 1))}))


def contents(connection: Connection) -> dict[str, list[tuple]]:
    """Every row of the tables that edits write, NaN as text so that rows compare."""
    found = {}
    for table in (schema.clip, schema.trajectory, schema.observation):
        query = select(table).order_by(*table.primary_key)
        found[table.name] = [tuple(map(repr, row)) for row in connection.execute(query)]
    return found
