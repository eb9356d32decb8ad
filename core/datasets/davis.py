"""DAVIS 2016 and 2017: `JPEGImages/<resolution>/<clip>/` and `Annotations/<resolution>/<clip>/`.

2016 masks are gray, 0 or 255; 2017 masks are palette images whose pixels are object numbers (255 is
void and becomes background). A level of resolutions may be absent, as in YouTube-VOS.
Source: Perazzi et al., CVPR 2016; Pont-Tuset et al., 2017.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.datasets.folder import natural_key
from core.datasets.found import AnnotatedFrame, FoundClip, FoundClips, FrameLabels
from core.datasets.frame_folder import by_frame, clip_of, frame_names
from core.datasets.image import image_names, read_values, skipped
from core.errors import StudioError
from core.events import OnProgress

_RESOLUTIONS = ("480p", "1080p", "Full-Resolution")
_MOST_OBJECTS = 64  # DAVIS 2017 has at most 10; more values than this are the soft edges of a gray mask


def palette() -> np.ndarray:
    """(256, 3) uint8 RGB, the palette of DAVIS and VOC: the bits of an index spread over the channels."""
    index = np.arange(256)
    colours = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= (((index >> (3 * bit + channel)) & 1) << (7 - bit)).astype(np.uint8)
    return colours


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The clips of a DAVIS folder, of one of its resolutions, or the one clip of a clip's folder.

    Raises:
        StudioError: a clip has no frames, frames of several sizes, or masks without a frame.
    """
    place = _place(source)
    if place is None:
        return None
    root, resolution, only = place
    images, masks = root / "JPEGImages" / resolution, root / "Annotations" / resolution
    folders = sorted((item for item in images.iterdir() if item.is_dir()), key=lambda f: natural_key(f.name))
    folders = [folder for folder in folders if only in (None, folder.name)]
    clips = []
    for number, folder in enumerate(folders):
        on_progress(number, len(folders), folder.name)
        clips.append(_clip(root, folder, masks / folder.name))
    return FoundClips(format="davis", clips=tuple(clips)) if clips else None


def read_labels(found: FoundClip) -> Iterator[FrameLabels]:
    """The masks of a clip, decoded.

    Raises:
        StudioError: a mask cannot be read or has another size than the frames.
    """
    for annotation in found.annotations:
        values = read_values(annotation.path)
        if values.shape[:2] != (found.clip.height, found.clip.width):
            raise StudioError(
                f"{annotation.path} is {values.shape[1]} x {values.shape[0]} pixels while the frames are "
                f"{found.clip.width} x {found.clip.height}; replace it by the right mask."
            )
        labels, warnings = _objects(values, annotation.path)
        yield FrameLabels(frame=annotation.frame, annotator=0, labels=labels, warnings=warnings)


def _objects(values: np.ndarray, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Object numbers (H, W) int32 of a mask as stored."""
    if values.ndim == 3:
        if (values == values[:, :, :1]).all():  # some 2016 masks are gray stored as colour
            values = values[:, :, 0]
        else:
            return _by_colour(values, path)
    present = np.unique(values)
    if set(present.tolist()) <= {0, 255}:
        return (values == 255).astype(np.int32), ()
    if len(present) > _MOST_OBJECTS:
        warning = (
            f"{path.name} has {len(present)} gray values, so it is one soft mask; object 1 is 128 and above."
        )
        return (values >= 128).astype(np.int32), (warning,)
    return np.where(values == 255, 0, values).astype(np.int32), ()


def _by_colour(values: np.ndarray, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Object numbers of a mask whose palette was spent on colours."""
    weights = np.array([65536, 256, 1])
    codes, known = values.astype(np.int64) @ weights, palette().astype(np.int64) @ weights
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], codes), 255)
    hits = known[order][place] == codes
    objects = np.where(hits, order[place], 0).astype(np.int32)
    unknown = int((~hits).sum())
    warning = f"{path.name}: {unknown} pixels have colours outside the DAVIS palette; taken as background."
    return objects, (warning,) if unknown else ()


def _clip(root: Path, folder: Path, masks: Path) -> FoundClip:
    names = frame_names(folder)
    clip = clip_of(folder, names, "davis", root)
    pictures = [masks / name for name in image_names(masks)] if masks.is_dir() else []
    annotations = tuple(
        AnnotatedFrame(frame=frame, annotator=0, path=path)
        for frame, path in by_frame(pictures, folder, names)
    )
    warnings = [] if annotations else [f"{folder.name} has no masks; it was taken without objects."]
    if gap := skipped(names):
        warnings.append(gap)
    return FoundClip(clip=clip, annotations=annotations, warnings=tuple(warnings))


def _place(source: Path) -> tuple[Path, str, str | None] | None:
    """Root, resolution ("" without that level) and the one clip that is meant, if only one is."""
    for root in (source, *list(source.parents)[:3]):
        if not (root / "JPEGImages").is_dir() or not (root / "Annotations").is_dir():
            continue
        if (root / "ImageSets" / "Main").is_dir():  # PASCAL VOC has the same two folders
            return None
        inside = source.relative_to(root).parts[1:] if source != root else ()
        if source != root and source.relative_to(root).parts[0] not in ("JPEGImages", "Annotations"):
            return None
        resolutions = [name for name in _RESOLUTIONS if (root / "JPEGImages" / name).is_dir()]
        if not resolutions:
            return root, "", inside[0] if inside else None
        if not inside:
            return root, resolutions[0], None
        return root, inside[0], inside[1] if len(inside) > 1 else None
    return None
