"""Decode the label pictures of a found clip, whatever their format."""

from collections.abc import Callable, Iterator

from core.datasets import davis, moseg, vsb100
from core.datasets.found import FoundClip, FrameLabels

_READERS: dict[str, Callable[[FoundClip], Iterator[FrameLabels]]] = {
    "moseg": moseg.read_labels,
    "vsb100": vsb100.read_labels,
    "davis": davis.read_labels,
}


def read_labels(found: FoundClip) -> Iterator[FrameLabels]:
    """The label pictures of a clip, one after the other, ordered by annotator, then frame.

    Raises:
        StudioError: a picture is missing, damaged or of another size than the frames.
    """
    if found.annotations:
        yield from _READERS[found.clip.dataset](found)
