"""The pictures of a report: the surest detections of a class and the objects that it misses."""

from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.annotated_picture import read_as_annotated
from core.errors import StudioError
from core.evaluation.diagnosis import ClassDiagnosis
from core.evaluation.missed import SIZES, Missed
from core.evaluation.verdicts import COLOURS, ERRORS, VERDICTS
from core.pages.templates import picture
from core.pages.thumbnails import thumbnail
from core.runs.measured_run import MeasuredRun

DETECTIONS = 24
"""Of a class that are shown, at most."""

FALSE = 12
"""Of the false detections after those that are shown, at most."""

MISSED = 12
"""Objects of a class that are shown, at most."""

LARGEST = 12_000_000
"""Bytes of all pictures on the page; those beyond are left out."""


class Tiles:
    """Makes the pictures of one page; `absent` says which could not be shown, once all are made."""

    def __init__(self, run: MeasuredRun) -> None:
        self._images = {image.id: image for image in run.images}
        self._bytes = self._absent = self._asked = self._beyond = 0
        self._folder = run.images[0].path.parent
        self._last: tuple[Path, np.ndarray] | None = None

    @property
    def absent(self) -> str:
        """Which pictures are not shown and why; empty if all are."""
        if self._absent and self._absent == self._asked:
            return f"No picture can be read in {self._folder}, so none is shown."
        said = []
        if self._absent:
            said.append(f"{self._absent} of {self._asked} pictures cannot be read in {self._folder}")
        if self._beyond:
            said.append(f"{self._beyond} are left out to keep the page small")
        return f"{', and '.join(said)}." if said else ""

    def of_class(self, of: ClassDiagnosis, threshold: float) -> dict[str, Any]:
        """The tiles of the surest detections, of false ones after them, and of missed objects, largest first.

        Args:
            of: the class.
            threshold: the score below which a detection does not find an object.
        """
        false = np.flatnonzero(np.isin(of.detections.verdicts, [VERDICTS.index(each) for each in ERRORS]))
        missed = sorted(of.missed(threshold), key=lambda each: -SIZES.index(each.size))
        shown = f", {MISSED} of them" if len(missed) > MISSED else ""
        return {
            "detections": [self._detection(of, row) for row in range(len(of.detections.scores))[:DETECTIONS]],
            "false": [self._detection(of, row) for row in false[false >= DETECTIONS][:FALSE].tolist()],
            "missed": [self._missed(of, each) for each in missed[:MISSED]],
            "missed_title": f"Objects that the surest {of.objects:,} miss{shown}",
        }

    def _detection(self, of: ClassDiagnosis, row: int) -> dict[str, Any]:
        judged = of.detections
        verdict = VERDICTS[judged.verdicts[row]]
        image, number = str(judged.images[row]), int(judged.nearest[row])
        thing = self._images[image].objects[number] if number >= 0 else None
        on = f" with {thing.name}" if thing is not None and thing.name != of.name else ""
        detail = f"score {judged.scores[row]:.3g}, IoU {judged.overlaps[row]:.2f}{on}"
        box = None if thing is None else thing.box.astype(np.float64)
        alt = f"{of.name}, {verdict}, {detail}"
        return {
            "word": str(verdict),
            "colour": COLOURS[verdict],
            "name": image,
            "detail": detail,
            "image": self._shown(image, judged.boxes[row], box, COLOURS[verdict], alt),
        }

    def _missed(self, of: ClassDiagnosis, each: Missed) -> dict[str, Any]:
        words = [each.size, *(word for word in ("truncated", "crowded") if getattr(each, word))]
        best = f"best IoU {each.best_overlap:.2f}" if each.best_overlap else "nothing near"
        detail = f"{', '.join(words)}; {best}"
        return {
            "word": "missed",
            "colour": "var(--ink)",
            "name": each.image,
            "detail": detail,
            "image": self._shown(each.image, None, each.box, "", f"{of.name}, missed, {detail}"),
        }

    def _shown(
        self, id: str, detection: np.ndarray | None, thing: np.ndarray | None, colour: str, alt: str
    ) -> dict[str, str] | None:
        """A thumbnail for the page; None where the picture is absent or the page is full."""
        self._asked += 1
        if self._bytes >= LARGEST:
            self._beyond += 1
            return None
        image = self._images[id]
        path = image.path
        if self._last is None or self._last[0] != path:
            try:
                self._last = (path, read_as_annotated(path, image.width, image.height))
            except StudioError:
                self._absent += 1
                return None
        shown = picture("jpeg", thumbnail(self._last[1], detection, thing, colour), alt)
        self._bytes += len(shown["data"])
        return shown
