"""Which of the formats in JSON a file is of, by its keys."""

from pathlib import Path

from core.datasets.folder import files
from core.trajectories.exchange.json_file import json_text

_LOOKED_AT = 5  # files of a folder
_KINDS = (  # format, keys of which all are there, keys of which none is
    ("youtube-vis", ("segmentations",), ("images",)),
    ("youtube-vis", ("videos", "bboxes"), ("images",)),
    ("youtube-vis", ("videos", "file_names"), ("images",)),
    ("coco", ("images",), ()),
    ("labelme", ("shapes",), ("annotations",)),
    ("sam", ("counts",), ()),
)


def kind_of_json(path: Path) -> str:
    """The name of a format; `coco`, which says what is missing, for what is of none.

    Raises:
        StudioError: the file is no text.
    """
    text = json_text(path)
    for name, present, absent in _KINDS:
        if all(f'"{key}"' in text for key in present) and not any(f'"{key}"' in text for key in absent):
            return name
    return "coco"


def kind_of_folder(path: Path) -> str:
    """`labelme` or `sam` for a folder with JSON files of these, else `davis`.

    Raises:
        OSError: it cannot be listed.
    """
    kinds = (kind_of_json(one) for one in files(path, (".json",))[:_LOOKED_AT])
    return next((kind for kind in kinds if kind in ("labelme", "sam")), "davis")
