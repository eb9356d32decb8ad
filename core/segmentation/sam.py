"""Segment Anything as it is exported to two ONNX files: an encoder of pictures, a decoder of clicks.

Both layouts are told apart by the names of the decoder's inputs. SAM 1 (Kirillov et al., ICCV 2023): the
picture is made 1024 pixels long, its rest is left empty; `image_embeddings`, `orig_im_size`. SAM 2 (Ravi et
al., 2024): the picture is stretched to a square; `image_embed`, `high_res_feats_0`, `high_res_feats_1`.
Clicks are given in pixels of what the encoder sees.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from core.errors import StudioError
from core.segmentation.model import said
from core.segmentation.segmenter import Prompts, Segmented

MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, 0..255
_SIDE = 1024
_SURE = 8.0  # logit of an earlier mask

Call = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
"""A network: arrays by the names of its inputs → arrays by the names of its outputs."""

Inputs = Mapping[str, Sequence[Any]]
"""The names of a network's inputs with their shapes; what varies is no number."""


class Sam:
    """A `Segmenter` that keeps what the encoder found in the last picture."""

    def __init__(self, encoder: Call, sees: Inputs, decoder: Call, takes: Inputs) -> None:
        """`sees` and `takes`: the inputs of the two.

        Raises:
            StudioError: the inputs are not those of an encoder and a decoder of SAM.
        """
        needed = {"point_coords", "point_labels", "mask_input", "has_mask_input"}
        self._second = "image_embed" in takes
        if (
            len(sees) != 1
            or not needed <= set(takes)
            or not ({"image_embeddings", "image_embed"} & set(takes))
        ):
            raise StudioError(
                f"The decoder takes {', '.join(takes)}; export encoder and decoder with samexporter or "
                "as segment_anything does."
            )
        self._encoder, self._decoder, self._takes = encoder, decoder, takes
        (self._input, shape), *_ = sees.items()
        self._flat = len(shape) == 3  # (H, W, 3): the encoder scales and shifts colours itself
        self._side = shape[2] if len(shape) == 4 and isinstance(shape[2], int) else _SIDE
        self._image: np.ndarray | None = None
        self._found: Mapping[str, np.ndarray] = {}

    def segment(self, image: np.ndarray, prompts: Prompts) -> Segmented:
        """See `Segmenter`; the mask is the one of the decoder's that it is surest of."""
        height, width = image.shape[:2]
        scale = self._scale(height, width)
        if self._image is None or not np.array_equal(self._image, image):
            self._found, self._image = self._encoded(image, scale), image.copy()
        points, labels = said(prompts)
        if prompts.box is None:
            points = np.concatenate((points, np.zeros((1, 2), np.float32)))
            labels = np.append(labels, np.float32(-1))  # as its authors pad
        given = {
            **self._found,
            "point_coords": (points * scale).astype(np.float32)[None],
            "point_labels": labels.astype(np.float32)[None],
            "mask_input": self._earlier(prompts.mask, scale),
            "has_mask_input": np.full(1, prompts.mask is not None, np.float32),
            "orig_im_size": np.array((height, width), np.float32),
        }
        answer = self._decoder({name: given[name] for name in self._takes if name in given})
        logits = answer.get("low_res_masks", answer.get("masks"))
        if logits is None or logits.ndim != 4:
            raise StudioError("The decoder gives no masks; export it with samexporter.")
        scores = np.ravel(answer.get("iou_predictions", np.ones(logits.shape[1])))
        best = int(scores.argmax())
        mask = self._full(logits[0, best].astype(np.float32), scale, height, width) > 0
        return Segmented(mask, float(np.clip(scores[best], 0, 1)))

    def _scale(self, height: int, width: int) -> np.ndarray:
        """(2,) pixels that the encoder sees to a pixel of the picture, across and down."""
        if self._second:
            return np.array((self._side / width, self._side / height), np.float32)
        return np.full(2, self._side / max(height, width), np.float32)

    def _encoded(self, image: np.ndarray, scale: np.ndarray) -> Mapping[str, np.ndarray]:
        height, width = image.shape[:2]
        size = max(1, int(width * scale[0] + 0.5)), max(1, int(height * scale[1] + 0.5))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale[0] < 1 else cv2.INTER_LINEAR)
        seen = small.astype(np.float32)
        if not self._flat:
            seen = ((seen - np.array(MEAN)) / np.array(DEVIATION)).astype(np.float32)
            seen = np.pad(seen, ((0, self._side - size[1]), (0, self._side - size[0]), (0, 0)))
            seen = np.ascontiguousarray(seen.transpose(2, 0, 1)[None])
        found = dict(self._encoder({self._input: seen}))
        wanted = [name for name in self._takes if name.startswith(("image_embed", "high_res_feats"))]
        if not set(wanted) <= set(found) and len(wanted) == len(found) == 1:
            return {wanted[0]: next(iter(found.values()))}  # some name it `embeddings`
        if not set(wanted) <= set(found):
            raise StudioError(f"The encoder gives {', '.join(found)}; its decoder needs {', '.join(wanted)}.")
        return {name: found[name] for name in wanted}

    def _earlier(self, mask: np.ndarray | None, scale: np.ndarray) -> np.ndarray:
        """(1, 1, S/4, S/4) float32 logits of a mask to correct."""
        side = self._side // 4
        logits = np.zeros((1, 1, side, side), np.float32)
        if mask is not None:
            size = [min(side, max(1, round(n * s / 4))) for n, s in zip(mask.shape[::-1], scale, strict=True)]
            small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
            logits[...] = -_SURE
            logits[0, 0, : size[1], : size[0]] = _SURE * (2 * small - 1)
        return logits

    def _full(self, logits: np.ndarray, scale: np.ndarray, height: int, width: int) -> np.ndarray:
        """(height, width) logits of the picture, from those of a decoder."""
        if logits.shape == (height, width):
            return logits
        seen = cv2.resize(logits, (self._side, self._side), interpolation=cv2.INTER_LINEAR)
        part = seen[: max(1, round(height * float(scale[1]))), : max(1, round(width * float(scale[0])))]
        return cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
