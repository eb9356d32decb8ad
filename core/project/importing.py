"""From clips that a reader found to the one edit that brings them into a project."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from core import geometry
from core.datasets.clip import Clip
from core.datasets.found import FoundClip, FoundClips
from core.datasets.readers import read_labels
from core.errors import StudioError
from core.events import OnProgress
from core.free_name import free_name
from core.trajectories.bulk_edits import AddClips
from core.trajectories.model import ObjectTrajectory, Origin


def import_edit(
    found: FoundClips, on_progress: OnProgress = lambda done, total, what: None, taken: Collection[str] = ()
) -> AddClips:
    """Decode the label pictures of found clips into objects, one per object number and annotator.

    Args:
        found: what `core.datasets.readers.find_clips` gave.
        on_progress: called with the clip that is decoded; it may raise to give up.
        taken: names of clips in the project; a found clip of that name gets a number.

    Returns:
        The edit; its `warnings` say what was irregular and how it was taken.

    Raises:
        StudioError: a label picture is missing, damaged or of another size than the frames.
    """
    names, warnings = set(taken), list(found.warnings)
    clips = []
    for number, one in enumerate(found.clips):
        on_progress(number, len(found.clips), one.clip.name)
        clip = replace(one.clip, name=free_name(one.clip.name, names.__contains__))
        names.add(clip.name)
        _check_text(clip)
        objects, noted = _objects(one)
        clips.append((clip, objects))
        warnings += [*one.warnings, *noted]
    on_progress(len(found.clips), len(found.clips), "")
    return AddClips(clips, warnings=tuple(dict.fromkeys(warnings)))


@dataclass
class _Seen:
    """The observations of one object so far."""

    frames: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    masks: list[bytes] = field(default_factory=list)


def _objects(found: FoundClip) -> tuple[list[ObjectTrajectory], list[str]]:
    seen: dict[tuple[int, int], _Seen] = defaultdict(_Seen)
    names: dict[int, str] = {}
    warnings: list[str] = []
    for picture in read_labels(found):
        warnings += picture.warnings
        names.update(picture.names)
        for number in np.unique(picture.labels):
            if number == 0:
                continue
            mask = picture.labels == number
            box = geometry.mask_box(mask)
            assert box is not None  # the number comes from the picture
            one = seen[picture.annotator, int(number)]
            one.frames.append(picture.frame)
            one.boxes.append(box)
            one.masks.append(geometry.encode_mask(mask))
    objects = [
        ObjectTrajectory(
            frames=np.array(one.frames, np.int32),
            boxes=np.stack(one.boxes).astype(np.float32),
            origin=np.full(len(one.frames), Origin.ANNOTATED, np.uint8),
            confidence=np.ones(len(one.frames), np.float32),
            masks=tuple(one.masks),
            label=names.get(number, f"object {number}"),
            annotator=annotator,
        )
        for (annotator, number), one in sorted(seen.items())
    ]
    return objects, warnings


def _check_text(clip: Clip) -> None:
    try:
        f"{clip.root}{clip.name}".encode()
    except UnicodeEncodeError as error:
        raise StudioError(
            f"The name of the folder {str(clip.root)!r} is not valid text (UTF-8); rename it, then import it."
        ) from error
