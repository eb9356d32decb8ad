"""A model that the person chose, asked in a process of its own: neither torch nor a crash comes near here."""

import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from core.errors import StudioError
from core.runs.launch import ROOT, worker_environment
from core.segmentation.messages import ANSWER, receive, send
from core.segmentation.segmenter import Prompts, Segmented

_LONGEST = 2_000  # letters of a sentence


class ModelProcess:
    """A `Segmenter` whose process starts with the first question, and keeps what it found in a picture."""

    def __init__(self, path: Path) -> None:
        """`path`: see `core.segmentation.model`. Nothing is read of it here."""
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None
        self._words: IO[bytes] | None = None  # what the process writes on standard error
        self._image: np.ndarray | None = None  # what it knows
        self._closed = False
        self._asking = threading.Lock()

    def segment(self, image: np.ndarray, prompts: Prompts) -> Segmented:
        """See `Segmenter`.

        Raises:
            StudioError: the model cannot be used, or its process ended; says why.
        """
        with self._asking:
            answer = self._answer(image, prompts)
            if answer is None:
                why = self._last_words()
                self._let_go()
                raise StudioError(f"The segmenter {self._path.name} ended unexpectedly{why}.")
        return segmented(answer, image.shape[:2], self._path.name)

    def close(self) -> None:
        """End the process for good, whatever it does."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._asking:
            self._let_go()

    def _answer(self, image: np.ndarray, prompts: Prompts) -> dict[str, np.ndarray] | None:
        """What the process says; None where it ended."""
        process = self._process = self._process or self._start()
        if self._closed:
            process.kill()
        asked = {"points": prompts.points, "inside": prompts.inside, "marks": prompts.marks}
        for name, array in (("box", prompts.box), ("mask", prompts.mask)):
            if array is not None:
                asked[name] = array
        if self._image is None or not np.array_equal(self._image, image):
            asked["image"], self._image = image, image
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, asked)
        except OSError:
            return None
        return receive(process.stdout, ANSWER)

    def _start(self) -> "subprocess.Popen[bytes]":
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "core.segmentation.worker", str(self._path)],
                cwd=ROOT,
                env=worker_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                creationflags=_without_a_console(),
            )
        except OSError as error:
            raise StudioError(
                f"The segmenter {self._path.name} cannot be started ({error.strerror})."
            ) from error

    def _let_go(self) -> None:
        """End the process and close what leads to it; the next question starts another."""
        process, self._process, self._image = self._process, None, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what was not sent has nobody to read it
                        pipe.close()
        if self._words is not None:
            self._words.close()
            self._words = None

    def _last_words(self) -> str:
        """The last line that the process wrote, in brackets; nothing where it said nothing."""
        if self._words is None or self._process is None:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._words.seek(0)
        lines = self._words.read().decode("utf-8", "replace").strip().splitlines()
        return f" ({lines[-1][:200]})" if lines else ""


def segmented(answer: Mapping[str, np.ndarray], shape: tuple[int, ...], name: str) -> Segmented:
    """What a segmenter found.

    Args:
        answer: arrays of the forms of `ANSWER`.
        shape: of the picture, (H, W).
        name: of the segmenter, for messages.

    Raises:
        StudioError: it says what is wrong, or gives no mask of that size.
    """
    if "error" in answer:
        raise StudioError(str(answer["error"])[:_LONGEST])
    if not {"mask", "confidence"} <= answer.keys() or answer["mask"].shape != shape:
        raise StudioError(f"The segmenter {name} gives no mask of the picture's size.")
    return Segmented(answer["mask"], float(answer["confidence"]))


def _without_a_console() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW
    return 0
