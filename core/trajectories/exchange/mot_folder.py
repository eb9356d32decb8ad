"""What lies beside a MOTChallenge file: names of classes, the size and length of its sequence.

A sequence is a folder `<name>/gt/gt.txt` with `gt/labels.txt`, where line n names class n (as CVAT and
datumaro have it), and `seqinfo.ini`, of which `imWidth`, `imHeight` and `seqLength` are read.
"""

from dataclasses import dataclass
from pathlib import Path

from core.datasets import folder
from core.datasets.clip import Clip
from core.errors import StudioError
from core.text_file import read_lines
from core.trajectories.exchange.number_lines import split_lines
from core.trajectories.exchange.unread import refuse_lines

_PLACES = ("gt/gt.txt", "gt.txt", "gt/gt_val_half.txt", "gt/gt_train_half.txt")
_DETECTIONS = ("det/det.txt", "det.txt")
TRUTH, LABELS, INFO = "gt/gt.txt", "gt/labels.txt", "seqinfo.ini"


@dataclass(frozen=True)
class Beside:
    """A file of tracks and what is known of it.

    Attributes:
        path: of the file.
        classes: their names from class 1 on; empty without `labels.txt`.
        has_info: whether there is a `seqinfo.ini`.
        warnings: what does not agree with the clip.
    """

    path: Path
    classes: list[str]
    has_info: bool
    warnings: list[str]


def is_sequence(path: Path) -> bool:
    """Whether a folder is that of a sequence, or holds text files and no pictures."""
    if any((path / place).is_file() for place in (*_PLACES, INFO, *_DETECTIONS)):
        return True
    found = folder.files(path)
    return bool(found) and all(one.suffix.lower() == ".txt" for one in found)


def find_tracks(path: Path, clip: Clip) -> Beside:
    """The file of tracks that a path means: itself, or that of a sequence or of a tracker for the clip.

    Raises:
        StudioError: a folder has none, or the sequence is of other pictures than the clip.
    """
    file = _file(path, clip)
    labels = file.with_name("labels.txt")
    classes = [name.strip() for name in read_lines(labels)] if labels.is_file() else []
    inis = [place / INFO for place in (file.parent, file.parent.parent) if (place / INFO).is_file()]
    warnings = _compare(inis[0], clip) if inis else []
    return Beside(file, classes, bool(inis), warnings)


def _file(path: Path, clip: Clip) -> Path:
    if not path.is_dir():
        return path
    found = [path / place for place in (*_PLACES, f"{clip.name}.txt") if (path / place).is_file()]
    if not found:
        found = [one for one in folder.files(path, (".txt",)) if one.name not in ("labels.txt",)]
    if len(found) == 1 or (found and found[0].name in ("gt.txt", f"{clip.name}.txt")):
        return found[0]
    if any((path / place).is_file() for place in _DETECTIONS):
        raise StudioError(f"{path} holds detections and no tracks; choose a sequence with gt/gt.txt in it.")
    if found:
        refuse_lines(split_lines(read_lines(found[0], "latin-1")), path)
        raise StudioError(
            f"{path} holds {len(found)} text files and none named {clip.name}.txt; choose one of them."
        )
    raise StudioError(f"{path} holds no gt/gt.txt; choose the folder of a MOTChallenge sequence.")


def _compare(path: Path, clip: Clip) -> list[str]:
    pairs = [line.partition("=") for line in read_lines(path, "latin-1")]
    known = {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
    size = [known.get(name, "") for name in ("imwidth", "imheight")]
    own = [str(clip.width), str(clip.height)]
    if all(side.isdecimal() for side in size) and size != own:
        raise StudioError(
            f"{path} is of {size[0]} x {size[1]} pixels while {clip.name} has {own[0]} x {own[1]}; "
            "choose the clip it belongs to."
        )
    length = known.get("seqlength", "")
    if clip.start or clip.step > 1 or not length.isdecimal() or int(length) == clip.frames:
        return []
    return [f"{path.name} says {length} frames, while {clip.name} has {clip.frames}."]
