"""DAVIS 2016 and 2017: `JPEGImages/<resolution>/<clip>/` and `Annotations/<resolution>/<clip>/`.

A level of resolutions may be absent, as in YouTube-VOS, MOSE and others of the same layout; masks may be
there for some frames, in another resolution, or only as `Annotations_unsupervised`. What the values of
masks mean, `label_pictures.py` tells. Source: Perazzi et al., CVPR 2016; Pont-Tuset et al., 2017; Xu et
al., ECCV 2018.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.datasets.folder import beside, files, folders, same_name
from core.datasets.found import AnnotatedFrame, FoundClip, FoundClips, FrameLabels
from core.datasets.frame_folder import clip_of, frame_names
from core.datasets.frame_matching import matched
from core.datasets.frame_names import gap
from core.datasets.image import SUFFIXES, image_names
from core.datasets.label_names import names_by_number
from core.datasets.label_pictures import LabelPictures
from core.events import OnProgress

_RESOLUTIONS = ("480p", "1080p", "Full-Resolution")
_MASKS = ("Annotations", "Annotations_unsupervised")


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The clips of a DAVIS folder, of one of its resolutions, or the one clip of a clip's folder.

    Raises:
        StudioError: a clip has no frames, frames of several sizes, or too many masks without a frame.
    """
    if (source / "JPEGImages").is_dir() and (single := _lone_clip(source)) is not None:
        return FoundClips(format="davis", clips=(single,))
    place = _place(source)
    if place is None:
        return None
    root, images, masks, only = place
    chosen = [folder for folder in folders(images) if only in (None, folder.name)]
    clips = []
    for number, folder in enumerate(chosen):
        on_progress(number, len(chosen), folder.name)
        clips.append(_clip(root, folder, None if masks is None else beside(masks, folder.name)))
    warnings = []
    named = {same_name(folder.name) for folder in folders(images)}
    if lone := [] if masks is None else [one for one in folders(masks) if same_name(one.name) not in named]:
        names = ", ".join([one.name for one in lone[:3]] + ["…"] * (len(lone) > 3))
        warnings.append(f"Left out, having no frames: the masks of {names}.")
    return FoundClips(format="davis", clips=tuple(clips), warnings=tuple(warnings)) if clips else None


def read_labels(found: FoundClip) -> Iterator[FrameLabels]:
    """The masks of a clip, decoded.

    Raises:
        StudioError: a mask cannot be read, has another size than the frames, or holds no objects' values.
    """
    pictures = LabelPictures([annotation.path for annotation in found.annotations], found.clip)
    names = {**pictures.names, **names_by_number(found.clip.root, Path(found.clip.files[0]).parent.name)}
    warnings = pictures.warnings
    for annotation, labels in zip(found.annotations, pictures, strict=True):
        yield FrameLabels(frame=annotation.frame, annotator=0, labels=labels, warnings=warnings, names=names)
        warnings = ()


def _lone_clip(root: Path) -> FoundClip | None:
    """The clip of a folder whose frames and masks lie in JPEGImages and Annotations themselves."""
    images, masks = (
        root / "JPEGImages",
        next((root / name for name in _MASKS if (root / name).is_dir()), None),
    )
    if masks is None or not image_names(images) or not image_names(masks):
        return None
    found = _clip(root.parent, images, masks)
    return replace(found, clip=replace(found.clip, name=root.name))


def _clip(root: Path, folder: Path, masks: Path | None) -> FoundClip:
    names = frame_names(folder)
    clip = clip_of(folder, names, "davis", root)
    matches, warnings = matched([] if masks is None else files(masks, SUFFIXES), clip)
    annotations = tuple(AnnotatedFrame(frame=frame, annotator=0, path=path) for frame, path in matches)
    if not annotations:
        warnings.append(f"{folder.name} has no masks; it was taken without objects.")
    if leap := gap(names):
        warnings.append(leap)
    return FoundClip(clip=clip, annotations=annotations, warnings=tuple(warnings))


def _place(source: Path) -> tuple[Path, Path, Path | None, str | None] | None:
    """The root, the folders of frames and of masks, by clip, and the one clip that is meant, if one is."""
    for root in (source, *list(source.parents)[:3]):
        inside = source.relative_to(root).parts
        images = root / "JPEGImages"
        if not images.is_dir() or (inside and inside[0] not in ("JPEGImages", *_MASKS)):
            continue
        if image_names(images) or (root / "ImageSets" / "Main").is_dir():  # PASCAL VOC has the same folders
            return None
        kinds = [*inside[:1], *_MASKS] if inside[:1] != ("JPEGImages",) else _MASKS
        masks = next((root / name for name in kinds if (root / name).is_dir()), None)
        if masks is None and inside:
            return None
        resolutions = [name for name in _RESOLUTIONS if (images / name).is_dir()]
        if not resolutions:
            return root, images, masks, inside[1] if len(inside) > 1 else None
        wanted = [*inside[1:2], *resolutions]
        images = next(images / name for name in wanted if (images / name).is_dir())
        wanted = [*inside[1:2], images.name, *_RESOLUTIONS]
        if masks is not None:
            masks = next((masks / name for name in wanted if (masks / name).is_dir()), None)
        return root, images, masks, inside[2] if len(inside) > 2 else None
    return None
