"""What the densifier keeps of the frames behind it while spans are open."""

import numpy as np

from core.tracking.composition import Composition, packed, unpacked
from core.tracking.flow_stream import FrameFlow
from core.tracking.voting import lab


class RecentFrames:
    """What open spans still need of the frames behind, by frame number."""

    def __init__(self) -> None:
        self.colours: dict[int, np.ndarray] = {}  # (H, W, 3) uint8, by `lab`
        self.out: dict[int, np.ndarray] = {}  # (H, W, 2) packed flow from frame to frame + 1
        self.back: dict[int, np.ndarray] = {}  # (H, W, 2) packed flow from frame + 1 to frame
        self.ahead: dict[int, Composition] = {}  # by keyframe, from the present frame to it
        self.paths: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}  # by keyframe and frame

    def add(self, now: FrameFlow, frame: int, keys: set[int]) -> None:
        """Take a frame; `keys` are the keyframes behind it that open spans are carried from."""
        self.colours[frame] = lab(now.image)
        if now.flows:
            self.out[frame - 1], self.back[frame - 1] = map(packed, now.flows[1])
        for key in keys:
            path = self.ahead.setdefault(key, Composition(*now.grey.shape[:2]))
            path.step(*now.flows[1][::-1])
            self.paths[key, frame] = packed(path.displacement), packed(path.confidence)

    def path(self, key: int, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Displacement and confidence from a frame to a keyframe behind it, as `Composition` has them."""
        displacement, confidence = self.paths[key, frame]
        return unpacked(displacement), unpacked(confidence)

    def forget_before(self, frame: int) -> None:
        for kept in (self.colours, self.out, self.back):
            for old in [number for number in kept if number < frame]:
                del kept[old]
        self.ahead = {key: path for key, path in self.ahead.items() if key >= frame}
        self.paths = {pair: path for pair, path in self.paths.items() if pair[0] >= frame}
