"""The classes that a run of fine-tuning learns, kept in the run for when it is resumed."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from core.atomic_file import write_atomically
from core.datasets.class_list import ANNOTATIONS, check_known, chosen_classes, shortened
from core.datasets.voc import CLASSES, VocImage
from core.errors import StudioError
from core.record_file import read_json

CLASSES_IN_RUN = Path("results") / "classes.json"
"""The names in the order of the detector's outputs; a run of an older version has VOC's and no file."""


def learnt_classes(run: Path, choice: str, images: Sequence[VocImage], set_name: str) -> tuple[str, ...]:
    """Those that a run was begun with, or of a new one those that are chosen.

    Args:
        run: its folder.
        choice, images, set_name: see `chosen_classes`.

    Raises:
        StudioError: there are none, or the list has changed since the run was begun.
    """
    begun = run_classes(run)
    if begun is None:
        names = chosen_classes(choice, images, set_name)
        if names != CLASSES:
            write_atomically(run / CLASSES_IN_RUN, json.dumps(names, ensure_ascii=False).encode())
        return names
    if choice == ANNOTATIONS:  # what is new among them is left out, and said
        check_known(images, begun, set_name)
    elif (now := chosen_classes(choice, images, set_name)) != begun:
        raise StudioError(
            f"The run was started with the classes {shortened(begun)}, but {choice} names {shortened(now)}; "
            "restore the list or start a new run."
        )
    return begun


def run_classes(run: Path) -> tuple[str, ...] | None:
    """The classes other than VOC's that a run was begun with.

    Raises:
        StudioError: they cannot be read.
    """
    path = run / CLASSES_IN_RUN
    if not os.path.lexists(path):
        return None
    names = read_json(path)
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise StudioError(f"{path} holds no list of classes; start a new run.")
    return tuple(names)
