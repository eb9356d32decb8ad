"""A folder of images as a clip, or a folder of such folders; TIFF stacks, whose pages are frames."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from core.datasets import tiff
from core.datasets.file_kind import is_archive
from core.datasets.folder import entries, files, folders, holding, some
from core.datasets.found import FoundClip, FoundClips
from core.datasets.frame_folder import clip_of
from core.datasets.frame_names import gap, sequences
from core.datasets.image import image_names
from core.datasets.masks_beside import set_masks_aside
from core.datasets.picture_oddities import oddities
from core.datasets.tiff_stack import clip_of_stack, is_stack
from core.errors import StudioError
from core.events import OnProgress
from core.whole_file import open_file

_ANIMATIONS = (".gif", ".apng")  # which are read as videos where they are named
_OTHERS = {
    ".heic": "JPEG",
    ".heif": "JPEG",
    ".avif": "JPEG",
    ".jxl": "JPEG",
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"), "JPEG"),
    **dict.fromkeys((".jp2", ".exr", ".hdr", ".npy", ".dcm", ".fits"), "PNG"),
}
"""Pictures that are not read: suffix → what to save them as."""


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The clips of the images in a folder, in natural order; without images, those of its folders.

    Images of several sequences in one folder become a clip each, as do TIFF stacks.

    Raises:
        StudioError: the images of a clip differ in size, one cannot be read, or there are none but such as
            cannot be read.
    """
    if source.is_file():
        if source.suffix.lower() not in tiff.SUFFIXES:
            return None
        return FoundClips(format="frames", clips=(clip_of_stack(source, source.parent, source.stem),))
    with_images = _distinct(holding(source, image_names))
    clips, warnings = [], []
    for number, folder in enumerate(with_images):
        on_progress(number, len(with_images), folder.name)
        own, said = _clips(folder)
        clips += own
        warnings += said
    if with_images == [source]:
        others = [folder.name for folder in folders(source) if image_names(folder)]
        if others:
            warnings.append(
                f"{source.name} holds pictures itself, so those in its folders were left out "
                f"({some(others)}); choose them one by one to import them."
            )
    clips, said = set_masks_aside(clips)
    warnings += said
    animations = [path.name for folder in with_images for path in files(folder, _ANIMATIONS)]
    if animations:
        warnings.append(
            f"Left out, as they lie beside pictures: {some(animations)}; choose them one by one to import "
            "them."
        )
    left_out = _unreadable([source, *with_images] if with_images != [source] else [source])
    if not clips:
        _refuse(source, left_out)
        return None
    if left_out:
        warnings.append(f"Left out, as they cannot be read: {left_out}.")
    return FoundClips(format="frames", clips=tuple(clips), warnings=tuple(warnings))


def _distinct(places: list[Path]) -> list[Path]:
    """The same without folders that a symbolic link shows again."""
    return list({place.resolve(): place for place in reversed(places)}.values())[::-1]


def _clips(folder: Path) -> tuple[list[FoundClip], list[str]]:
    """The clips of the images in a folder, and what is to be said of the folder where there are several."""
    names, clips, root = image_names(folder), [], folder.parent
    stacks = [
        name for name in names if Path(name).suffix.lower() in tiff.SUFFIXES and is_stack(folder / name)
    ]
    set_aside = set(stacks)
    for name in stacks:
        own = folder.name if len(names) == 1 else Path(name).stem
        clips.append(clip_of_stack(folder / name, root, own))
    names = [name for name in names if name not in set_aside]
    if not names:
        return clips, []
    others, warnings = _of_single_pictures(folder, names)
    return clips + others, warnings


def _of_single_pictures(folder: Path, names: list[str]) -> tuple[list[FoundClip], list[str]]:
    suffix, count = Counter(Path(name).suffix.lower() for name in names).most_common(1)[0]
    warnings = []
    if count < len(names):
        warnings.append(_other_types(folder, names, suffix, count))
        names = [name for name in names if Path(name).suffix.lower() == suffix]
    found = sequences(names)
    if found.stray:
        warnings.append(
            f"{folder.name}: left out, being named otherwise than the frames: {some(list(found.stray))}."
        )
    if len(found.by_label) > 1:
        labels = some([label or "only numbers" for label in found.by_label])
        warnings.append(
            f"By their names, {folder.name} holds {len(found.by_label)} sequences of pictures ({labels}); "
            "each became a clip of its own."
        )
    clips = []
    for label, own in found.by_label.items():
        clip = clip_of(
            folder, own, "frames", folder.parent, f"{folder.name}-{label}" if label else folder.name
        )
        odd = oddities([folder / name for name in own])
        leap = gap(own)
        clips.append(FoundClip(clip=clip, warnings=(leap, *odd) if leap else tuple(odd)))
    if len(clips) > 1:
        return clips, warnings
    return [replace(clips[0], warnings=(*warnings, *clips[0].warnings))], []


def _other_types(folder: Path, names: list[str], suffix: str, count: int) -> str:
    taken = {Path(name).stem for name in names if Path(name).suffix.lower() == suffix}
    others = [Path(name) for name in names if Path(name).suffix.lower() != suffix]
    told = (
        f"{folder.name} holds images of several types; its {count} {suffix} files were taken as frames, "
        f"the other {len(names) - count} were left out"
    )
    if sum(other.stem in taken for other in others) > len(others) / 2:
        told += "; named as the frames, they may be masks, which come in as tracks of the format davis"
    return told + "."


def _unreadable(places: list[Path]) -> str:
    """How many pictures of kinds that are not read lie in folders, such as `3 .heic files (save as JPEG)`."""
    counts = Counter(path.suffix.lower() for place in places for path in files(place, tuple(_OTHERS)))
    return ", ".join(
        f"{count} {suffix} file{'s' if count > 1 else ''} (save as {_OTHERS[suffix]})"
        for suffix, count in counts.items()
    )


def _refuse(source: Path, left_out: str) -> None:
    if left_out:
        raise StudioError(f"{source} holds pictures that cannot be read: {left_out}.")
    for item in entries(source):
        if item.is_file():
            with open_file(item) as file:
                if is_archive(file.read(512)):
                    raise StudioError(
                        f"{source} holds an archive ({item.name}); unpack it, then choose it again."
                    )
