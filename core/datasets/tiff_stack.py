"""A TIFF of several pages as a clip: every page is a frame."""

import re
from pathlib import Path

from core.datasets import tiff
from core.datasets.clip import MOST_PIXELS, Clip
from core.datasets.found import FoundClip
from core.datasets.image import read_image
from core.datasets.picture_oddities import oddities
from core.errors import StudioError

_IMAGEJ = re.compile(r"^(images|channels|slices|frames)=(\d+)", re.MULTILINE)
_AXES = (("C", "channels"), ("Z", "slices"), ("T", "frames"))
_OME = re.compile(r'\bSize([CZT])="(\d+)"')


def is_stack(path: Path) -> bool:
    """Whether a file is a TIFF of several pictures; False too where it cannot be read."""
    try:
        pages = tiff.pages(path, most=2)
    except (OSError, ValueError):
        return False
    return len(pages) > 1 or (len(pages) == 1 and _noted(pages[0]).get("images", 1) > 1)


def clip_of_stack(path: Path, root: Path, name: str, are_labels: bool = False) -> FoundClip:
    """The clip of the pages of a file; smaller copies and masks among them are no frames.

    Of labels it is not said that they show dark.

    Raises:
        StudioError: it cannot be read, is cut short, too large, or lists not all of its pictures.
    """
    try:
        pages = tiff.pages(path)
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    except ValueError as error:
        raise _damaged(path) from error
    frames = [(number, page) for number, page in enumerate(pages) if not page.is_extra]
    if not frames or not all(page.is_whole and page.width and page.height for _, page in frames):
        raise _damaged(path)
    noted = _noted(pages[0])
    if noted.get("images", 1) > len(pages):
        raise StudioError(
            f"{path} is an ImageJ stack that lists {len(pages)} of its {noted['images']} pictures; save it "
            "in ImageJ by File, Save As, Image Sequence."
        )
    first = frames[0][1]
    if first.width * first.height > MOST_PIXELS:
        raise StudioError(
            f"{path} is {first.width} x {first.height} pixels, which is too large (at most {MOST_PIXELS:,} "
            "pixels); make it smaller."
        )
    taken = [number for number, page in frames if (page.width, page.height) == (first.width, first.height)]
    inside = path.relative_to(root).as_posix()
    clip = Clip(
        name=name,
        dataset="frames",
        width=first.width,
        height=first.height,
        root=root,
        files=tuple(f"{inside}#{number}" for number in taken),
    )
    read_image(root / clip.files[0])  # says what is wrong with its kind of values
    odd = [] if are_labels else oddities([root / name for name in clip.files])
    return FoundClip(clip=clip, warnings=(*_warnings(path, frames, taken, noted), *odd))


def _warnings(
    path: Path, frames: list[tuple[int, tiff.Page]], taken: list[int], noted: dict[str, int]
) -> list[str]:
    warnings, first = [], frames[0][1]
    if len(taken) < len(frames):
        size = (first.width, first.height)
        number, other = next(one for one in frames if (one[1].width, one[1].height) != size)
        warnings.append(
            f"{path.name}: {len(frames) - len(taken)} pages were left out, being of another size than the "
            f"first ({first.width} x {first.height}); page {number + 1} is {other.width} x {other.height}."
        )
    channels, slices = noted.get("channels", 1), noted.get("slices", 1)
    if channels > 1 or (slices > 1 and noted.get("frames", 1) > 1):
        parts = " and ".join(
            f"{count} {what}" for count, what in ((channels, "channels"), (slices, "slices")) if count > 1
        )
        warnings.append(
            f"{path.name} holds {parts} at every moment; its pages were taken one after the other, so take "
            f"one frame in every {channels * slices} to see one of them alone."
        )
    return warnings


def _noted(page: tiff.Page) -> dict[str, int]:
    """What ImageJ or an OME file says of a stack: images, channels, slices, frames, as far as it does."""
    if page.description.startswith("ImageJ="):
        return {name: int(count) for name, count in _IMAGEJ.findall(page.description)}
    found = dict(_OME.findall(page.description))
    return {name: int(found[key]) for key, name in _AXES if key in found}


def _damaged(path: Path) -> StudioError:
    return StudioError(f"{path} is cut short or damaged; copy it again from where it came from.")
