"""Random clips with trajectories of both kinds, as the database may hold them."""

import numpy as np
from hypothesis import strategies as st

from core.datasets.clip import Clip
from core.geometry import encode_mask, mask_box
from core.trajectories.model import KEYFRAMES, ObjectTrajectory, Origin, PointTrajectories
from tests.core.trajectories.small_database import make_clip

LABELS = st.one_of(
    st.just(""),
    st.sampled_from(
        ["car", "object", "point", "7", 'a "b", c', "l1\nl2", "l1\rl2", "<&>'", "Zebra ñ 猫", " x "]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)


def clip() -> Clip:
    """20 x 14 pixels, 12 frames."""
    return make_clip("a")


@st.composite
def points(draw: st.DrawFn) -> PointTrajectories:
    """Up to five point trajectories without gaps, in no order, anywhere in the frame."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 5))
    first = rng.integers(0, 12, count)
    lengths = np.array([rng.integers(1, 13 - start) for start in first], np.int64)
    total = int(lengths.sum())
    error = rng.random(total).astype(np.float32)
    error[rng.random(total) < 0.3] = np.nan
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    error[offsets[:-1]] = 0
    return PointTrajectories(
        ids=np.arange(count) + 5,
        first=first.astype(np.int32),
        offsets=offsets,
        xy=(rng.random((total, 2)) * (20, 14)).astype(np.float32),
        error=error,
        origin=rng.integers(0, 4, total).astype(np.uint8),
        end_reason=rng.integers(0, 6, count).astype(np.uint8),
        review=rng.integers(0, 3, count).astype(np.uint8),
        labels=tuple(draw(LABELS) for _ in range(count)),
    )


@st.composite
def objects(draw: st.DrawFn) -> list[ObjectTrajectory]:
    """Up to four objects with gaps, boxes of their own, and masks in some frames."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return [_object(rng, draw(LABELS)) for _ in range(draw(st.integers(0, 4)))]


def _object(rng: np.random.Generator, label: str) -> ObjectTrajectory:
    frames = np.sort(rng.choice(12, rng.integers(1, 13), replace=False)).astype(np.int32)
    corners = (rng.random((len(frames), 2)) * (12, 8)).astype(np.float32)
    boxes = np.hstack([corners, corners + rng.random((len(frames), 2)) * 6 + 0.25]).astype(np.float32)
    origin = rng.integers(0, 4, len(frames)).astype(np.uint8)
    sure = np.where(np.isin(origin, KEYFRAMES), 1, 0.05 + 0.9 * rng.random(len(frames)))
    masks = [_mask(rng) if rng.random() < 0.6 else None for _ in frames]
    return ObjectTrajectory(
        frames=frames,
        boxes=boxes,
        origin=origin,
        confidence=sure.astype(np.float32),
        masks=tuple(None if mask is None else encode_mask(mask) for mask in masks),
        label=label,
        review=int(rng.integers(0, 3)),
    )


def _mask(rng: np.random.Generator) -> np.ndarray:
    """Specks, stripes or all of a 20 x 14 frame; never empty."""
    mask = rng.random((14, 20)) < rng.choice([0.02, 0.3, 0.9, 1])
    mask[rng.integers(14), rng.integers(20)] = True
    return mask


def with_masks_alone(objects: list[ObjectTrajectory]) -> list[ObjectTrajectory]:
    """The same objects without the observations that have only a box; boxes are those of the masks."""
    kept = []
    for one in objects:
        places = [place for place, mask in enumerate(one.masks) if mask is not None]
        if places:
            masks = tuple(one.masks[place] for place in places)
            kept.append(
                ObjectTrajectory(
                    frames=one.frames[places],
                    boxes=np.array([box_of(mask) for mask in masks], np.float32),
                    origin=np.full(len(places), Origin.ANNOTATED, np.uint8),
                    confidence=np.ones(len(places), np.float32),
                    masks=masks,
                )
            )
    return kept


def box_of(runs: bytes) -> np.ndarray:
    """The box of a mask's pixels, found pixel by pixel."""
    counts = np.frombuffer(runs, "<u4")
    pixels = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(20, 14).T
    box = mask_box(pixels)
    assert box is not None
    return box
