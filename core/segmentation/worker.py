"""A model in a process of its own: `python -m core.segmentation.worker MODEL`, asked through its pipes.

A question is a message with `image` (H, W, 3) uint8 where it is another than before, `points`, `inside`,
`marks`, and `box` and `mask` where there are any, see `Prompts`. The answer has `mask` and `confidence`, or
`error`, a sentence. It ends when nobody is there any more to ask.
"""

import os
import sys
from pathlib import Path

import numpy as np

from core.errors import StudioError
from core.segmentation.messages import receive, send
from core.segmentation.networks import open_model
from core.segmentation.segmenter import Prompts, Segmenter


def main(path: Path) -> None:
    """Answer until the pipe ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a model prints is no answer
    segmenter: Segmenter | None = None
    image = np.zeros((0, 0, 3), np.uint8)
    while (asked := receive(sys.stdin.buffer)) is not None:
        image = asked.get("image", image)
        points, inside, marks = (asked[name] for name in ("points", "inside", "marks"))
        prompts = Prompts(points, inside, marks, asked.get("box"), asked.get("mask"))
        try:
            if segmenter is None:
                segmenter = open_model(path)
            found = segmenter.segment(image, prompts)
        except StudioError as error:
            send(answers, {"error": np.array(str(error))})
        else:
            send(answers, {"mask": found.mask, "confidence": np.array(found.confidence)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
