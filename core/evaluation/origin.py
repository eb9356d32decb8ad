"""Where detections come from: the facts that decide what their AP may be compared with.

They lie beside the comp4 files of a set, and are copied into `ap.json`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.atomic_file import write_atomically
from core.datasets import voc
from core.errors import StudioError
from core.evaluation.ap_file import read_facts
from core.record_file import parsed

_LEARNING = (
    *("seed", "steps", "learning_rate", "momentum", "weight_decay", "largest_gradient"),
    *("initialisation", "freeze_at", "calibrated", "scale_pixels", "short_side", "long_side"),
    *("images_per_step", "rois_per_image", "foreground", "difficult"),
)
"""Settings of fine-tuning whose facts have their names."""

FACTS: Mapping[str, str] = {
    "network": "network",
    "scales": "scales",
    "train_year": "year",
    "train_set": "set",
    "start": "init",
    "schedule": "schedule",
    "proposals": "proposals",
    **{name: name for name in _LEARNING},
}
"""Fact → the setting of fine-tuning that says it; but `proposals` are those of the images detected in:
a mode of selective search, or a file."""


CLASSES = "classes"
"""Beside the facts: the detector's classes; an older version did not say them, which are VOC's."""


def classes_of(known: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The classes of a detector; None where another program detected."""
    names = known.get(CLASSES)
    if isinstance(names, list) and names:
        return tuple(str(name) for name in names)
    return voc.CLASSES if known else None


def facts_of(notes: Mapping[str, str], network: str, proposals: str) -> dict[str, Any]:
    """The facts of a detector and of the boxes it is run on.

    Args:
        notes: of the detector's file, the settings as JSON; what they do not say is left out.
        network: of the detector.
        proposals: see `FACTS`.

    Raises:
        ValueError: a note is no JSON.
    """
    said = {fact: parsed(notes[name]) for fact, name in FACTS.items() if name in notes}
    return {**said, "network": network, "proposals": proposals}


def fine_tuning_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of fine-tuning that facts say, by their names; `proposals` as in `FACTS`."""
    return {setting: facts[fact] for fact, setting in FACTS.items() if fact in facts}


def file_name(set_name: str) -> str:
    """The file of the facts, beside the comp4 files of a set."""
    return f"made_by_{set_name}.json"


def write(folder: Path, set_name: str, facts: Mapping[str, Any]) -> None:
    """Write the facts of the detections of a set in a folder.

    Raises:
        OSError: the file cannot be written.
    """
    write_atomically(folder / file_name(set_name), json.dumps(dict(facts), indent=1).encode())


def read(folder: Path, set_name: str) -> dict[str, Any]:
    """All that is known about the detections of a set in a folder; empty where another program made them.

    So it is where the file is damaged.
    """
    try:
        return read_facts(folder / file_name(set_name))
    except StudioError:
        return {}
