"""What is odd in the annotations of a set, each kind of it in one sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from core.datasets.class_list import in_words, other_spellings, unlisted
from core.datasets.voc import VocImage

_NAMED = 3  # of many images or classes, those that a sentence names

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "no_box": "Left out of {set}, objects without a box that can be meant: {n}, the first in {where}.",
        "outside": "Boxes of {set} outside of their pictures: {n}, the first in {where}; "
        "AP takes them as they are, nothing is learnt from them.",
        "out": "Boxes of {set} that reach out of their pictures: {n}, the first in {where}; "
        "AP takes them as they are, they are learnt as far as they lie within.",
        "size": "Annotations of {set} with another size than that of the picture, which is taken: "
        "{n}, the first in {where}.",
        "turned": "Annotations of {set} made on the picture as it is stored, while its EXIF data turn it: "
        "{n}, the first in {where}; boxes are turned with it, detections are written as annotated.",
        "zero": "Boxes of {set} that begin at 0, as if corners were counted from 0: {n}, "
        "the first in {where}; they are taken as VOC's, which are counted from 1.",
        "several": "Objects of {set} with several boxes, of which the first is taken: "
        "{n}, the first in {where}.",
        "doubles": "Images of {set} with several pictures of that name: "
        "{n}; for the first, {where} is taken.",
        "renamed": "Images of {set} whose picture has the name in the annotation: {n}, the first is {where}.",
    }
)
"""Kind of an oddity → what is said of all of it; what changes the result comes first."""


def remarks_on(images: Sequence[VocImage], set_name: str, classes: Sequence[str]) -> list[str]:
    """Warnings for whoever works on a set.

    Args:
        images: as `read_split` gives them, with objects of any class.
        set_name: of the set.
        classes: those that are worked on.
    """
    said = [*_without_annotation(images, set_name), *_other_classes(images, set_name, classes)]
    spellings = other_spellings(images, classes)
    worked_on = {"", *classes, *spellings}
    odd = [one for image in images for one in image.oddities if one.name in worked_on]
    for kind, sentence in SENTENCES.items():
        those = [one for one in odd if one.kind == kind]
        if those:
            where = f"{those[0].place} ({those[0].what})"
            said.append(sentence.format(set=set_name, n=f"{len(those):,}", where=where))
    return said


def _without_annotation(images: Sequence[VocImage], set_name: str) -> list[str]:
    without = [image.id for image in images if not image.annotated]
    if not without:
        return []
    names = ", ".join(without[:_NAMED]) + (" …" if len(without) > _NAMED else "")
    count = f"{len(without):,} of {len(images):,} images"
    return [f"Left out of {set_name}: {count}, without annotation ({names})."]


def _other_classes(images: Sequence[VocImage], set_name: str, classes: Sequence[str]) -> list[str]:
    said = []
    left_out = unlisted(images, classes)
    if left_out:
        said.append(f"Left out of {set_name}: {in_words(left_out)}, which are not among the classes.")
    counts = Counter(one.name for image in images for one in image.objects)
    for spelling, name in other_spellings(images, classes).items():
        said.append(f"Taken as {name} in {set_name}: {counts[spelling]:,} of {spelling}.")
    return said
