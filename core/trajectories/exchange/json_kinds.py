"""Which of the formats in JSON a file is of, by its keys."""

from pathlib import Path

from core.trajectories.exchange.reading import read_text

_KINDS = (  # format, keys of which all are there, keys of which none is
    ("youtube-vis", ("segmentations",), ("images",)),
    ("youtube-vis", ("videos", "bboxes"), ("images",)),
    ("coco", ("images",), ()),
    ("labelme", ("shapes",), ("annotations",)),
    ("sam", ("counts",), ()),
)


def kind_of_json(path: Path) -> str:
    """The name of a format; `coco`, which says what is missing, for what is of none.

    Raises:
        StudioError: the file is no text.
    """
    text = read_text(path)
    for name, present, absent in _KINDS:
        if all(f'"{key}"' in text for key in present) and not any(f'"{key}"' in text for key in absent):
            return name
    return "coco"
