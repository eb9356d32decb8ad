"""A folder of images as a clip, or a folder of such folders."""

from collections import Counter
from pathlib import Path

from core.datasets.folder import natural_key
from core.datasets.found import FoundClip, FoundClips
from core.datasets.frame_folder import clip_of
from core.datasets.image import image_names, skipped
from core.events import OnProgress


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The clip of the images in a folder, in natural order; without images, one clip a subfolder.

    Raises:
        StudioError: the images of a folder differ in size, or one cannot be read.
    """
    folders = [source]
    if not image_names(source):
        inside = sorted(
            (item for item in source.iterdir() if item.is_dir()), key=lambda f: natural_key(f.name)
        )
        folders = [folder for folder in inside if image_names(folder)]
    clips = []
    for number, folder in enumerate(folders):
        on_progress(number, len(folders), folder.name)
        clips.append(_clip(folder))
    return FoundClips(format="frames", clips=tuple(clips)) if clips else None


def _clip(folder: Path) -> FoundClip:
    names = image_names(folder)
    suffix, count = Counter(Path(name).suffix.lower() for name in names).most_common(1)[0]
    warnings = []
    if count < len(names):
        warnings.append(
            f"{folder.name} holds images of several types; its {count} {suffix} files were taken as frames, "
            f"the other {len(names) - count} were left out."
        )
        names = [name for name in names if Path(name).suffix.lower() == suffix]
    if gap := skipped(names):
        warnings.append(gap)
    clip = clip_of(folder, names, "frames", folder.parent)
    return FoundClip(clip=clip, warnings=tuple(warnings))
