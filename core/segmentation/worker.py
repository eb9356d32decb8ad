"""A model in a process of its own: `python -m core.segmentation.worker MODEL`, asked through its pipes.

A question is a message with `image` (H, W, 3) uint8 where it is another than before, `points`, `inside`,
`marks`, and `box` and `mask` where there are any, see `Prompts`. The answer has `mask` and `confidence`, or
`error`, a sentence. It ends when nobody is there any more to ask.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from core.errors import StudioError
from core.segmentation.messages import QUESTION, receive, send
from core.segmentation.networks import open_model
from core.segmentation.segmenter import Prompts, Segmenter


def main(path: Path) -> None:
    """Answer until the pipe ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a model prints is no answer
    answer_all(sys.stdin.buffer, answers, lambda: open_model(path))


def answer_all(questions: IO[bytes], answers: IO[bytes], opened: Callable[[], Segmenter]) -> None:
    """Answer until the pipe ends, or something else than a question comes.

    Args:
        questions: the pipe they come through.
        answers: the pipe that the answers go into.
        opened: gives the segmenter, with the first question; its StudioError is an answer.
    """
    segmenter: Segmenter | None = None
    image = np.zeros((0, 0, 3), np.uint8)
    while (asked := receive(questions, QUESTION)) is not None:
        image = asked.get("image", image)
        if not _is_whole(asked, image):
            return
        points, inside, marks = (asked[name] for name in ("points", "inside", "marks"))
        prompts = Prompts(points, inside, marks, asked.get("box"), asked.get("mask"))
        try:
            if segmenter is None:
                segmenter = opened()
            found = segmenter.segment(image, prompts)
        except StudioError as error:
            send(answers, {"error": np.array(str(error))})
        else:
            send(answers, {"mask": found.mask, "confidence": np.array(found.confidence)})


def _is_whole(asked: dict[str, np.ndarray], image: np.ndarray) -> bool:
    mask = asked.get("mask")
    return (
        {"points", "inside", "marks"} <= asked.keys()
        and image.size > 0
        and (mask is None or mask.shape == image.shape[:2])
        and bool((np.diff(asked["marks"]) >= 0).all())
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
