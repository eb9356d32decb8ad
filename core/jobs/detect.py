"""The job that runs a detector over a VOC set and writes comp4 files."""

import contextlib
import hashlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from core.atomic_file import check_writable
from core.datasets.annotated_picture import stored_boxes
from core.datasets.image import read_image
from core.datasets.orientation import AS_STORED
from core.datasets.voc import VocImage, read_split
from core.detection.config import DetectConfig
from core.detection.detector_file import Detector, load_detector
from core.detection.given_boxes import given_boxes
from core.detection.predict import Detected, Prepared, Rules, surest
from core.detection.proposal_file import Proposals
from core.detection.set_detection import detect_set, ready
from core.detection.unfinished import IMAGES_A_PART, Unfinished
from core.errors import StudioError
from core.evaluation import comp4, origin
from core.evaluation.voc_ap import Detections
from core.events import Event, Log, Progress, part_of
from core.jobs.proposals import cache_of, propose_for
from core.runs.run_folder import RunFolder
from core.training.ahead import mapped_ahead
from core.training.device import choose_device, prepare
from core.usable_cores import usable_cores

AHEAD = 50
"""Pictures that are read before a GPU can take them."""


def run(folder: RunFolder, config: DetectConfig) -> Generator[Event, None, None]:
    """Detect in every image of a set; all files are written at the end, one a class.

    What was detected so far is kept beside them, and a job that was stopped or killed goes on from there.
    """
    out = config.out or detections_of(folder)
    device = choose_device(config.device)
    prepare(0)
    detector = load_detector(config.run)
    with _failing_in_a_sentence(out):  # now, not after hours
        check_writable(out / comp4.file_name(config.set, detector.classes[0]))
    net = detector.net.to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images = read_split(config.voc, config.year, config.set)
    if config.proposals:
        warnings: list[str] = []
        searched, proposals = 0, given_boxes(config.proposals, images, warnings.append)
        for warning in warnings:
            yield Log(warning, "warning")
    else:
        searched = len(images)
        search = propose_for(images, config.mode, config.cache or cache_of(folder))
        proposals = yield from part_of(search, 0, 2 * searched)

    unfinished = Unfinished(out / f"unfinished_{config.set}", _key(config, detector, images, proposals))
    found = unfinished.read()
    if found:
        yield Log(f"Going on after {len(found)} of {len(images)} images, whose detections are kept.")
    rules = Rules(config.overlap, config.image_cap, config.amp, config.amp_on_cpu)

    def read(image: VocImage) -> Prepared:
        return ready(read_image(image.path), proposals[image.id], detector.size, device)

    reading = mapped_ahead(read, images[len(found) :], usable_cores(), AHEAD)
    try:
        for each in detect_set(net, reading, device, rules):
            found.append(each)
            if len(found) % IMAGES_A_PART == 0:
                with _failing_in_a_sentence(out):
                    unfinished.keep(found)
            count = f"picture {len(found):,} of {len(images):,}"
            yield Progress(searched + len(found), searched + len(images), "Detecting", count)
    finally:
        reading.close()
        with _failing_in_a_sentence(out):
            unfinished.keep(found)
    with _failing_in_a_sentence(out):
        for place, name in enumerate(detector.classes):
            of_class = detections_of_class(images, [each[place] for each in found], config.set_cap)
            comp4.write(out / comp4.file_name(config.set, name), of_class)
        boxes = str(config.proposals or config.mode)
        facts = origin.facts_of(detector.notes, net.trunk.network.name, boxes)
        origin.write(out, config.set, {**facts, origin.CLASSES: list(detector.classes)})
    unfinished.remove()


def _key(config: DetectConfig, detector: Detector, images: Sequence[VocImage], proposals: Proposals) -> str:
    """A digest of all that decides what is detected in an image, but for the device."""
    digest = hashlib.sha256()
    for tensor in detector.net.state_dict().values():
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    for image in images:
        digest.update(image.id.encode() + proposals[image.id].tobytes())
    digest.update(
        repr((detector.size, config.overlap, config.image_cap, config.amp, config.amp_on_cpu)).encode()
    )
    return digest.hexdigest()


@contextlib.contextmanager
def _failing_in_a_sentence(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StudioError(f"Cannot write to {out} ({error.strerror}); choose another folder.") from error


def detections_of(folder: RunFolder) -> Path:
    """Where a run leaves its comp4 files where no other place is given."""
    return folder.results / "detections"


def detections_of_class(images: Sequence[VocImage], found: list[Detected], set_cap: int) -> Detections:
    limit = surest(found, set_cap * len(images))
    names = [np.full(len(each.scores), image.id) for image, each in zip(images, found, strict=True)]
    scores = np.concatenate([each.scores for each in found])
    kept = scores >= limit
    return Detections(
        np.concatenate(names)[kept],
        scores[kept],
        np.concatenate([_as_annotated(each.boxes, image) for image, each in zip(images, found, strict=True)])[
            kept
        ],
    )


def _as_annotated(boxes: np.ndarray, image: VocImage) -> np.ndarray:
    """(N, 4) boxes of the upright picture in the coordinates of its annotation."""
    if image.orientation == AS_STORED:
        return boxes
    return stored_boxes(boxes, image.width, image.height, image.orientation)
