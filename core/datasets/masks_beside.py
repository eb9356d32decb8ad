"""Folders of masks that lie beside their frames, such as `images` and `masks`: they are no clips."""

from pathlib import Path

import numpy as np

from core.datasets.found import FoundClip
from core.datasets.stored_labels import Kind, read_stored_labels

_MOST = 16  # values of a label picture


def set_masks_aside(clips: list[FoundClip]) -> tuple[list[FoundClip], list[str]]:
    """The clips that are no masks of another one of them, and what is said of the others.

    Masks are pictures of few values that have the very names, endings aside, of others of many values.

    Raises:
        StudioError: a picture that is looked at cannot be read.
    """
    alike: dict[tuple[str, ...], list[FoundClip]] = {}
    for found in clips:
        if not any("#" in name for name in found.clip.files):
            alike.setdefault(tuple(Path(name).stem for name in found.clip.files), []).append(found)
    masks: dict[int, tuple[FoundClip, FoundClip]] = {}
    for group in alike.values():
        if len(group) > 1:
            flat = [_is_flat(found) for found in group]
            frames = next((found for found, is_flat in zip(group, flat, strict=True) if not is_flat), None)
            if frames is not None:
                of_group = zip(group, flat, strict=True)
                masks |= {id(found): (found, frames) for found, is_flat in of_group if is_flat}
    said = [
        f"Left out, as they look like masks: the pictures of {_folder(found)}, which are named as those of "
        f"{_folder(frames)}; they come in as tracks (format davis), or choose their folder itself."
        for found, frames in masks.values()
    ]
    return [found for found in clips if id(found) not in masks], said


def _folder(found: FoundClip) -> Path:
    return (found.clip.root / found.clip.files[0]).parent


def _is_flat(found: FoundClip) -> bool:
    files = found.clip.files
    return all(
        stored.kind is Kind.INDEX or len(np.unique(stored.values)) <= _MOST
        for stored in (
            read_stored_labels(found.clip.root / files[place])
            for place in {0, len(files) // 2, len(files) - 1}
        )
    )
