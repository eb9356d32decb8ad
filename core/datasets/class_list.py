"""Which classes a detector knows: VOC's twenty, those of a file, or those that the annotations name."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.datasets.folder import natural_key
from core.datasets.voc import CLASSES, VocImage, class_name
from core.errors import StudioError
from core.text_file import read_lines

VOC = "voc"
ANNOTATIONS = "annotations"
WORDS = (VOC, ANNOTATIONS)
"""What may be chosen instead of a file."""

_LONGEST = 100  # characters of a name, which becomes part of a file's name
_MOST = 10_000
_NO_CLASSES = frozenset({"__background__", "_background_", "__ignore__"})
"""Lines of other programs' lists that stand for no class."""

_NAMED = 10  # of many classes, those that a sentence names


def chosen_classes(choice: str, images: Sequence[VocImage], set_name: str) -> tuple[str, ...]:
    """The classes of a choice, in the order of their list; those of annotations in natural order.

    Args:
        choice: of `WORDS`, or a text file with a name a line.
        images: of the set that is worked on, for `annotations`.
        set_name: of these images.

    Raises:
        StudioError: the file cannot be read or is no such list, or the set has no objects of these classes
            though it has others.
    """
    if choice == VOC:
        names = CLASSES
    elif choice == ANNOTATIONS:
        names = annotated_classes(images)
    else:
        names = read_class_list(Path(choice))
    check_known(images, names, set_name)
    return names


def read_class_list(path: Path) -> tuple[str, ...]:
    """The names in a text file, one a line; numbers before them, comments and `__background__` are no part.

    Raises:
        StudioError: it cannot be read, or is no list of classes.
    """
    lines = [class_name(line) for line in read_lines(path)]
    listed = [line for line in lines if line and not line.startswith("#")]
    numbered = [re.fullmatch(r"(\d+)\s*[:,;. ]\s*(.*\D.*)", line) for line in listed]
    numbers = [int(found[1]) for found in numbered if found]
    if len(numbers) == len(listed) > 0 and numbers in ([*range(len(listed))], [*range(1, len(listed) + 1)]):
        listed = [found[2].strip("\"' ") for found in numbered if found]
    names = tuple(dict.fromkeys(name for name in listed if name.lower() not in _NO_CLASSES))
    if not names:
        raise StudioError(f"{path} names no class; write one a line.")
    return _checked(names, str(path))


def annotated_classes(images: Iterable[VocImage]) -> tuple[str, ...]:
    """The classes of the objects of a set, in natural order; of spellings in other case the most frequent.

    Raises:
        StudioError: there are none.
    """
    counts = Counter(one.name for image in images for one in image.objects)
    by_name: dict[str, str] = {}
    for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        by_name.setdefault(name.casefold(), name)
    if not by_name:
        raise StudioError("The annotations name no class; choose another set, or name the classes.")
    return _checked(tuple(sorted(by_name.values(), key=natural_key)), "The annotations")


def _checked(names: tuple[str, ...], source: str) -> tuple[str, ...]:
    if len(names) > _MOST:
        raise StudioError(
            f"{source} names more than {_MOST:,} classes; choose a list of classes, one a line."
        )
    wrong = next((name for name in names if len(name) > _LONGEST or not name.isprintable()), None)
    if wrong is not None:
        raise StudioError(f"{source} names a class {wrong[:40]!r}, which is no name; write one name a line.")
    if "mean" in names:
        raise StudioError(f"{source} names a class 'mean', as the mean over classes is called; rename it.")
    folded = Counter(name.casefold() for name in names)
    alike = [name for name in names if folded[name.casefold()] > 1]
    if alike:
        raise StudioError(
            f"{source} names the classes {alike[0]} and {alike[1]}, which differ in case alone; "
            "keep one of them."
        )
    return names


def of_classes(images: Iterable[VocImage], classes: Sequence[str]) -> tuple[VocImage, ...]:
    """The images with those of their objects alone that are of some classes, named as these are."""
    names = {name: name for name in classes}
    folded = {name.casefold(): name for name in classes}
    found = []
    for image in images:
        if any(one.name not in names for one in image.objects):
            kept = [
                one if one.name in names else replace(one, name=folded[one.name.casefold()])
                for one in image.objects
                if one.name in names or one.name.casefold() in folded
            ]
            image = replace(image, objects=tuple(kept))
        found.append(image)
    return tuple(found)


def other_spellings(images: Iterable[VocImage], classes: Sequence[str]) -> dict[str, str]:
    """Names of objects that differ from that of a class in case alone, and its name."""
    folded = {name.casefold(): name for name in classes}
    names = {one.name for image in images for one in image.objects}.difference(classes)
    return {name: folded[name.casefold()] for name in sorted(names) if name.casefold() in folded}


def unlisted(images: Iterable[VocImage], classes: Sequence[str]) -> dict[str, int]:
    """How many objects there are of each other class, the most frequent first."""
    folded = {name.casefold() for name in classes}
    names = (one.name for image in images for one in image.objects)
    return dict(Counter(name for name in names if name.casefold() not in folded).most_common())


def in_words(counts: Mapping[str, int]) -> str:
    """Such as `15 objects of helmet (12) and head (3)`."""
    total = sum(counts.values())
    some = [f"{name} ({count:,})" for name, count in list(counts.items())[:_NAMED]]
    some += [f"{len(counts) - _NAMED:,} more classes"] if len(counts) > _NAMED else []
    listed = " and ".join(filter(None, (", ".join(some[:-1]), some[-1])))
    return f"{total:,} object{'s' if total > 1 else ''} of {listed}"


def check_known(images: Sequence[VocImage], classes: Sequence[str], set_name: str) -> None:
    """Refuse a set whose objects are all of other classes.

    Raises:
        StudioError: they are; says which and how to choose classes.
    """
    others = unlisted(images, classes)
    if others and sum(others.values()) == sum(len(image.objects) for image in images):
        listed = "VOC's twenty classes" if tuple(classes) == CLASSES else f"the classes {shortened(classes)}"
        raise StudioError(
            f"{set_name} has no object of {listed}, but {in_words(others)}; choose its classes with "
            f"--classes (field Classes): {ANNOTATIONS}, or a text file with a name a line."
        )


def shortened(classes: Sequence[str]) -> str:
    """Names in a sentence, the first few of many."""
    return ", ".join(classes[:_NAMED]) + (f" … ({len(classes)} in all)" if len(classes) > _NAMED else "")
