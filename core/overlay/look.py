"""How a scene is looked at."""

from collections.abc import Set
from dataclasses import dataclass

from core.overlay.layers import Layers
from core.overlay.mask_shapes import MaskShapes
from core.overlay.placement import Placement
from core.tracking.camera_motion import CameraMotion


@dataclass(frozen=True, eq=False)
class Look:
    """How a scene is looked at.

    Attributes:
        camera: from the frame to the pixels of the picture.
        size: width and height of the picture.
        ratio: pixels of the picture for one of the view, such as 2 on a high-density screen.
        shapes: of the clip's masks.
        layers: what is drawn.
        selection: ids; everything else is dimmed while one of them is in the scene.
        motion: of the camera, which stabilised paths leave out; None where it is not known.
    """

    camera: Placement
    size: tuple[int, int]
    ratio: float
    shapes: MaskShapes
    layers: Layers
    selection: Set[int]
    motion: CameraMotion | None = None

    @property
    def left_out(self) -> CameraMotion | None:
        """The motion that paths are drawn without."""
        return self.motion if self.layers.stabilise else None

    @property
    def line(self) -> int:
        """Width of a thin line in pixels of the picture."""
        return max(1, round(self.ratio))
