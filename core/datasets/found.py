"""What a reader finds in a folder, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip


@dataclass(frozen=True, kw_only=True)
class AnnotatedFrame:
    """One label picture, not yet decoded.

    Attributes:
        frame: the frame it belongs to, from 0.
        annotator: who drew it, from 0.
        path: the file; several annotators can share one.
    """

    frame: int
    annotator: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class FoundClip:
    """A clip and the label pictures that come with it.

    Attributes:
        clip: not stored yet, so its id is 0.
        annotations: ordered by annotator, then frame.
        regions: for Moseg the pixel value of each region, region 0 (the background) first; else empty.
        unit: for a video how many seconds a unit of its clip's timestamps is; 0 where it has no times.
        warnings: sentences about what was irregular and how it was taken.
    """

    clip: Clip
    annotations: tuple[AnnotatedFrame, ...] = ()
    regions: tuple[int, ...] = ()
    unit: float = 0.0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FoundClips:
    """Everything found in one place, of one format; clip names are unique in it."""

    format: str
    clips: tuple[FoundClip, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FrameLabels:
    """A decoded label picture.

    Attributes:
        frame, annotator: as in `AnnotatedFrame`.
        labels: (H, W) int32, 0 for background, n for object number n, the same through the clip.
        warnings: sentences about what was irregular and how it was taken.
        names: what objects are called, by number, where more than their number is known.
    """

    frame: int
    annotator: int
    labels: np.ndarray
    warnings: tuple[str, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
