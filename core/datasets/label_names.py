"""What the objects of label pictures are called, where a file beside the pictures says so."""

import json
from pathlib import Path

from core.datasets.folder import same_name
from core.errors import StudioError
from core.text_file import read_lines, read_text

LABELMAP = "labelmap.txt"
"""CVAT's list beside its segmentation masks: a line `name:R,G,B:…` for each colour."""

_BACKGROUND = "background"


def names_by_colour(folder: Path) -> dict[int, str]:
    """The name of each colour, as R·65536 + G·256 + B, by the `labelmap.txt` in a folder or in the one above.

    Lines that say something else are passed over; the background has no name.
    """
    path = next((place / LABELMAP for place in (folder, folder.parent) if (place / LABELMAP).is_file()), None)
    names: dict[int, str] = {}
    for line in [] if path is None else read_lines(path, fallback="latin-1"):
        name, _, rest = line.strip().partition(":")
        parts = rest.partition(":")[0].split(",")
        if line.startswith("#") or len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
            continue
        red, green, blue = (int(part) for part in parts)
        if max(red, green, blue) <= 255 and name.strip().lower() != _BACKGROUND:
            names[red << 16 | green << 8 | blue] = name.strip()
    return names


def names_by_number(root: Path, clip: str) -> dict[int, str]:
    """The category of each object of a clip, by the `meta.json` of YouTube-VOS in the folder `root`.

    Empty where there is none, or one that says something else.
    """
    path = root / "meta.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(read_text(path))
    except (StudioError, ValueError, RecursionError):
        return {}
    videos = content.get("videos") if isinstance(content, dict) else None
    for name, video in videos.items() if isinstance(videos, dict) else ():
        if same_name(name) != same_name(clip) or not isinstance(video, dict):
            continue
        if isinstance(objects := video.get("objects"), dict):
            return {
                int(number): one["category"]
                for number, one in objects.items()
                if number.isdecimal() and isinstance(one, dict) and isinstance(one.get("category"), str)
            }
    return {}
