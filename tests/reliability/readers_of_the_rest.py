"""Readers that are asked less often: detectors, stacks of pictures, MATLAB 7.3, pipes, a run that waits."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.array_file import read_arrays
from core.errors import StudioError
from core.runs.run_folder import RunFolder
from tests.reliability import mutations
from tests.reliability import samples as samples_of_clips
from tests.reliability import samples_of_results as samples_of_boxes
from tests.reliability import samples_of_the_rest as samples
from tests.reliability.reader import Reader, opened


def _detector(path: Path) -> None:
    """As `detect` reads it, and the row of a table of a run that holds it."""
    from core.detection.detector_file import load_detector
    from core.evaluation import origin
    from core.evaluation.table1 import _network

    _network(path.parents[1], {"network": "auto"})
    found = load_detector(path.parents[1])
    facts = origin.facts_of(found.notes, found.net.trunk.network.name, "fast")
    assert json.loads(json.dumps(facts)) == facts


def _cached(path: Path) -> object:
    from core.detection.proposals import cached_boxes

    found = cached_boxes(path.parents[3] / "a.png", "fast", path.parents[2])
    assert found is None or (found.ndim == 2 and found.shape[1] == 4 and np.isfinite(found).all())
    return found


def _facts(path: Path) -> object:
    from core.evaluation import origin

    facts = origin.read(path.parent, "test")
    return facts, origin.classes_of(facts), origin.fine_tuning_of(facts)


def _frames(path: Path) -> None:
    """The folder as clips, and its frames as the canvas asks for them."""
    from core.datasets.readers import find_clips
    from core.datasets.reading import open_frames

    for found in find_clips(path).clips[:3]:
        with open_frames(found.clip) as frames:
            for frame in range(1, min(found.clip.frames, 8)):
                with contextlib.suppress(StudioError):
                    frames[frame]
            frames[0]


def _scores(path: Path) -> None:
    from core.pretraining.record.held_out_scores import edges_of, read_scores

    found = read_scores(path.parents[2], 3)
    found.histogram(edges_of([found]))


def _wanted(path: Path) -> None:
    """The run whose turn has come."""
    from core.jobs import JOBS
    from core.runs import waiting

    for old in path.with_name("snapshot").iterdir():
        old.unlink()
    waiting.furnish(RunFolder(path.parent), JOBS["track"], opened(path.parents[2]))


def _archive(path: Path) -> object:
    from core.matrix.table import archive_words

    words = archive_words(RunFolder(path.parents[1]))
    assert len(words) < 2_000
    return words


def _source(path: Path) -> object:
    from core.runs.measured_run import _source

    return _source(RunFolder(path.parents[1]))


def _environment(path: Path) -> object:
    from core.runs import provenance

    return provenance.facts(RunFolder(path.parent)), provenance.data_of(RunFolder(path.parent))


def _parsed(kind: str) -> Callable[[Path], None]:
    """What the process that parses `.mat` files does with one, and who started it with what it leaves, here.

    That it dies is a sentence.
    """

    def read(path: Path) -> None:
        from core.datasets.mat_reader import arrays_or_reason

        found = arrays_or_reason(kind, path)
        if isinstance(found, str):
            raise StudioError(found)
        kept = path.with_suffix(".npz")
        np.savez_compressed(kept, **found)
        read_arrays(kept)

    return read


def _question(path: Path) -> None:
    """What the segmenter's process makes of what comes through its pipe."""
    from core.segmentation.superpixel_cut import SuperpixelCut
    from core.segmentation.worker import answer_all

    with open(path, "rb") as pipe:
        answer_all(pipe, io.BytesIO(), SuperpixelCut)


def _answer(path: Path) -> None:
    """What the window makes of an answer about a picture of 12 x 16."""
    from core.segmentation.messages import ANSWER, receive
    from core.segmentation.model_process import segmented

    with open(path, "rb") as pipe:
        answer = receive(pipe, ANSWER)
    if answer is None:
        raise StudioError("The segmenter ended.")
    found = segmented(answer, (12, 16), "model")
    assert (found.mask.shape, found.mask.dtype) == ((12, 16), bool)
    assert 0 <= found.confidence <= 1


_JSON, _ARRAYS, _BYTES = mutations.of_json, mutations.of_arrays, mutations.of_bytes

OF_THE_REST: dict[str, Reader] = {
    "detector": Reader(
        "results/detector.safetensors", mutations.of_tensors, _detector, samples.detector, 200
    ),
    "facts-of-detections": Reader("made_by_test.json", _JSON, _facts, samples.detector),
    "cached-boxes": Reader("cache/*/*/*.npy", _BYTES, _cached, samples.cached_boxes),
    "tiff-of-pages": Reader("tiff/a.tif", _BYTES, _frames, samples.stacks),
    "gif": Reader("gif/a.gif", _BYTES, _frames, samples.stacks),
    "held-out-scores": Reader("results/scores/*.npz", _ARRAYS, _scores, samples.records),
    "archive-note": Reader("results/archive.json", _JSON, _archive, samples.records),
    "source-of-an-ap": Reader("results/measured_from.json", _JSON, _source, samples.records),
    "environment": Reader("environment.json", _JSON, _environment, samples.records),
    "wanted": Reader("project/runs/track/wanted.json", _JSON, _wanted, samples.waiting),
    "mat73-segmentations": Reader(
        "segmentations.mat", mutations.of_hdf5, _parsed("segmentations"), samples.matlab73, 500, True
    ),
    "mat73-boxes": Reader("boxes.mat", mutations.of_hdf5, _parsed("boxes"), samples.matlab73, 500, True),
    "mat-segmentations": Reader(
        "vsb/General_test_fullres/Groundtruth/zoo/image001.mat",
        mutations.of_mat,
        _parsed("segmentations"),
        samples_of_clips.vsb100,
        500,
        True,
    ),
    "mat-boxes": Reader(
        "boxes.mat", mutations.of_mat, _parsed("boxes"), samples_of_boxes.proposals_of_others, 500, True
    ),
    "segmenter-question": Reader("question", mutations.of_message, _question, samples.messages),
    "segmenter-answer": Reader("answer", mutations.of_message, _answer, samples.messages),
}
"""Readers by name."""
