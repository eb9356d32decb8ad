"""Whole files of the readers that are asked less often, made in an empty folder."""

import contextlib
import importlib.util
import io
import json
from pathlib import Path

import numpy as np

from tests.reliability.attack import Skipped


def detector(folder: Path) -> None:
    """A detector of two classes as a run leaves it, and the facts that detections are noted with."""
    import torch

    from core.detection import detector_file
    from core.detection.targets import BoxStatistics
    from core.evaluation import origin
    from core.networks.fast_rcnn import FastRCNN
    from core.networks.sizes import NETWORKS
    from core.networks.trunk import Trunk

    generator = torch.Generator().manual_seed(1)
    net = FastRCNN(Trunk(NETWORKS["tiny"]), 2, generator)
    none = BoxStatistics(np.zeros((3, 4), np.float32), np.ones((3, 4), np.float32))
    notes = {"year": "2007", "set": '"trainval"', "init": '"random"', "steps": "3"}
    size = NETWORKS["tiny"].image_size
    detector_file.save_detector(folder / detector_file.IN_RUN, net, none, ("car", "cat"), size, notes)
    origin.write(folder, "test", origin.facts_of(notes, "tiny", "fast"))


def cached_boxes(folder: Path) -> None:
    """A picture and the boxes that selective search found in it."""
    import cv2

    from core.detection.proposals import _cached

    rng = np.random.default_rng(0)
    cv2.imwrite(str(folder / "a.png"), rng.integers(0, 256, (48, 64, 3)).astype(np.uint8))
    (folder / "cache").mkdir()
    _cached(folder / "a.png", "fast", folder / "cache")


def stacks(folder: Path) -> None:
    """A TIFF of four pages, packed, and a GIF of four pictures; each in a folder of its own."""
    import cv2
    from PIL import Image

    rng = np.random.default_rng(0)
    pages = [rng.integers(0, 256, (24, 32, 3)).astype(np.uint8) for _ in range(4)]
    for name in ("tiff", "gif"):
        (folder / name).mkdir()
    assert cv2.imwritemulti(str(folder / "tiff" / "a.tif"), pages)
    first, *others = [Image.fromarray(page) for page in pages]
    first.save(folder / "gif" / "a.gif", save_all=True, append_images=others, duration=40)


def records(folder: Path) -> None:
    """What a run keeps beside its curves: held-out scores, its archive, where its AP is from."""
    from core.pretraining.record.held_out_scores import HeldOutScores

    scores = np.array([0.5, 0.25, 0.75], np.float32)
    HeldOutScores(3, scores, np.array([True, False, True]), scores).write(folder)
    packed = {"archive": str(folder / "results" / "VOC2012_test.tar.gz"), "images": 3, "detections": 9}
    (folder / "results" / "archive.json").write_text(json.dumps(packed))
    (folder / "results" / "measured_from.json").write_text(
        json.dumps({"voc": "VOC", "detections": "detections"})
    )
    (folder / "environment.json").write_text(json.dumps({"program": "1", "versions": {"torch": "2"}}))


def waiting(folder: Path) -> None:
    """A project of one clip in which a run of tracking waits for it."""
    from core.jobs import JOBS
    from core.project.project import Project
    from core.runs import waiting
    from core.trajectories import store
    from tests.studio.small_project import make_project

    with Project.open(make_project(folder / "project", folder / "frames", points=3)) as opened:
        with opened.reading() as connection:
            clips = store.clips(connection)
        run = waiting.reserve(opened, JOBS["track"], JOBS["track"].settings(spacing=12), clips, 1.0)
    run.path.rename(folder / "project" / "runs" / "track")


def matlab73(folder: Path) -> None:
    """Segmentations and boxes as MATLAB 7.3 saves them.

    Raises:
        Skipped: h5py is not installed.
    """
    if importlib.util.find_spec("h5py") is None:
        raise Skipped("h5py is not installed")
    import h5py

    from tests.core.datasets.test_mat73 import as_cell, save_v73

    def as_boxes(file: "h5py.File") -> None:
        for name, values in (("images", ("a", "b7")), ("boxes", (np.ones((3, 4)), np.full((1, 4), 2.0)))):
            cell = file.create_dataset(name, (1, 2), h5py.ref_dtype)
            cell.attrs["MATLAB_class"] = np.bytes_("cell")
            for place, value in enumerate(values):
                one = np.array([list(map(ord, value))], np.uint16) if isinstance(value, str) else value
                made = file.create_dataset(f"#refs#/{name}{place}", data=one.T)
                made.attrs["MATLAB_class"] = np.bytes_("char" if isinstance(value, str) else "double")
                cell[0, place] = made.ref

    save_v73(folder / "segmentations.mat", as_cell)
    save_v73(folder / "boxes.mat", as_boxes)


def messages(folder: Path) -> None:
    """What the window asks a segmenter, and what that answers, as they go through the pipes."""
    from core.segmentation import messages

    mask = np.zeros((12, 16), bool)
    asked = {
        "image": np.zeros((12, 16, 3), np.uint8),
        "points": np.array([[3, 4]], np.float32),
        "inside": np.array([True]),
        "marks": np.zeros(1, np.int32),
        "box": np.array([1, 1, 9, 9], np.float32),
        "mask": mask,
    }
    for name, arrays in (("question", asked), ("answer", {"mask": mask, "confidence": np.array(0.5)})):
        with contextlib.closing(io.BytesIO()) as pipe:
            messages.send(pipe, arrays)
            (folder / name).write_bytes(pipe.getvalue())
