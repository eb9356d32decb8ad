"""A clip's frames with its tracks over them, at full size."""

from collections.abc import Sequence

import numpy as np

from core.datasets.clip import Clip
from core.overlay.drawing import Overlay
from core.overlay.layers import Layers
from core.overlay.look import Look
from core.overlay.mask_shapes import MaskShapes
from core.overlay.placement import Placement
from core.overlay.scene import ClipTracks
from core.overlay.tags import draw_tags, font_of
from core.tracking.camera_motion import CameraMotion
from core.trajectories.model import ObjectTrajectory, PointTrajectories

_PLAIN = 720
"""Pixels of the shorter side up to which lines are one pixel wide; larger frames get wider ones."""


class Renderer:
    """Draws the tracks of one clip over its frames, as the window does with nothing selected."""

    def __init__(
        self,
        clip: Clip,
        points: PointTrajectories,
        objects: Sequence[ObjectTrajectory],
        layers: Layers,
        every: PointTrajectories | None = None,
    ) -> None:
        """Draws these points and objects; `every`: the clip's points, which tell how its camera moved."""
        self._tracks = ClipTracks(points, dict(enumerate(objects)))
        self._layers = layers
        self._ratio = float(max(1, round(min(clip.width, clip.height) / _PLAIN)))
        self._motion = (
            CameraMotion(points if every is None else every) if layers.trails and layers.stabilise else None
        )
        self._look = Look(
            camera=Placement(),
            size=(clip.width, clip.height),
            ratio=self._ratio,
            shapes=MaskShapes(clip.height, clip.width),
            layers=layers,
            selection=frozenset(),
            motion=self._motion,
        )
        self._overlay = Overlay()

    def draw(self, image: np.ndarray, frame: int) -> np.ndarray:
        """A frame, (H, W, 3) uint8 RGB, with the tracks that are there over it; the frame stays as it is."""
        scene = self._tracks.at(frame)
        if self._motion is not None:
            for step in range(max(frame - self._layers.trail, 0), frame + self._layers.ahead):
                self._motion.estimate(step)
        picture = over(image, self._overlay.draw(scene, self._look))
        if self._layers.names:
            draw_tags(picture, scene, self._layers, self._look.camera, self._ratio)
        return picture


def over(image: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """A picture with another one over it.

    Args:
        image: (H, W, 3) uint8 RGB.
        drawn: (H, W) uint32 as `Overlay.draw` gives it.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    picture = np.ascontiguousarray(image).copy()
    flat, pixels = picture.reshape(-1, 3), drawn.reshape(-1)
    places = np.flatnonzero(pixels)
    pixels = pixels[places]
    seen = 255 - (pixels >> 24)
    for channel, shift in enumerate((16, 8, 0)):
        under = flat[places, channel].astype(np.uint32)
        flat[places, channel] = np.minimum((pixels >> shift & 255) + (under * seen + 127) // 255, 255)
    return picture


def without_letters(objects: Sequence[ObjectTrajectory]) -> list[str]:
    """The labels that no font here can write, each once."""
    return sorted({one.label for one in objects if font_of(one.label) is None})
