"""The label pictures of one clip: masks as DAVIS, YouTube-VOS, KITTI MOTS and many programs save them.

A first pass decodes each picture and counts its values; then it is decided for the whole clip which of them
are objects (`label_meaning.py`). What a picture holds is kept as runs meanwhile, so that it is decoded once.
Pictures of another size than the frames are fitted, without mixing values, where the ratio of width and
height is the same.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.datasets.label_meaning import Meaning, meaning
from core.datasets.label_names import names_by_colour
from core.datasets.label_tally import Tally
from core.datasets.stored_labels import Kind, StoredLabels, as_colours, read_stored_labels, runs_of
from core.errors import StudioError

_KEPT = 64 << 20  # bytes of runs between the passes; pictures beyond are decoded again
_ASPECT = 0.01  # by how much the ratios of width and height may differ


class LabelPictures:
    """Label pictures of a clip, decided on together.

    Iterating gives (H, W) int32 of the clip's size for each path, in order: 0 for background, n for object
    number n, the same through the clip.

    Attributes:
        warnings: sentences about what was irregular and how it was taken.
        names: what objects are called whose number says more than a number, by number.
    """

    def __init__(self, paths: Sequence[Path], clip: Clip) -> None:
        """Decode all and count their values.

        Raises:
            StudioError: a picture cannot be read or has another size, or no values of theirs are objects.
        """
        self._paths, self._clip = paths, clip
        self._kept: dict[int, tuple[Kind, np.ndarray | None, bool, np.ndarray, np.ndarray]] = {}
        self._room = _KEPT
        self._size = (clip.height, clip.width)
        self._kind, tally, warnings = self._counted()
        named = names_by_colour(paths[0].parent) if paths and self._kind is Kind.COLOUR else {}
        self._meaning: Meaning = meaning(self._kind, tally, clip.name, named)
        self.names = self._meaning.names
        self.warnings: tuple[str, ...] = (*warnings, *self._meaning.warnings)

    def __iter__(self) -> Iterator[np.ndarray]:
        for place in range(len(self._paths)):
            yield fitted(self._meaning.labels(self._values(self._picture(place))), self._clip)

    def _counted(self) -> tuple[Kind, Tally, list[str]]:
        """Of what kind the values of all pictures are, how often each occurs, and what is to be said."""
        tallies: dict[Kind, Tally] = {}
        colours: dict[int, int] = {}  # of each index that occurs
        one_palette, warnings = True, list[str]()
        for place, path in enumerate(self._paths):
            picture = read_stored_labels(path)
            if place == 0:
                warnings += fitting(picture.values.shape, self._clip, path)
                self._size = (picture.values.shape[0], picture.values.shape[1])
            elif picture.values.shape != self._size:
                height, width = picture.values.shape
                is_clips = self._size == (self._clip.height, self._clip.width)
                raise StudioError(
                    f"{path} is {width} x {height} pixels while "
                    f"{'the frames are' if is_clips else f'{self._paths[0].name} is'} {self._size[1]} x "
                    f"{self._size[0]}; replace it by the right picture."
                )
            runs = runs_of(picture.values)
            self._keep(place, picture, runs)
            tally = tallies.setdefault(picture.kind, Tally())
            tally.is_lossy |= picture.is_lossy
            tally.add(picture.values, runs, path.name, picture.kind)
            if picture.palette is not None:
                for index in np.unique(runs[0]).tolist():
                    colour = int(picture.palette[index])
                    one_palette &= colours.setdefault(index, colour) == colour
        one_palette &= colours.get(0, 0) == 0 or 0 not in colours.values()  # black is background
        grays = set(tallies[Kind.GRAY].count) if Kind.GRAY in tallies else set()
        if not one_palette:
            warnings.append(
                f"The palettes of the masks of {self._clip.name} differ, so objects are told apart by colour."
            )
        elif len(tallies) < 2:
            kind = next(iter(tallies), Kind.INDEX)
            return kind, tallies.get(kind, Tally()), warnings
        elif Kind.COLOUR not in tallies and grays <= {0, *colours}:
            return Kind.INDEX, tallies[Kind.INDEX], warnings
        return *self._recounted(), warnings

    def _recounted(self) -> tuple[Kind, Tally]:
        """Kind and tally by the colours that are seen, which are grays where none has a hue."""
        counts = {Kind.COLOUR: Tally(), Kind.GRAY: Tally()}
        for place, path in enumerate(self._paths):
            picture = self._picture(place)
            colours = as_colours(picture)
            grays = (colours & 255).astype(np.uint8)
            if Kind.GRAY in counts and (colours != grays * np.uint32(0x010101)).any():
                del counts[Kind.GRAY]
            for kind in counts:
                values = grays if kind is Kind.GRAY else colours
                counts[kind].is_lossy |= picture.is_lossy
                counts[kind].add(values, runs_of(values), path.name, kind)
        return counts.popitem()

    def _values(self, picture: StoredLabels) -> np.ndarray:
        """(H, W) values of a picture in the kind of all."""
        if picture.kind is self._kind:
            return picture.values
        if self._kind is Kind.COLOUR:
            return as_colours(picture)
        if self._kind is Kind.GRAY:
            return (as_colours(picture) & 255).astype(np.uint8)
        return picture.values

    def _keep(self, place: int, picture: StoredLabels, runs: tuple[np.ndarray, np.ndarray]) -> None:
        taken = sum(part.nbytes for part in runs)
        if taken <= self._room:
            self._room -= taken
            self._kept[place] = (picture.kind, picture.palette, picture.is_lossy, *runs)

    def _picture(self, place: int) -> StoredLabels:
        if place not in self._kept:
            return read_stored_labels(self._paths[place])
        kind, palette, is_lossy, values, lengths = self._kept[place]
        return StoredLabels(kind, np.repeat(values, lengths).reshape(self._size), palette, is_lossy)


def fitting(size: tuple[int, ...], clip: Clip, path: Path) -> list[str]:
    """A sentence where label pictures of a size (height, width) are to be fitted to a clip's; else none.

    Raises:
        StudioError: width and height have another ratio; `path` names the picture.
    """
    height, width = size
    if (height, width) == (clip.height, clip.width):
        return []
    if abs(width * clip.height / (height * clip.width) - 1) <= _ASPECT:
        return [
            f"The label pictures of {clip.name} are {width} x {height} pixels and its frames {clip.width} x "
            f"{clip.height}; they were fitted, each pixel taking the value nearest to it."
        ]
    turned = ", as if turned;" if (height, width) == (clip.width, clip.height) else ";"
    raise StudioError(
        f"{path} is {width} x {height} pixels while the frames are {clip.width} x {clip.height}{turned} "
        "replace it by the right picture."
    )


def fitted(labels: np.ndarray, clip: Clip) -> np.ndarray:
    """(h, w) labels of another size as (H, W) of a clip's, each pixel the one nearest to its centre."""
    height, width = labels.shape
    if (height, width) == (clip.height, clip.width):
        return labels
    rows = ((np.arange(clip.height) + 0.5) * height / clip.height).astype(np.int64)
    columns = ((np.arange(clip.width) + 0.5) * width / clip.width).astype(np.int64)
    fitted_labels: np.ndarray = labels[np.ix_(rows, columns)]
    return fitted_labels
