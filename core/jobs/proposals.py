"""The job that proposes boxes for the images of a VOC set."""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from core.atomic_file import write_atomically
from core.datasets.voc import VocImage, read_split
from core.detection.config import ProposalsConfig
from core.detection.proposal_file import Proposals
from core.detection.proposals import propose_all
from core.events import Event, Log, Progress
from core.runs.run_folder import RunFolder


def run(folder: RunFolder, config: ProposalsConfig) -> Iterator[Event]:
    """Propose boxes; leaves `results/proposals.json`: the `file` written and its counts."""
    out = config.out or folder.results / "proposals.npz"
    Proposals.check_place(out)
    images = read_split(config.voc, config.year, config.set)
    proposals = yield from propose_for(images, config.mode, config.cache or cache_of(folder))
    proposals.save(out)
    values = {"file": str(out), "images": len(images), "boxes": len(proposals.boxes)}
    write_atomically(folder.results / "proposals.json", json.dumps(values, indent=1).encode())
    yield Log(f"{len(proposals.boxes)} boxes for {len(images)} images of {config.set} in {out}.")


def cache_of(folder: RunFolder) -> Path:
    """Where a run keeps the boxes of images where no other place is given."""
    return folder.path / "cache"


def propose_for(images: Sequence[VocImage], mode: str, cache: Path) -> Generator[Event, None, Proposals]:
    """Selective search on every image, with progress; what is in the cache is not done again."""
    boxes = {}
    with closing(propose_all([image.path for image in images], mode, cache)) as searched:
        for number, (image, found) in enumerate(zip(images, searched, strict=True), start=1):
            boxes[image.id] = found
            count = f"picture {number:,} of {len(images):,}"
            yield Progress(number, len(images), "Proposing boxes", count)
    return Proposals.of(boxes)
