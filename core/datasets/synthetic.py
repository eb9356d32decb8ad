"""Drawn clips whose motion is known exactly: for the sample project, for tests and for measurements.

A clip is a stack of surfaces seen by a moving camera: a background, creatures (or the things of
`core.datasets.still_life`) that walk, turn, grow and wobble, and, if asked for, trunks close to the camera.
Every surface has a texture of its own and a map from the frame into it in closed form, so where a point goes
and whether it is seen is exact.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.datasets import still_life, textures
from core.errors import StudioError


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What makes a clip harder; none of it changes the truth.

    Attributes:
        motion_blur: share of the frame interval the shutter stands open, 0..1.
        shadows: creatures darken what lies beneath and beside them.
        repeated_texture: the background repeats one tile.
        parallax: trunks near the camera pass in front of everything.
    """

    motion_blur: float = 0.0
    shadows: bool = False
    repeated_texture: bool = False
    parallax: bool = False


class Surface:
    """A textured sheet: its coverage, and the maps between the frame and its texture.

    Attributes:
        texture: (h, w, 4) uint8, RGB and coverage.
        label: the object it shows, from 1; 0 for what is no object.
    """

    def __init__(
        self, rng: np.random.Generator, texture: np.ndarray, label: int, camera: "Camera", size: float
    ) -> None:
        self.texture = texture
        self.label = label
        self._camera = camera
        self._middle = np.array([texture.shape[1] / 2, texture.shape[0] / 2], np.float32)
        if label == 0:
            return
        width, height = camera.size
        # Slow Lissajous walks that cross in the middle: at most some 1.2 % of the width a frame.
        self._reach = rng.uniform(0.14, 0.26, 2) * (width, height)
        self._pace = 2 * np.pi / rng.uniform(95, 150, 2)
        self._phase = rng.uniform(0, 2 * np.pi, 2)
        self._turn = rng.uniform(0.25, 0.6), 2 * np.pi / rng.uniform(70, 120), rng.uniform(0, 2 * np.pi)
        self._growth = rng.uniform(0.1, 0.22), 2 * np.pi / rng.uniform(60, 110), rng.uniform(0, 2 * np.pi)
        self._unit = size / texture.shape[0]
        self._sway = 0.03 * texture.shape[0]
        self._wave = 2 * np.pi / (1.3 * texture.shape[0])
        self._beat = 2 * np.pi / rng.uniform(18, 34)

    def to_texture(self, xy: np.ndarray, time: float) -> np.ndarray:
        """(N, 2) points of the frame at a time (frames) → (N, 2) points of the texture, in its pixels."""
        world = _project(np.linalg.inv(self._camera.at(time)), xy)
        if self.label == 0:
            return world + self._middle
        local = _project(np.linalg.inv(self._placement(time)), world)
        return local + self._wobble(local, time) + self._middle

    def to_frame(self, points: np.ndarray, time: float) -> np.ndarray:
        """(N, 2) points of the texture → (N, 2) points of the frame at a time; inverse of `to_texture`."""
        fixed = points - self._middle
        if self.label == 0:
            return _project(self._camera.at(time), fixed)
        local = fixed
        for _ in range(24):  # the wobble contracts by 0.15 a step: exact to double precision
            local = fixed - self._wobble(local, time)
        return _project(self._camera.at(time) @ self._placement(time), local)

    def _placement(self, time: float) -> np.ndarray:
        """(3, 3): the creature's own coordinates → the world."""
        x, y = self._reach * np.sin(self._pace * time + self._phase)
        most, pace, phase = self._turn
        angle = most * np.sin(pace * time + phase)
        most, pace, phase = self._growth
        scale = self._unit * (1 + most * np.sin(pace * time + phase))
        cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
        return np.array([[cosine, -sine, x], [sine, cosine, y], [0, 0, 1]])

    def _wobble(self, local: np.ndarray, time: float) -> np.ndarray:
        wave, beat = float(self._wave), float(self._beat * time)
        across = np.sin(wave * local[:, 1] + beat)
        down = np.sin(wave * local[:, 0] + 0.7 * beat)
        return np.stack([across, down], axis=1) * local.dtype.type(self._sway)


class Camera:
    """A camera that pans, zooms, rolls and tilts a little: a homography at each time."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self.size = np.array([width, height])
        self._nearness = 1.0
        self._pan = rng.uniform(0.04, 0.1, 2) * self.size
        self._pace = 2 * np.pi / rng.uniform(80, 160, 5)
        self._phase = rng.uniform(0, 2 * np.pi, 5)

    def nearer(self, times: float) -> "Camera":
        """The same camera as it sees a sheet so many times nearer: it pans more."""
        other = copy.copy(self)
        other._nearness = times
        return other

    def at(self, time: float) -> np.ndarray:
        """(3, 3): the world, in pixels about its middle, → the frame, from its top left corner."""
        swing = np.sin(self._pace * time + self._phase)
        x, y = self._nearness * self._pan * swing[:2]
        zoom, angle, tilt = 1 + 0.06 * swing[2], 0.03 * swing[3], 0.06 * swing[4] / self.size[0]
        cosine, sine = zoom * np.cos(angle), zoom * np.sin(angle)
        view = np.array([[cosine, -sine, x], [sine, cosine, y], [tilt, -tilt / 2, 1]])
        to_corner = np.array([[1, 0, self.size[0] / 2], [0, 1, self.size[1] / 2], [0, 0, 1]])
        return to_corner @ view


@dataclass(frozen=True, eq=False)
class SyntheticClip:
    """Frames with their truth.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB.
        labels: (T, H, W) int32, 0 background, n the object n.
        sheets: (T, H, W) uint8, which of `surfaces` is seen.
        surfaces: from back to front.
    """

    frames: np.ndarray
    labels: np.ndarray
    sheets: np.ndarray
    surfaces: tuple[Surface, ...]

    def position(self, frame_from: int, xy: np.ndarray, frame_to: int) -> np.ndarray:
        """Where the surface points seen at `xy` in one frame lie in another.

        Args:
            xy: (N, 2) float, pixels, within frame `frame_from`.

        Returns:
            (N, 2) float64, exact, whether or not the points are seen there or lie within the frame.
        """
        xy = np.asarray(xy, np.float64)
        sheet = self._sheet(frame_from, xy)
        moved = np.empty_like(xy)
        for place in np.unique(sheet):
            chosen, surface = sheet == place, self.surfaces[place]
            moved[chosen] = surface.to_frame(surface.to_texture(xy[chosen], frame_from), frame_to)
        return moved

    def visible(self, frame_from: int, xy: np.ndarray, frame_to: int) -> np.ndarray:
        """(N,) bool: whether those points are within frame `frame_to` and nothing covers them."""
        moved = self.position(frame_from, xy, frame_to)
        height, width = self.sheets.shape[1:]
        inside = np.all((moved >= 0) & (moved < (width, height)), axis=1)
        seen = self._sheet(frame_to, np.where(inside[:, None], moved, 0))
        return inside & (seen == self._sheet(frame_from, np.asarray(xy, np.float64)))

    def _sheet(self, frame: int, xy: np.ndarray) -> np.ndarray:
        columns, rows = np.floor(xy).astype(int).T
        return self.sheets[frame, rows, columns]


def render_clip(
    seed: int,
    frames: int = 40,
    width: int = 320,
    height: int = 240,
    objects: int = 2,
    noise: float = 2.0,
    effects: Effects | None = None,
    things: Sequence[str] = (),
) -> SyntheticClip:
    """Draw a clip; the same arguments give the same clip.

    Args:
        objects: creatures, at most 200; a later one passes in front of an earlier one.
        things: classes of `still_life.CLASSES`; a thing of each moves, in place of the creatures.
        noise: standard deviation of the sensor's noise, in grey levels; the gain flickers by 1 %.

    Raises:
        StudioError: no frames, frames under 16 px, or too many objects.
    """
    objects = len(things) or objects
    if frames < 1 or min(width, height) < 16 or not 0 <= objects <= 200:
        raise StudioError("A drawn clip needs at least 1 frame of 16 x 16 px and at most 200 objects.")
    effects = effects or Effects()
    rng = np.random.default_rng(seed)
    surfaces = _surfaces(rng, width, height, objects, effects, things)
    gains = 1 + 0.01 * np.sin(2 * np.pi * (np.arange(frames) / 23 + rng.random()))
    images = np.empty((frames, height, width, 3), np.uint8)
    sheets = np.empty((frames, height, width), np.uint8)
    openings = np.linspace(-0.5, 0.5, 5) * effects.motion_blur if effects.motion_blur else np.zeros(1)
    for frame in range(frames):
        exposures = [_expose(surfaces, frame + opening, width, height, effects) for opening in openings]
        image = np.mean([exposure[0] for exposure in exposures], axis=0) * gains[frame]
        image += noise * rng.standard_normal(image.shape, np.float32)
        images[frame] = np.clip(np.rint(image), 0, 255)
        sheets[frame] = exposures[len(exposures) // 2][1]
    labels = np.array([surface.label for surface in surfaces], np.int32)[sheets]
    return SyntheticClip(images, labels, sheets, tuple(surfaces))


def _surfaces(
    rng: np.random.Generator,
    width: int,
    height: int,
    objects: int,
    effects: Effects,
    things: Sequence[str],
) -> list[Surface]:
    camera = Camera(rng, width, height)
    wide, high = int(1.7 * width) + 32, int(1.7 * height) + 32
    hue = rng.random()
    ground = textures.tiles if effects.repeated_texture else textures.leaves
    sheet = ground(rng, high, wide, textures.palette(rng, hue, 7))
    covered = np.full((high, wide), 255, np.uint8)
    surfaces = [Surface(rng, np.dstack([sheet, covered]), 0, camera, 0)]
    for number in range(1, objects + 1):
        size = min(width, height) * rng.uniform(0.42, 0.62) / max(1, objects / 4) ** 0.5
        across = max(16, round(1.15 * size))
        if things:
            figure = still_life.CLASSES[things[number - 1]](rng)
            sheet = cv2.resize(figure, (across, across), interpolation=cv2.INTER_AREA)
        else:
            colours = textures.palette(rng, hue + 0.25 + 0.5 * number / (objects + 1), 2)
            skin = textures.hide(rng, across, colours)
            sheet = np.dstack([skin, textures.silhouette(rng, across)])
        surfaces.append(Surface(rng, sheet, number, camera, size))
    if effects.parallax:
        bark = textures.leaves(rng, high, wide, textures.palette(rng, hue + 0.08, 4))
        sheet = np.dstack([bark, textures.trunks(rng, high, wide)])
        surfaces.append(Surface(rng, sheet, 0, camera.nearer(2.0), 0))
    return surfaces


def _expose(
    surfaces: list[Surface], time: float, width: int, height: int, effects: Effects
) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) float32 image and (H, W) uint8 sheet seen, at one instant."""
    image = np.zeros((height, width, 3), np.float32)
    seen = np.zeros((height, width), np.uint8)
    for place, surface in enumerate(surfaces):
        x1, y1, x2, y2 = _extent(surface, time, width, height)
        if x1 >= x2 or y1 >= y2:
            continue
        grid = np.mgrid[y1:y2, x1:x2][::-1].reshape(2, -1).T.astype(np.float32) + np.float32(0.5)
        places = (surface.to_texture(grid, time) - 0.5).astype(np.float32).reshape(y2 - y1, x2 - x1, 2)
        border = cv2.BORDER_REFLECT_101 if place == 0 else cv2.BORDER_CONSTANT
        painted = cv2.remap(  # type: ignore[call-overload]  # its stubs know no None
            surface.texture, places, None, cv2.INTER_LINEAR, borderMode=border
        )
        cover = painted[..., 3:].astype(np.float32) / 255
        if effects.shadows and surface.label:
            _cast_shadow(image, cover[..., 0], x1, y1)
        beneath = image[y1:y2, x1:x2]
        beneath += cover * (painted[..., :3] - beneath)
        seen[y1:y2, x1:x2][cover[..., 0] > 0.5] = place
    return image, seen


def _extent(surface: Surface, time: float, width: int, height: int) -> tuple[int, int, int, int]:
    """The part of the frame a surface can cover: columns x1..x2 and rows y1..y2."""
    if surface.label == 0:
        return 0, 0, width, height
    high, wide = surface.texture.shape[:2]
    rim = np.linspace(0, 1, 9)[:, None] * (wide, high)
    edges = [rim * (1, 0), rim * (0, 1), rim * (1, 0) + (0, high), rim * (0, 1) + (wide, 0)]
    outline = surface.to_frame(np.concatenate(edges), time)
    x1, y1 = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 2, 0)
    x2, y2 = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 2, (width, height))
    return int(x1), int(y1), int(x2), int(y2)


def _cast_shadow(image: np.ndarray, cover: np.ndarray, x: int, y: int) -> None:
    """Darken what lies beneath a creature, a little down and to the right of it."""
    height, width = image.shape[:2]
    shade = np.zeros((height, width), np.float32)
    down, right = max(2, cover.shape[0] // 14), max(2, cover.shape[1] // 14)
    part = cover[: max(0, height - y - down), : max(0, width - x - right)]
    shade[y + down : y + down + part.shape[0], x + right : x + right + part.shape[1]] = part
    image *= 1 - 0.45 * cv2.GaussianBlur(shade, (0, 0), 3)[..., None]


def _project(matrix: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """(N, 2) points through a (3, 3) homography."""
    matrix = matrix.astype(xy.dtype)
    moved = xy @ matrix[:, :2].T + matrix[:, 2]
    return moved[:, :2] / moved[:, 2:]
