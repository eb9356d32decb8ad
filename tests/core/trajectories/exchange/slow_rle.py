"""COCO's compressed counts and masks, count by count and pixel by pixel: what ours is compared with."""

import numpy as np


def read_counts(text: str) -> list[int]:
    """The counts of a compressed text, as `rleFrString` of the COCO API walks through it."""
    counts: list[int] = []
    place = 0
    while place < len(text):
        value, group, more = 0, 0, True
        while more:
            character = ord(text[place]) - 48
            value |= (character & 31) << (5 * group)
            more = bool(character & 32)
            place, group = place + 1, group + 1
            if not more and character & 16:
                value |= -1 << (5 * group)
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
    return counts


def write_counts(counts: list[int]) -> str:
    """The compressed text of counts, as `rleToString` of the COCO API walks through them."""
    text = ""
    for place, count in enumerate(counts):
        value = count - (counts[place - 2] if place > 2 else 0)
        more = True
        while more:
            group, value = value & 31, value >> 5
            more = value != -1 if group & 16 else value != 0
            text += chr(group + (32 if more else 0) + 48)
    return text


def paint(counts: list[int], height: int, width: int) -> np.ndarray:
    """The pixels of counts column by column, background first."""
    pixels, place = np.zeros((height, width), bool), 0
    for number, count in enumerate(counts):
        for _ in range(count):
            pixels[place % height, place // height] = number % 2 == 1
            place += 1
    assert place == height * width
    return pixels
