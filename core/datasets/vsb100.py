"""VSB100: `<split>/Images/<video>/*.jpg` and `<split>/Groundtruth/<video>/*.mat`.

Each `.mat` holds one segmentation an annotator, of the frame of the same stem; a label means the
same region through a video. All annotators are kept. Source: Galasso et al., ICCV 2013.

A segmentation has no background label: the whole frame is divided into regions. A region counts as
background when, averaged over the frames it occurs in, it covers more than half of the pixels, or
takes more than three tenths of the frame's border (what surrounds objects runs along the border:
Wei et al., "Geodesic saliency using background priors", ECCV 2012). The rest are objects.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import beside, files, folders
from core.datasets.found import AnnotatedFrame, FoundClip, FoundClips, FrameLabels
from core.datasets.frame_folder import clip_of, frame_names
from core.datasets.frame_matching import matched
from core.datasets.label_pictures import fitted, fitting
from core.datasets.mat_reader import parsed
from core.events import OnProgress

MOST_PIXELS = 0.5
MOST_BORDER = 0.3
"""Above these mean shares of a frame's pixels, or of its border, a region is background."""


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The videos of a split, of a folder of splits, or the one video of a video's folder.

    Raises:
        StudioError: a video has no frames or frames of several sizes, a `.mat` is damaged or
            belongs to no frame.
    """
    splits, only, warnings = _splits(source)
    videos = [
        (split, folder)
        for split in splits
        for folder in folders(split / "Images")
        if only in (None, folder.name)
    ]
    if not videos:
        return None
    pictures = []
    for number, (split, folder) in enumerate(videos):
        on_progress(number, len(videos), folder.name)
        pictures.append(_pictures(split, folder))
    annotators = _annotators([[path for _, path in mats] for _, mats, _ in pictures])
    clips = [
        FoundClip(
            clip=clip,
            annotations=tuple(
                AnnotatedFrame(frame=frame, annotator=annotator, path=path)
                for annotator in range(count)
                for frame, path in mats
            ),
            warnings=tuple(said),
        )
        for (clip, mats, said), count in zip(pictures, annotators, strict=True)
    ]
    return FoundClips(format="vsb100", clips=tuple(clips), warnings=tuple(warnings))


def read_labels(found: FoundClip) -> Iterator[FrameLabels]:
    """The segmentations of a video, decoded, its background regions 0; object number n is label n.

    Raises:
        StudioError: a `.mat` is damaged, or its picture cannot be fitted to the frames.
    """
    size = (found.clip.height, found.clip.width)
    fresh: list[str] = []
    said: set[str] = set()
    paths = sorted({annotation.path for annotation in found.annotations})
    numbers = {path: number for number, path in enumerate(paths)}
    with parsed(paths) as segmentations:

        def picture(annotation: AnnotatedFrame) -> np.ndarray:
            labels = segmentations.picture(numbers[annotation.path], annotation.annotator)
            texts = []
            if labels.shape == size[::-1] != size:
                texts.append(
                    f"The segmentations of {found.clip.name} have rows for columns; they were turned."
                )
                labels = labels.T
            texts += fitting(labels.shape, found.clip, annotation.path)
            fresh.extend(text for text in texts if text not in said)
            said.update(texts)
            return fitted(labels, found.clip)

        for annotator, group in groupby(found.annotations, key=lambda item: item.annotator):
            own = [item for item in group if annotator < segmentations.annotators(numbers[item.path])]
            background = background_labels(picture(item) for item in own)
            for item in own:
                labels = picture(item)
                labels[np.isin(labels, background)] = 0
                yield FrameLabels(frame=item.frame, annotator=annotator, labels=labels, warnings=tuple(fresh))
                fresh.clear()


def background_labels(pictures: Iterable[np.ndarray]) -> list[int]:
    """The labels that count as background in one annotator's pictures of a video; see the module.

    Args:
        pictures: (H, W) integer labels, one a frame; label 0 is background in any case.
    """
    shares: dict[int, list[tuple[float, float]]] = {}
    for picture in pictures:
        border = np.concatenate((picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]))
        inside = np.bincount(picture.ravel())
        along = np.bincount(border, minlength=len(inside))
        for label in np.flatnonzero(inside).tolist():
            shares.setdefault(label, []).append((inside[label] / picture.size, along[label] / border.size))
    means = {label: np.mean(seen, axis=0) for label, seen in shares.items()}
    return sorted(
        label
        for label, (pixels, border) in means.items()
        if label == 0 or pixels > MOST_PIXELS or border > MOST_BORDER
    )


def _pictures(split: Path, folder: Path) -> tuple[Clip, list[tuple[int, Path]], list[str]]:
    """The clip of a video's folder, frame and path of each `.mat`, and warnings."""
    names = frame_names(folder)
    truth = beside(split / "Groundtruth", folder.name)
    mats = [] if truth is None else files(truth, (".mat",))
    clip = clip_of(folder, names, "vsb100", split)
    matches, warnings = matched(mats, clip)
    if not mats:
        warnings.append(f"{clip.name} has no ground truth; it was taken without objects.")
    return clip, matches, warnings


def _annotators(videos: Sequence[Sequence[Path]]) -> list[int]:
    """How many annotators each video has, given its `.mat` files: the most that one of them holds."""
    with parsed([path for paths in videos for path in paths]) as segmentations:
        counts = iter([segmentations.annotators(number) for number in range(sum(map(len, videos)))])
        return [max((next(counts) for _ in paths), default=0) for paths in videos]


def _splits(source: Path) -> tuple[list[Path], str | None, list[str]]:
    """The folders with Images and Groundtruth, the one video that is meant, and warnings."""
    if _is_split(source):
        return [source], None, []
    for split in list(source.parents)[:2]:
        if _is_split(split) and source.relative_to(split).parts[0] in ("Images", "Groundtruth"):
            inside = source.relative_to(split).parts
            return [split], inside[1] if len(inside) > 1 else None, []
    splits = [item for item in folders(source) if _is_split(item)]
    names = {split.name for split in splits}
    halves = [split for split in splits if split.name.replace("_halfres", "_fullres") in names - {split.name}]
    warnings = [
        f"{half.name} was left out, being the same at half size; choose that folder to import it."
        for half in halves
    ]
    return [split for split in splits if split not in halves], None, warnings


def _is_split(folder: Path) -> bool:
    return (folder / "Images").is_dir() and (folder / "Groundtruth").is_dir()
