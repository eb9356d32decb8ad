"""Whole files of every kind, made in an empty folder: what mutants are made of."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.project.project import Project
from core.trajectories import exchange, store
from tests import bad_inputs
from tests.reliability.jobs_base import command, make_jobs_base

PICTURES = ("png", "jpg", "tif", "webp", "bmp", "ppm", "pgm")
VIDEOS = ("mp4", "mkv", "avi", "ts", "webm", "mov")


def moseg(folder: Path) -> None:
    bad_inputs.moseg(folder)


def pictures(folder: Path) -> None:
    import cv2

    pixels = np.random.default_rng(0).integers(0, 256, (9, 13, 3)).astype(np.uint8)
    for suffix in PICTURES:
        data = cv2.imencode(f".{suffix}", pixels[:, :, 0] if suffix == "pgm" else pixels)[1]
        (folder / f"a.{suffix}").write_bytes(data.tobytes())


def videos(folder: Path) -> None:
    import av

    for suffix in VIDEOS:
        codec = "libvpx" if suffix == "webm" else "mpeg4"
        with av.open(str(folder / f"a.{suffix}"), "w", options={}) as container:
            container.metadata["title"] = "A film"
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
            for shade in range(0, 250, 25):
                frame = av.VideoFrame.from_ndarray(np.full((24, 32, 3), shade, np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())


def voc(folder: Path) -> None:
    from tests.small_data import write_voc

    write_voc(folder / "VOC", 3, 2)


def davis(folder: Path) -> None:
    from tests.small_data import write_davis

    write_davis(folder / "DAVIS", ("ape",))


def vsb100(folder: Path) -> None:
    """A video of three frames, the first of them annotated."""
    import cv2
    from scipy.io import savemat

    split, cell = folder / "vsb" / "General_test_fullres", np.empty((1, 1), object)
    labels = np.full((24, 32), 3, np.uint16)
    labels[4:10, 4:12] = 7
    cell[0, 0] = {"Segmentation": labels, "Boundaries": np.zeros((24, 32), np.uint8)}
    for part in ("Images", "Groundtruth"):
        (split / part / "zoo").mkdir(parents=True)
    for number in (1, 2, 3):
        picture = cv2.imencode(".jpg", np.full((24, 32, 3), 40 * number, np.uint8))[1]
        (split / "Images" / "zoo" / f"image{number:03d}.jpg").write_bytes(picture.tobytes())
    savemat(split / "Groundtruth" / "zoo" / "image001.mat", {"groundTruth": cell}, do_compression=True)


FOREIGN = ("labelme", "sam")


def tracks(folder: Path) -> None:
    from tests.studio.small_project import make_project

    project = make_project(folder / "project", folder / "frames", points=2)
    with Project.open(project) as opened, opened.reading() as connection:
        clip = store.clip(connection, "birds")
        points, objects = store.points(connection, clip.id), store.objects(connection, clip.id)
    for name in exchange.WRITTEN:
        if name != "parquet" or importlib.util.find_spec("pyarrow"):
            (folder / name).mkdir()
            exchange.export_clip(name, clip, points, objects, folder / name)
    for name in FOREIGN:
        (folder / name).mkdir()
    shape = {"label": "car", "points": [[2, 3], [8, 6]], "shape_type": "rectangle", "group_id": 1}
    polygon = {"label": "cat", "points": [[1, 1], [9, 2], [5, 8]], "shape_type": "polygon"}
    size = {"imageHeight": 48, "imageWidth": 64, "imagePath": "..\\birds\\000.png"}
    labels = {"version": "5.4.1", "flags": {}, "shapes": [shape, polygon], **size}
    (folder / "labelme" / "000.json").write_text(json.dumps(labels))
    mask = {"size": [48, 64], "counts": [100, 10, 38, 10, 48 * 64 - 158]}
    masks = {str(frame): {"1": mask, "2": mask} for frame in range(12)}
    (folder / "sam" / "masks.json").write_text(json.dumps(masks))


def database(folder: Path) -> None:
    """A project of a clip of six frames, with an object, points, an edit undone and counts."""
    from core.project import counts
    from core.trajectories import journal
    from core.trajectories.bulk_edits import AddClips, ReplacePoints
    from tests.studio.small_project import draw_clip, draw_object, draw_points

    clip = draw_clip(folder / "frames", "birds")
    swan = replace(draw_object("swan"), frames=np.arange(3, dtype=np.int32))
    with Project.create(folder / "project") as project:
        with project.writing() as connection:
            journal.perform(connection, AddClips([(replace(clip, files=clip.files[:6]), [swan])]))
            first = store.clips(connection)[0].id
            for points in (1, 2):
                journal.perform(connection, ReplacePoints({first: draw_points(points)}))
            journal.undo(connection)
        with project.reading() as connection:
            counts.keep(project, connection, *counts.whole(project, connection))


def runs(folder: Path) -> None:
    """A project with runs of tracking, suggesting and pretraining, and what it keeps beside its database."""
    import core.jobs.pretrain  # noqa: F401 - before it forks

    base = make_jobs_base(folder)
    project, said = base / "project", folder / "said"
    pretrain = ("pretrain", "--project", project, "--network", "tiny", "--steps", "6", "--batch", "4")
    pretrain += (
        "--checkpoint-every",
        "3",
        "--report-every",
        "1",
        "--filters-every",
        "3",
        "--held-out-every",
        "3",
    )
    for words in (
        ("track", "--project", project, "--spacing", "12"),
        ("suggest", "--project", project, "--fewest", "1", "--least-confidence", "0"),
        (*pretrain, "--held-out-count", "8", "--minimum-length", "5", "--out", project / "runs" / "pretrain"),
        ("versions", "--project", project, "--save", "first"),
    ):
        code, error = command(words, said)
        assert code == 0, error
    labels = [{"name": "car", "colour": "#ff0000", "key": "1"}]
    kept = {"labels": labels, "recent": ["car"], "for_new": True}
    renaming = {"edit": 1, "before": labels, "after": labels, "place": 0, "done": True}
    done = {"threshold": 0.5, "decided": {"1": "kept"}, "skipped": ["2"], "current": "3", "seconds": [1.5]}
    for name, values in {
        "labels": kept | {"renamings": [renaming]},
        "filters": {"filters": {"long": "length > 5"}},
        "review": {"recipe": "short", "recipes": {"short": done}},
    }.items():
        (project / f"{name}.json").write_text(json.dumps(values))


def checkpoint(folder: Path) -> None:
    import torch

    from core.training.checkpoint import save_checkpoint

    net, optimizer = small_net()
    net(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    generators = {"pairs": np.random.default_rng(1).bit_generator.state}
    save_checkpoint(folder, 3, net, optimizer, generators, settings(), {"kept": [1]}, 0.5)


def small_net() -> tuple:
    import torch

    net = torch.nn.Linear(3, 2)
    return net, torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)


def settings() -> object:
    from core.pretraining.config import PretrainConfig

    return PretrainConfig()
