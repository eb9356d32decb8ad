"""Textures and silhouettes drawn by rule: rich in corners at all scales, and made of no photograph."""

import cv2
import numpy as np


def leaves(rng: np.random.Generator, height: int, width: int, palette: np.ndarray) -> np.ndarray:
    """Overlapping leaves of all sizes ("dead leaves"), which have the statistics of natural images.

    Args:
        palette: (K, 3) RGB in 0..255; each leaf takes one colour and varies it.

    Returns:
        (height, width, 3) uint8 RGB.

    Source: Lee, Mumford and Huang, IJCV 2001, Section 3 (sizes follow a power law).
    """
    image = np.empty((height, width, 3), np.uint8)
    image[:] = palette[0]
    count = max(150, height * width // 220)
    sizes = np.sort(4.0 * (1 - rng.random(count) * 0.995) ** -0.9)[::-1].clip(3, height / 5)
    centres = rng.random((count, 2)) * (width, height)
    colours = palette[rng.integers(len(palette), size=count)] * rng.uniform(0.6, 1.3, (count, 1))
    angles, flatness = rng.uniform(0, 180, count), rng.uniform(0.35, 1, count)
    for size, (x, y), colour, angle, flat in zip(sizes, centres, colours, angles, flatness, strict=True):
        axes = (round(size * 8), round(size * flat * 8))
        shade = tuple(float(value) for value in colour.clip(0, 255))
        centre = (round(x * 8), round(y * 8))
        cv2.ellipse(image, centre, axes, angle, 0, 360, shade, -1, cv2.LINE_AA, 3)
    return _grained(rng, image)


def tiles(rng: np.random.Generator, height: int, width: int, palette: np.ndarray) -> np.ndarray:
    """One tile of leaves repeated over and over, (height, width, 3) uint8: flow is easily one tile off."""
    tile = leaves(rng, 40, 40, palette)
    repeats = (height // 40 + 1, width // 40 + 1, 1)
    return np.tile(tile, repeats)[:height, :width].copy()


def hide(rng: np.random.Generator, size: int, palette: np.ndarray) -> np.ndarray:
    """The skin of a creature, (size, size, 3) uint8 RGB: stripes or spots bent by noise, and an eye."""
    rows, columns = np.mgrid[:size, :size].astype(np.float32) / size
    bend = noise(rng, size, size, 3) * 0.22
    if rng.random() < 0.5:
        angle, turns = rng.uniform(0, np.pi), rng.uniform(5, 9)
        wave = np.sin(2 * np.pi * turns * (columns * np.cos(angle) + rows * np.sin(angle) + bend))
    else:
        turns = rng.uniform(4, 7)
        across, down = 2 * np.pi * turns * (columns + bend), 2 * np.pi * turns * (rows + bend.T)
        wave = np.sin(across) * np.sin(down) * 1.6
    mix = np.clip(wave * 2.5 + 0.5, 0, 1)[..., None]
    image = palette[0] * mix + palette[1] * (1 - mix)
    image = image * (0.85 + 0.5 * noise(rng, size, size, 5))[..., None]
    radius = np.hypot(columns - 0.5, rows - 0.5)[..., None]
    image = (image * (1.1 - 1.1 * radius**2)).clip(0, 255).astype(np.uint8)
    eye = (round(size * 8 * rng.uniform(0.58, 0.66)), round(size * 8 * rng.uniform(0.36, 0.42)))
    for part, shade in ((0.060, (245, 245, 235)), (0.030, (25, 25, 30))):
        cv2.circle(image, eye, round(size * part * 8), shade, -1, cv2.LINE_AA, 3)
    return _grained(rng, image)


def silhouette(rng: np.random.Generator, size: int) -> np.ndarray:
    """(size, size) uint8 coverage, 0..255: a blob with limbs, star-shaped about the middle."""
    rows, columns = np.mgrid[:size, :size].astype(np.float32) + 0.5 - size / 2
    angle = np.arctan2(rows, columns)
    radius = np.full_like(angle, 0.33)
    for harmonic, most in ((2, 0.055), (3, 0.045), (4, 0.025), (5, 0.03), (7, 0.015)):
        radius += rng.uniform(0.4, 1) * most * np.cos(harmonic * angle + rng.uniform(0, 2 * np.pi))
    inside = radius * size - np.hypot(rows, columns)
    return (np.clip(inside + 0.5, 0, 1) * 255).astype(np.uint8)


def trunks(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """(height, width) uint8 coverage of a few upright, wavy trunks with wide gaps between them."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    covered = np.full((height, width), -1, np.float32)
    for place in np.arange(0.12, 1, 0.38) + rng.uniform(-0.05, 0.05, 3):
        middle = place * width + 0.02 * width * np.sin(rows / height * rng.uniform(4, 8) + rng.uniform(0, 6))
        covered = np.maximum(covered, 0.018 * width - np.abs(columns - middle))
    return (np.clip(covered + 0.5, 0, 1) * 255).astype(np.uint8)


def palette(rng: np.random.Generator, hue: float, count: int, spread: float = 0.08) -> np.ndarray:
    """(count, 3) float32 RGB in 0..255: colours around a hue (0..1), from dark to light."""
    hues = (hue + rng.uniform(-spread, spread, count)) % 1 * 180
    saturation = rng.uniform(90, 190, count)
    value = np.linspace(70, 235, count)
    hsv = np.stack([hues, saturation, value], axis=1).astype(np.uint8)[None]
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0].astype(np.float32)


def noise(rng: np.random.Generator, height: int, width: int, octaves: int) -> np.ndarray:
    """(height, width) float32 about 0..1: smooth random values at doubling frequencies."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = 3 * 2**octave
        coarse = rng.random((cells, cells), dtype=np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 0.5 ** (octave + 1)
    return total


def _grained(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    grain = rng.standard_normal((height, width), dtype=np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), 1.2) * 24 + cv2.GaussianBlur(grain, (0, 0), 4) * 60
    smooth = cv2.GaussianBlur(image, (0, 0), 0.6).astype(np.float32)
    return (smooth + grain[..., None]).clip(0, 255).astype(np.uint8)
