"""What the patches of trajectories look like: by their colours, or fc7 of a trunk."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from core.datasets.clip import Clip
from core.datasets.patches import PatchReader
from core.geometry import areas, intersections
from core.identity.change_points import SeenTrack
from core.identity.looks import Looks
from core.networks.trunk import Trunk, normalise
from core.pairs.training_set import TrajectorySet
from core.trajectories.model import Kind

BATCH = 64
"""Patches that are cut and computed at once, about; whole frames of a clip go together."""


class Embedding:
    """The trajectories of one kind of a clip with their features; also what lies beside objects.

    Attributes:
        total: patches to compute.
    """

    def __init__(self, looks: Looks, clip: Clip, tracks: TrajectorySet) -> None:
        """`tracks` are all of the clip."""
        self._looks, self._clip, self._tracks = looks, clip, tracks
        self._boxes, self._frames = tracks.box, tracks.frame
        if tracks.kind is Kind.OBJECT:
            around = beside(tracks.box, (clip.width, clip.height))
            self._boxes = np.concatenate([tracks.box, around])
            self._frames = np.concatenate([tracks.frame, tracks.frame])
        self.total = len(self._boxes)
        self._found = np.zeros((self.total, looks.width), np.float32)

    def steps(self) -> Iterator[int]:
        """Compute; yields how many patches are done.

        Raises:
            StudioError: a frame cannot be read.
        """
        order = np.argsort(self._frames, kind="stable")
        with PatchReader([self._clip], self._looks.size) as reader:
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                nothing = np.zeros(len(rows), np.int64)
                patches = reader.read(nothing, self._frames[rows], self._boxes[rows], nothing.astype(bool))
                self._found[rows] = self._looks.of(patches)
                yield min(start + BATCH, self.total)

    def tracks(self) -> list[SeenTrack]:
        """One for each trajectory, in order, once all is computed."""
        tracks, count = self._tracks, len(self._tracks.box)
        own, other = self._found[:count], self._found[count:]
        spans = [slice(*bounds) for bounds in itertools.pairwise(tracks.offsets.tolist())]
        return [
            SeenTrack(
                int(id), tracks.frame[span], tracks.box[span], own[span], other[span] if len(other) else None
            )
            for id, span in zip(tracks.ids, spans, strict=True)
        ]


def looks_of(trunk: Trunk, device: torch.device) -> Looks:
    """What a trunk on a device sees in patches: fc7."""
    return Looks(trunk.network.input_size, trunk.network.fc, lambda patches: features(trunk, patches, device))


@torch.no_grad()
def features(trunk: Trunk, patches: np.ndarray, device: torch.device) -> np.ndarray:
    """(N, S, S, 3) uint8 RGB patches of the trunk's input size → (N, fc) float32 fc7, rows of norm 1."""
    trunk.eval()
    images = torch.from_numpy(patches).to(device).permute(0, 3, 1, 2)
    _, fc7 = trunk(normalise(images))
    return torch.nn.functional.normalize(fc7.float()).cpu().numpy()


def beside(boxes: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """For each box one of the same size right beside it: of the four, the one that lies most in the frame.

    Args:
        boxes: (N, 4) float32, pixels.
        size: width and height of the frame.

    Returns:
        (N, 4) float32.
    """
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    zero = np.zeros_like(width)
    shifts = np.stack([(width, zero), (-width, zero), (zero, height), (zero, -height)])  # (4, 2, N)
    tries = boxes + np.concatenate([shifts, shifts], axis=1).transpose(0, 2, 1)
    frame = np.array([0, 0, *size], np.float32)
    inside = intersections(tries, frame) / np.maximum(areas(tries), 1e-6)
    return tries[inside.argmax(0), np.arange(len(boxes))].astype(np.float32)
