"""What is pretrained on: clips in memory with their trajectories, made once and kept in a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from core.array_file import read_arrays, write_arrays
from core.datasets.clip import Clip
from core.datasets.patches import CutPatches, cut
from core.datasets.tinting import tinted
from core.networks.sizes import TINY
from core.pairs.split import Split, split_clips
from core.pairs.training_set import TrainingSet, build_training_set
from core.tracking.config import TrackConfig
from core.tracking.linking import FlowTracker
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from core.trajectories.snapshot import (
    ClipSnapshot,
    Snapshot,
    objects_arrays,
    objects_from_arrays,
    points_arrays,
    points_from_arrays,
)

HELD_OUT = "0.15"
"""The share of the clips, whole, on which pairs are only measured."""


@dataclass(frozen=True, eq=False)
class World:
    """Clips with their frames and trajectories.

    Attributes:
        frames: of each clip, (T, H, W, 3) uint8 RGB.
        contents: of each clip, in the same order.
        patch_size: side in pixels of the square around a point.
        minimum_length: observations a point trajectory must have to train.
    """

    name: str
    frames: tuple[np.ndarray, ...]
    contents: tuple[ClipSnapshot, ...]
    patch_size: float
    minimum_length: int

    @cached_property
    def split(self) -> Split:
        """Which clips train, and which only measure."""
        return split_clips({content.clip.name: content.clip.use for content in self.contents}, HELD_OUT)

    @cached_property
    def reader(self) -> "FrameReader":
        """Patches of all the clips."""
        return FrameReader(self.frames, TINY.input_size)

    def training_set(self, held_out: bool, clips: int = 0) -> TrainingSet:
        """The trajectories that train, suggestions too, or those that only measure.

        Args:
            clips: how many of the clips train, the first ones; 0 for all.
        """
        whole = build_training_set(
            Snapshot(self.contents, 0, ""),
            patch_size=self.patch_size,
            minimum_length=self.minimum_length,
            suggestions=True,
        )
        return whole.of_clips(self.split.held_out if held_out else self.split.training[: clips or None])

    def with_objects(self, objects: Sequence[tuple[ObjectTrajectory, ...]]) -> "World":
        """The same clips with other object trajectories, for each clip in turn."""
        contents = tuple(replace(one, objects=own) for one, own in zip(self.contents, objects, strict=True))
        return replace(self, contents=contents)


class FrameReader:
    """Cuts patches out of frames in memory and keeps those that come again; as `PatchReader`."""

    def __init__(self, frames: Sequence[np.ndarray], size: int, most: int = 20_000) -> None:
        self._frames, self._size = frames, size
        self._cut = CutPatches(size, most)

    def read(
        self,
        clip: np.ndarray,
        frame: np.ndarray,
        box: np.ndarray,
        flip: np.ndarray,
        colours: np.ndarray | None = None,
    ) -> np.ndarray:
        """As `PatchReader.read`."""
        patches = np.empty((len(clip), self._size, self._size, 3), np.uint8)
        for row, patch in enumerate(patches):
            name = clip[row].tobytes() + frame[row].tobytes() + box[row].tobytes()
            if not self._cut.copy(name, patch, bool(flip[row])):
                patch[...] = cut(self._frames[clip[row]][frame[row]], box[row], self._size)
                self._cut.keep(name, patch)
                if flip[row]:
                    patch[...] = patch[:, ::-1].copy()
        return patches if colours is None else tinted(patches, colours)


def kept(path: Path, make: Callable[[], World]) -> World:
    """The world in a file; made and written where there is none."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, make())
    return _read(path)


def world_of(
    name: str,
    clips: Sequence[tuple[str, np.ndarray, Sequence[ObjectTrajectory]]],
    tracking: TrackConfig,
    still: frozenset[str] = frozenset(),
    patch_size: float = 100.0,
    minimum_length: int = 10,
) -> World:
    """Track the points of clips and number all trajectories.

    Args:
        clips: of each its name, frames and objects.
        still: names of clips whose frames are too far apart in time to track points through them.
    """
    contents, number = [], 0
    for clip_name, frames, objects in clips:
        points = PointTrajectories.pack([], [])
        if clip_name not in still:
            tracker = FlowTracker(frames, tracking)
            for _ in tracker.steps():
                pass
            points = tracker.trajectories()
        numbered = [replace(one, id=number + place + 1) for place, one in enumerate(objects)]
        number += len(numbered)
        points = replace(points, ids=np.arange(len(points), dtype=np.int64) + number + 1)
        number += len(points)
        contents.append(ClipSnapshot(_clip(clip_name, frames, len(contents) + 1), points, tuple(numbered)))
    return World(name, tuple(frames for _, frames, _ in clips), tuple(contents), patch_size, minimum_length)


def _clip(name: str, frames: np.ndarray, id: int) -> Clip:
    files = tuple(f"{frame:05d}.png" for frame in range(len(frames)))
    return Clip(
        name=name,
        dataset="memory",
        width=frames.shape[2],
        height=frames.shape[1],
        root=Path(),
        files=files,
        id=id,
    )


def _write(path: Path, world: World) -> None:
    arrays: dict[str, np.ndarray] = {
        "names": np.array([one.clip.name for one in world.contents]),
        "name": np.array(world.name),
        "settings": np.array([world.patch_size, world.minimum_length]),
    }
    for number, (frames, content) in enumerate(zip(world.frames, world.contents, strict=True)):
        parts = {"frames": frames, **points_arrays(content.points), **objects_arrays(content.objects)}
        arrays |= {f"{number}/{name}": values for name, values in parts.items()}
    write_arrays(path, arrays)


def _read(path: Path) -> World:
    arrays = read_arrays(path)
    frames, contents = [], []
    for number, name in enumerate(arrays["names"].tolist()):
        head = f"{number}/"
        own = {key.removeprefix(head): values for key, values in arrays.items() if key.startswith(head)}
        frames.append(own["frames"])
        clip = _clip(name, own["frames"], number + 1)
        contents.append(ClipSnapshot(clip, points_from_arrays(own), objects_from_arrays(own)))
    patch_size, minimum_length = arrays["settings"].tolist()
    return World(str(arrays["name"]), tuple(frames), tuple(contents), patch_size, int(minimum_length))
