"""TAP-Vid's arrays, as this program, TAP-Vid, TAPIR, CoTracker and others save them in an `.npz`.

Places: `tracks` (this program, TAPIR), `points` or `target_points` (TAP-Vid), `pred_tracks` (CoTracker,
frames first) or `trajs` (PointOdyssey, frames first); (N, T, 2), or (N, T, 3) whose last value says
whether the point is seen. Seen where `visible`, `visibles`, `visibility`, `pred_visibility` or `visibs` is
true (above a half, of a probability; above 0, of a logit), or where `occluded`, `occlusion` or
`pred_occlusion` is not. Axes of length 1 in front are passed over. Which axis is that of the frames is what
fits the clip; where both fit, the one along which points move less, unless the names say it.

Places are pixels, or shares of the frame where most lie within 0 to 1; of a `video` in the file they
are its pixels. In TAP-Vid (0, 0) is the corner of the top left pixel; CoTracker's and PointOdyssey's whole
numbers are the middles of pixels. TAP-Vid's own files are pickles, which are never read.
Source: Doersch et al., TAP-Vid, NeurIPS 2022; Karaev et al., CoTracker, ECCV 2024.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.array_file import DAMAGED
from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import Listing, Tracks
from core.trajectories.exchange.npz_arrays import StoredArray, opened, stored
from core.trajectories.exchange.units import is_scaled
from core.trajectories.model import Origin
from core.whole_file import check_room

_PLACES = ("tracks", "points", "target_points", "pred_tracks", "trajs", "trajs_2d")
_FRAMES_FIRST = ("pred_tracks", "trajs", "trajs_2d")
_SEEN = ("visible", "visibles", "visibility", "pred_visibility", "visibs")
_HIDDEN = ("occluded", "occlusion", "occlusions", "pred_occluded", "pred_occlusion")
_QUERIES = ("query_points", "queries")
_MOST_SEEN = 1 << 27  # observations
_A_PLACE = 64  # bytes of memory that reading one takes at least
_STEADY = 0.5  # how much less points move along the axis of frames


def read(path: Path, clip: Clip) -> Tracks:
    """The point trajectories of a file, linked; a point that is hidden for a while becomes several.

    Raises:
        StudioError: the file is missing, damaged, a pickle, without these arrays or of another clip.
    """
    with opened(path) as archive:
        try:
            return _tracks(archive, path, clip)
        except DAMAGED as error:
            raise StudioError(f"{path} is no whole .npz; copy it again from where it came from.") from error


def _tracks(archive: zipfile.ZipFile, path: Path, clip: Clip) -> Tracks:
    source = _Source.of(archive, path)
    axis, of_source, notes = _frame_axis(source, path, clip)
    rows, columns, xy = _observations(source, path)
    owner, frame = (columns, rows) if axis == 0 else (rows, columns)
    if of_source:
        frame = clip.frames_of_source(frame)
        kept = frame >= 0
        owner, frame, xy = owner[kept], frame[kept], xy[kept]
    if source.sight is None:
        notes.append(f"Taken as x, y and whether it is seen, in {path.name}: the three values of a place.")
    if not source.is_ours:
        xy, said = _in_pixels(source, xy, path, clip)
        notes += said
    names = range(source.places.shape[1 - axis])
    listing = Listing(path, clip, owner, frame.astype(np.float64), names, Origin.LINKED)
    points, said = listing.points(xy)
    return points, [], notes + said


@dataclass(frozen=True)
class _Source:
    """The arrays of a file.

    Attributes:
        name: of the array of places.
        places: (A, B, 2), or (A, B, 3) where `sight` is None.
        sight: (A, B), whether a point is seen.
        is_hidden: whether `sight` says the opposite.
        is_ours: whether this program wrote them.
        raster: width and height of the video in the file.
    """

    name: str
    places: StoredArray
    sight: StoredArray | None
    is_hidden: bool
    is_ours: bool
    raster: tuple[int, int] | None

    @staticmethod
    def of(archive: zipfile.ZipFile, path: Path) -> "_Source":
        """What an archive holds.

        Raises:
            StudioError: arrays are missing, of other shapes, or no numbers.
        """
        names = {name.removesuffix(".npy") for name in archive.namelist()}
        name = next((one for one in _PLACES if one in names), None)
        if name is None:
            if names & set(_QUERIES):
                raise StudioError(
                    f"{path} holds queries and no tracks; save the tracks that were found for them."
                )
            raise StudioError(
                f"{path} has no array 'points' or 'tracks'; save tracks and visible, or points and occluded."
            )
        places = stored(archive, name, path, 3)
        seen = next((one for one in (*_SEEN, *_HIDDEN) if one in names), None)
        sight = None if seen is None else stored(archive, seen, path, 2)
        if sight is None and places.shape[2:] != (3,):
            raise StudioError(f"{path} has no array 'visible' beside {name!r}; save both, or 'occluded'.")
        width = 3 if sight is None else 2
        if len(places.shape) != 3 or places.shape[2] != width or (sight and sight.shape != places.shape[:2]):
            raise StudioError(
                f"{path} has arrays of other shapes than (N, T, 2) and (N, T); save one place a point and "
                "frame."
            )
        raster = None
        if "video" in names:
            shape = stored(archive, "video", path, 4).shape
            raster = (shape[2], shape[1]) if len(shape) == 4 and shape[3] in (1, 3, 4) else None
        is_ours = name == "tracks" and "ids" in names
        return _Source(name, places, sight, seen in _HIDDEN, is_ours, raster)


def _frame_axis(source: _Source, path: Path, clip: Clip) -> tuple[int, bool, list[str]]:
    """Which axis is that of the frames, whether they are the source's, and how it was decided."""
    lengths, usual = source.places.shape[:2], 0 if source.name in _FRAMES_FIRST else 1
    last = int(clip.source_frames(np.array([clip.frames - 1]))[0])
    for of_source in (False, True):
        if of_source and clip.start == 0 and clip.step == 1:
            break
        good = [
            axis for axis in (0, 1) if (lengths[axis] > last if of_source else lengths[axis] == clip.frames)
        ]
        if len(good) == 1:
            axis, why = good[0], f"{clip.name} has {clip.frames} frames"
        elif good and usual == 1 and not source.is_ours and lengths[0] > 1:
            axis, why = _steadier(source.places), "points move less along the frames"
        else:
            axis, why = usual, ""
        if good:
            shape = "(T, N, 2)" if axis == 0 else "(N, T, 2)"
            is_said = axis != usual or (why and len(good) == 2)
            return axis, of_source, [f"Taken as {shape}, in {path.name}: {why}."] if is_said else []
    raise StudioError(
        f"{path} is of {lengths[usual]} frames while {clip.name} has {clip.frames}; choose the clip it "
        "belongs to."
    )


def _steadier(places: StoredArray) -> int:
    """The axis along which places change less: 1 unless it is 0 by far."""
    block = next(places.blocks(), np.zeros((0, 0, 2)))
    side = min(block.shape[:2])
    with np.errstate(over="ignore", invalid="ignore"):
        steps = [np.abs(np.diff(block[:side, :side, :2], axis=axis)).sum(axis=2) for axis in (0, 1)]
    middle = [np.median(step[np.isfinite(step)]) if np.isfinite(step).any() else 0 for step in steps]
    return 0 if middle[0] < _STEADY * middle[1] else 1


def _observations(source: _Source, path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a point is seen: its place on both axes, two (M,) int, and (M, 2) float x and y."""
    rows = source.places.rows
    sights = source.places if source.sight is None else source.sight.in_blocks_of(rows)
    least = _least(source, sights, path)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for number, (places, sight) in enumerate(zip(source.places.blocks(), sights.blocks(), strict=True)):
        seen = _are_seen(source, sight, least)
        row, column = np.nonzero(seen)
        found.append((row.astype(np.int32) + number * rows, column.astype(np.int32), places[row, column, :2]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2))
    row, column, xy = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, column, xy if xy.dtype == np.float32 else xy.astype(np.float64)


def _least(source: _Source, sights: StoredArray, path: Path) -> float:
    """What a value must be above to count: 0, or a half where all are probabilities.

    Raises:
        StudioError: more observations would count than are read.
    """
    is_chance, counts = True, [0, 0]
    for block in sights.blocks():
        values = block if source.sight is not None else block[..., 2]
        with np.errstate(invalid="ignore"):
            is_chance = is_chance and bool(((values >= 0) & (values <= 1) | (values != values)).all())
        for place, least in enumerate((0.0, 0.5)):
            counts[place] += int(_are_seen(source, block, least).sum())
    if source.sight is None and not is_chance:
        raise StudioError(
            f"{path} has three values a place, of which the last does not lie between hidden (0) and seen "
            "(1); save x and y in 'tracks', and 'visible'."
        )
    if counts[is_chance] > _MOST_SEEN:
        raise StudioError(
            f"{path} holds {counts[is_chance]:,} places that are seen, more than the {_MOST_SEEN:,} that are "
            "read; save it in parts."
        )
    check_room(path, _A_PLACE * counts[is_chance])
    return 0.5 if is_chance else 0.0


def _are_seen(source: _Source, block: np.ndarray, least: float) -> np.ndarray:
    """(K, B) bool of a block of `sight`, or of places whose last value says it."""
    values = block if source.sight is not None else block[..., 2]
    with np.errstate(invalid="ignore"):
        return ~(values > least) if source.is_hidden else values > least


def _in_pixels(source: _Source, xy: np.ndarray, path: Path, clip: Clip) -> tuple[np.ndarray, list[str]]:
    """(M, 2) places of another program in pixels of the clip, and how they were taken."""
    size = np.array([clip.width, clip.height], np.float64)
    if is_scaled(xy):
        return xy * size, [f"Scaled to the frame, in {path.name}: most places lie within 0 to 1."]
    notes = []
    if source.name in _FRAMES_FIRST:
        xy = xy + 0.5
        notes.append(f"Moved by half a pixel, in {path.name}: whole numbers are middles of pixels there.")
    if source.raster is not None and source.raster != (clip.width, clip.height):
        xy = xy * (size / source.raster)
        notes.append(
            f"Scaled to the frame, in {path.name}: its video is of {source.raster[0]} x {source.raster[1]} "
            f"pixels, {clip.name} of {clip.width} x {clip.height}."
        )
    return xy, notes
