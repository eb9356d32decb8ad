"""Moseg: BMS-26 (flat folders) and FBMS-59 (Trainingset and Testset).

A sequence folder holds its frames, a `.bmf` that lists them, and `<sequence>Def.dat`, beside them or
in `GroundTruth/`, which lists the label pictures. Source: Brox and Malik, ECCV 2010; Ochs, Malik and
Brox, PAMI 2014.

Taken as they come: a `.bmf` names `.ppm` files while `.jpg` files of the same stem are there; frame
numbers in Def.dat are 0-based places in the `.bmf`, unless the names of its input files say that they count
from 1; pixel values that Def.dat does not list are background, or the nearest region's where they are the
soft edges of a picture that was converted; the pictures of weights of FBMS's evaluation, `PROB` or a `.pgm`
beside a `.ppm`, are left out.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.datasets.folder import files, folders, natural_key
from core.datasets.found import AnnotatedFrame, FoundClip, FoundClips, FrameLabels
from core.datasets.frame_folder import clip_of
from core.datasets.frame_matching import name_of
from core.datasets.image import image_names
from core.datasets.label_meaning import nearest
from core.datasets.label_pictures import fitted, fitting
from core.datasets.label_tally import NOISE, around, histogram, surroundings
from core.datasets.moseg_lists import Definition, ListedFiles, read_bmf, read_definition
from core.datasets.stored_labels import Kind, as_colours, channels, read_stored_labels, runs_of
from core.errors import StudioError
from core.events import OnProgress

_FRAMES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp")
"""What a `.bmf` can mean by a .ppm; a .pgm is a label picture."""

_LABELS = (".png", ".bmp", ".tif", ".tiff")
"""What a label picture can have been converted to; a .pgm beside a .ppm holds weights."""

_FEW = 3  # values of a picture that Def.dat does not list; where there are more, some are soft edges


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The sequences in a folder: the folder itself, those in it, or those in Trainingset and Testset.

    Raises:
        StudioError: a sequence is broken (files missing, a `.bmf` or Def.dat that cannot be read).
    """
    sequences = _sequences(source)
    clips = []
    for number, sequence in enumerate(sequences):
        on_progress(number, len(sequences), sequence.name)
        clips.append(read_sequence(sequence))
    return FoundClips(format="moseg", clips=tuple(clips)) if clips else None


def read_sequence(folder: Path) -> FoundClip:
    """The sequence of one folder.

    Raises:
        StudioError: as `find`.
    """
    warnings: list[str] = []
    listings, definitions = _listings(folder), _definitions(folder)
    names = read_bmf(listings[0], warnings) if listings else _frame_names(folder, warnings)
    there = ListedFiles(folder)
    names = [there.meant(name, listings[0] if listings else folder, _FRAMES) for name in names]
    clip = clip_of(folder, names, "moseg", folder.parent)
    if not definitions:
        warnings.append(f"{folder.name} has no Def.dat; it was taken without objects.")
        return FoundClip(clip=clip, warnings=tuple(warnings))
    definition = read_definition(definitions[0], warnings)
    if definition.frames != len(names):
        warnings.append(
            f"{definitions[0].name} speaks of {definition.frames} frames, there are {len(names)}; "
            "the frames that are there were taken."
        )
    return FoundClip(
        clip=clip,
        annotations=_annotations(definition, names, definitions[0], warnings),
        regions=definition.regions,
        warnings=tuple(warnings),
    )


def read_labels(found: FoundClip) -> Iterator[FrameLabels]:
    """The label pictures of a sequence, decoded; object number n is region n of Def.dat.

    Raises:
        StudioError: a picture cannot be read or has another size than the frames.
    """
    said: set[str] = set()
    for annotation in found.annotations:
        labels, warnings = _regions(annotation.path, found.regions)
        warnings = [*fitting(labels.shape, found.clip, annotation.path), *warnings]
        fresh = tuple(text for text in warnings if text not in said)
        said.update(fresh)
        yield FrameLabels(
            frame=annotation.frame, annotator=0, labels=fitted(labels, found.clip), warnings=fresh
        )


def _annotations(
    definition: Definition, names: Sequence[str], path: Path, warnings: list[str]
) -> tuple[AnnotatedFrame, ...]:
    """The label pictures of a Def.dat, by frame."""
    places = {name_of(name): place for place, name in enumerate(names)}
    listed = [one for one in definition.pictures if "PROB" not in one.name]
    from_one = all(places.get(name_of(one.input)) == one.frame - 1 for one in listed)
    if listed and from_one:
        warnings.append(f"{path.name} counts frames from 1, as the names of its input files show.")
    if odd := [one for one in listed if not 0 <= one.frame - from_one < len(names)]:
        sequence = path.name[: -len("Def.dat")]
        beyond = f"labels frame {odd[0].frame}, but {sequence} has the frames 0 to {len(names) - 1}"
        if len(odd) * 10 > len(listed):
            raise StudioError(f"{path} {beyond}; correct it or take the entry out.")
        warnings.append(f"Left out: {path.name} {beyond}.")
    there = ListedFiles(path.parent)
    annotations = {}
    for one in listed:
        frame = one.frame - from_one
        if not 0 <= frame < len(names):
            continue
        name, colours = one.name, one.name[:-4] + ".ppm"
        if max(definition.regions) > 255 and name.lower().endswith(".pgm") and there.holds(colours):
            name = colours  # a .pgm has no colours: it holds weights
        annotations[frame] = AnnotatedFrame(
            frame=frame, annotator=0, path=path.parent / there.meant(name, path, _LABELS)
        )
    return tuple(annotations[frame] for frame in sorted(annotations))


def _regions(path: Path, regions: tuple[int, ...]) -> tuple[np.ndarray, list[str]]:
    """Region numbers (H, W) int32 of a label picture, and what is to be said of what no region has."""
    stored = read_stored_labels(path)
    is_colour = max(regions) > 255 or stored.kind is Kind.COLOUR
    kind = Kind.COLOUR if is_colour else Kind.GRAY
    codes = as_colours(stored) if is_colour or stored.palette is not None else stored.values
    if not is_colour and stored.palette is not None:
        codes = (codes & 255).astype(np.uint8)
    order = np.argsort(regions, kind="stable")
    known = np.array(regions)[order]
    place = np.minimum(np.searchsorted(known, codes), len(regions) - 1)
    listed = known[place] == codes
    labels = np.where(listed, order[place], 0).astype(np.int32)
    if listed.all():
        return labels, []
    others = histogram(*runs_of(codes[~listed]))
    if stored.is_lossy:
        seen, own = np.unique(codes, return_inverse=True)
        ends = channels(known) if is_colour else known[:, None]
        shown = channels(seen) if is_colour else seen[:, None]
        away = np.abs(shown[:, None].astype(int) - ends.astype(int)).max(axis=2)
        own = own.reshape(codes.shape)
        labels = order[away.argmin(axis=1)][own].astype(np.int32)
        known_pixels = around(surroundings(codes, kind)[1]) & (away.min(axis=1) <= NOISE)[own]
    elif len(others) <= _FEW:
        return labels, [
            f"{path.name}: value {value} ({count} pixels) is not in Def.dat; taken as background."
            for value, count in sorted(others.items())
        ]
    else:
        known_pixels = listed | surroundings(codes, kind)[0]
    return nearest(labels, known_pixels), [
        f"The label pictures of {path.parent.name} hold values that are not in Def.dat; areas of them are "
        "background, and soft edges went to the nearest region."
    ]


def _sequences(source: Path) -> list[Path]:
    if _is_sequence(source):
        return [source]
    found = folders(source)
    for split in [item for item in found if item.name.lower() in ("trainingset", "testset")]:
        found += folders(split)
    return sorted((item for item in found if _is_sequence(item)), key=lambda item: natural_key(item.name))


def _is_sequence(folder: Path) -> bool:
    return bool(_listings(folder) or _definitions(folder))


def _listings(folder: Path) -> list[Path]:
    return sorted(files(folder, (".bmf",)), key=lambda path: path.stem != folder.name)


def _definitions(folder: Path) -> list[Path]:
    places = [folder, *(item for item in folders(folder) if item.name.lower() == "groundtruth")]
    found = [
        path for place in places for path in files(place, (".dat",)) if path.stem.lower().endswith("def")
    ]
    return sorted(found, key=lambda path: path.stem != f"{folder.name}Def")


def _frame_names(folder: Path, warnings: list[str]) -> list[str]:
    names = [name for name in image_names(folder) if name.lower().endswith((".jpg", ".jpeg", ".ppm"))]
    if not names:
        raise StudioError(f"{folder} has ground truth but neither a .bmf nor frames; restore them.")
    warnings.append(f"{folder.name} has no .bmf; its images were taken in the order of their names.")
    return names
