"""DAVIS 2016 and 2017: `JPEGImages/<resolution>/<clip>/` and `Annotations/<resolution>/<clip>/`.

2016 masks are gray, 0 or 255; 2017 masks are palette images whose pixels are object numbers (255 is
void and becomes background). A level of resolutions may be absent, as in YouTube-VOS.
Source: Perazzi et al., CVPR 2016; Pont-Tuset et al., 2017.
"""

from collections.abc import Iterator
from pathlib import Path

from core.datasets.folder import beside, files, folders
from core.datasets.found import AnnotatedFrame, FoundClip, FoundClips, FrameLabels
from core.datasets.frame_folder import clip_of, frame_names
from core.datasets.frame_matching import matched
from core.datasets.frame_names import gap
from core.datasets.image import SUFFIXES
from core.datasets.label_pictures import LabelPictures
from core.events import OnProgress

_RESOLUTIONS = ("480p", "1080p", "Full-Resolution")


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
    chosen = [folder for folder in folders(images) if only in (None, folder.name)]
    clips = []
    for number, folder in enumerate(chosen):
        on_progress(number, len(chosen), folder.name)
        clips.append(_clip(root, folder, beside(masks, folder.name)))
    return FoundClips(format="davis", clips=tuple(clips)) if clips else None


def read_labels(found: FoundClip) -> Iterator[FrameLabels]:
    """The masks of a clip, decoded.

    Raises:
        StudioError: a mask cannot be read, has another size than the frames, or holds no objects' values.
    """
    pictures = LabelPictures([annotation.path for annotation in found.annotations], found.clip)
    warnings = pictures.warnings
    for annotation, labels in zip(found.annotations, pictures, strict=True):
        yield FrameLabels(
            frame=annotation.frame, annotator=0, labels=labels, warnings=warnings, names=pictures.names
        )
        warnings = ()


def _clip(root: Path, folder: Path, masks: Path | None) -> FoundClip:
    names = frame_names(folder)
    clip = clip_of(folder, names, "davis", root)
    pictures = [] if masks is None else files(masks, SUFFIXES)
    matches, warnings = matched(pictures, clip)
    annotations = tuple(AnnotatedFrame(frame=frame, annotator=0, path=path) for frame, path in matches)
    if not annotations:
        warnings.append(f"{folder.name} has no masks; it was taken without objects.")
    if leap := gap(names):
        warnings.append(leap)
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
