"""Tracks drawn by lot, the same ones whenever it is asked."""

import numpy as np

from core.review.findings import Findings
from core.review.material import Material


def control_sample(material: Material) -> Findings:
    """Each open track with its lot, 0 to 100: as many percent of all tracks have a smaller one.

    A lot depends on the track's id alone, so a sample stays what it was while others are reviewed.
    """
    points, objects = material.open_points, material.open_objects
    ids = np.concatenate((points.ids, np.array([one.id for one in objects], np.int64)))
    first = np.concatenate((points.first, np.array([one.frames[0] for one in objects], np.int64)))
    last = np.concatenate((points.last, np.array([one.frames[-1] for one in objects], np.int64)))
    count = len(ids)
    return Findings(
        clips=np.full(count, material.clip.id, np.int64),
        tracks=np.stack((ids, np.zeros(count, np.int64)), 1),
        frames=np.stack((first, last, first), 1).astype(np.int32),
        values=100 * lots(ids),
        notes=np.zeros(count, np.int64),
    )


def lots(ids: np.ndarray) -> np.ndarray:
    """(N,) float64 in 0..1 of ids (N,) int64, without pattern: SplitMix64 of Steele, Lea and Flood (2014)."""
    with np.errstate(over="ignore"):
        mixed = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
