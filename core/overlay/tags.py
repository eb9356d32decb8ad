"""Numbers and names of objects, written over a frame as the window writes them."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.overlay.layers import Layers
from core.overlay.placement import Placement
from core.overlay.scene import Scene
from core.overlay.scene_colours import object_colours
from core.overlay.track_names import track_name

_SIZE = 13  # of letters, in view pixels
_WIDTH = 180  # of a name at most, in view pixels
_FONTS = (
    *(
        "DejaVuSans.ttf",
        "LiberationSans-Regular.ttf",
        "Arial.ttf",
        "NotoSansCJK-Regular.ttc",
        "msyh.ttc",
        "PingFang.ttc",
    ),
    *("Hiragino Sans GB.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc", "simsun.ttc", "Arial Unicode.ttf"),
)
"""Looked for, in this order, among the fonts of the system where Pillow's own lacks a letter."""

_NO_LETTER = "\U0010ffff"

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


def draw_tags(image: np.ndarray, scene: Scene, layers: Layers, placement: Placement, ratio: float) -> None:
    """Write the number and name of every object into a picture, at the top left of its box.

    Args:
        image: (H, W, 3) uint8 RGB, changed.
        placement: from the frame to the pixels of the picture.
        ratio: pixels of the picture for one of the view.
    """
    colours = object_colours(scene, layers)
    corners = placement.to_view(scene.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
    for one, index, (left, top, right, bottom) in zip(scene.objects, colours.index, corners, strict=True):
        if right > 0 and bottom > 0 and left < image.shape[1] and top < image.shape[0]:
            red, green, blue = colours.table[index].tolist()
            tag = _tag(shown_name(one.id, one.trajectory.label), (red, green, blue), ratio)
            _paste(image, tag, round(float(left) - ratio), round(float(top)) - tag.shape[0])


def shown_name(id: int, label: str) -> str:
    """Number and label in one line; the number alone where no font here has the letters of the label."""
    return track_name(id, label if font_of(label) is not None else "")


@lru_cache(maxsize=1024)
def font_of(text: str) -> str | None:
    """The name of a font that has all letters of a text, empty for Pillow's own; None where none has."""
    letters = {letter for letter in text if not letter.isspace()}
    return next((name for name in ("", *_FONTS) if _has(name, letters)), None)


def _has(name: str, letters: set[str]) -> bool:
    font = _font(name, _SIZE)
    if font is None:
        return False
    missing = bytes(font.getmask(_NO_LETTER))
    return all(bytes(font.getmask(letter)) != missing for letter in letters)


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None


@lru_cache(maxsize=1024)
def _tag(text: str, rgb: tuple[int, int, int], ratio: float) -> np.ndarray:
    """(h, w, 4) uint8 RGBA: the text on its colour; long names are cut."""
    font = _font(font_of(text) or "", round(_SIZE * ratio))
    assert font is not None  # Pillow's own at the least
    cut = text
    while font.getlength(cut) > _WIDTH * ratio and len(cut) > 1:
        text = cut[:-1]
        cut = text.rstrip("…")[:-1] + "…" if cut.endswith("…") else text + "…"
    pad, margin = round(4 * ratio), round(ratio)
    _, top, _, bottom = font.getbbox("Ág")
    width, height = round(font.getlength(cut)) + 2 * pad, round(bottom - top) + 4 * margin
    tag = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(tag)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), round(3 * ratio), fill=rgb)
    ink = "black" if (max(rgb) + min(rgb)) / 510 > 0.4 else "white"
    draw.text((pad, 2 * margin - top), cut, fill=ink, font=font)
    return np.asarray(tag)


def _paste(image: np.ndarray, tag: np.ndarray, x: int, y: int) -> None:
    """Lay a tag over a picture, held inside it."""
    height, width = min(tag.shape[0], image.shape[0]), min(tag.shape[1], image.shape[1])
    x, y = min(max(x, 0), image.shape[1] - width), min(max(y, 0), image.shape[0] - height)
    under, tag = image[y : y + height, x : x + width], tag[:height, :width]
    alpha = tag[..., 3:].astype(np.uint16)
    under[:] = (tag[..., :3] * alpha + under * (255 - alpha) + 127) // 255
