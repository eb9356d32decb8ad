"""Every reader of files with a file of its own that is whole: what mutants are made of."""

import contextlib
import hashlib
import importlib
import importlib.util
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core import check
from core.errors import StudioError
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import exchange, journal, store
from core.trajectories.exchange.guessing import guess_format
from tests.reliability import mutations, samples
from tests.reliability.reader import Reader, opened
from tests.reliability.readers_of_kept_state import OF_KEPT_STATE
from tests.reliability.readers_of_results import OF_RESULTS
from tests.reliability.readers_of_the_rest import OF_THE_REST

MOST = 200
"""Clips, frames and pictures that are looked at after a mutant was read."""


# --- data sets, pictures and videos -----------------------------------------------------------


def _find(path: Path) -> None:
    from core.datasets.readers import find_clips, read_labels

    for one in itertools.islice(find_clips(path).clips, 3):
        for _ in itertools.islice(read_labels(one), 3):
            pass


def _picture(path: Path) -> None:
    from core.datasets.image import image_size, read_image, read_values

    for way in (image_size, read_values):
        with contextlib.suppress(StudioError):
            way(path)
    read_image(path)


def _split(path: Path) -> None:
    from core.datasets.voc import read_split

    folder = next(one for one in path.parents if one.name == "VOC2007").parent
    for image in itertools.islice(read_split(folder, 2007, "trainval"), MOST):
        assert all(np.isfinite(one.box).all() for one in image.objects)


# --- other programs' tracks -------------------------------------------------------------------


def _tracks(name: str) -> Callable[[Path], object]:
    def read(path: Path) -> None:
        from core.trajectories.bulk_edits import AddTrajectories

        top = next(one for one in path.parents if (one / "project").is_dir())
        at = next(iter((top / name).iterdir()))
        with contextlib.suppress(StudioError):
            guess_format(at)
        with opened(top / "project").reading() as connection:
            clip = store.clip(connection, "birds")
            tracks = exchange.import_tracks(name, at, clip)
            points, objects = tracks[0], tracks[1]
            with contextlib.suppress(StudioError):
                journal.perform(connection, AddTrajectories(clip.id, points, objects, "a mutant"))
            connection.rollback()

    return read


# --- the program's own ------------------------------------------------------------------------


def _resume(path: Path) -> None:
    """A checkpoint whose checksum is right, as one who makes it on purpose would see to."""
    from core.training.checkpoint import resume

    data = path.read_bytes()
    named = path.parent / "made" / f"step-00000003-{hashlib.sha256(data).hexdigest()[:16]}.safetensors"
    named.parent.mkdir(exist_ok=True)
    for old in named.parent.iterdir():
        old.unlink()
    named.write_bytes(data)
    resume(named.parent, *samples.small_net(), {"pairs": np.random.default_rng(0)}, samples.settings())


def _trunk(path: Path) -> None:
    import torch

    from core.networks.weights import load_trunk, network_of

    network_of(str(path))
    load_trunk(str(path), None, torch.Generator())


def _run(path: Path) -> RunFolder:
    return RunFolder(next(one for one in path.parents if one.parent.name == "runs"))


def _status(path: Path) -> object:
    folder = _run(path)
    return folder.status(), folder.is_alive(), folder.stop_asked()


def _events(path: Path) -> object:
    folder, offset = _run(path), 0
    for _ in range(3):
        _, offset = folder.events(offset)
    return list(itertools.islice(folder.all_events([]), 5000))


def _config(path: Path) -> None:
    from core.pretraining.config import PretrainConfig

    folder = RunFolder.open(_run(path).path)
    assert isinstance(folder.job, str)
    folder.settings_as_written()
    folder.settings(PretrainConfig)


def _snapshot(path: Path) -> None:
    from core.trajectories import snapshot, snapshot_head, snapshot_parts
    from core.trajectories.model import Kind

    folder = path.parent
    ways = (snapshot_head.read_head, snapshot_parts.snapshot_extents, snapshot_parts.snapshot_ids)
    for way in (*ways, lambda one: list(snapshot_parts.snapshot_rows(one))):
        with contextlib.suppress(*snapshot_parts.UNREAD):
            way(folder)
    with contextlib.suppress(*snapshot_parts.UNREAD):
        snapshot_parts.trajectories_digest(folder, ["birds"], list(Kind))
    snapshot.read_snapshot(folder)


def _provenance(path: Path) -> object:
    from core.runs import provenance

    return provenance.read(_run(path))


def _results(path: Path) -> None:
    from core import jobs

    jobs.result_edit(_run(path))


def _project(path: Path) -> None:
    with Project.open(path.parent) as project:
        _look_at(project)


def _open_project(path: Path) -> None:
    """A project that was open already when its database changed."""
    _look_at(opened(path.parent))


def _look_at(project: Project) -> None:
    """All that `check`, `info` and the first look of the window read."""
    found = check.problems(project)
    with project.reading() as connection:
        for one in store.summaries(connection):
            store.points(connection, one.clip.id), store.objects(connection, one.clip.id)
        journal.history(connection)
    if found:
        raise StudioError(found[0])


def _head(path: Path) -> None:
    with Project.open(path.parent) as project, project.reading() as connection:
        store.summaries(connection)


def _counts(path: Path) -> object:
    from core.project import counts

    project = opened(path.parents[1])
    with project.reading() as connection:
        return counts.summaries(project, connection), counts.whole(project, connection)


def _of_project(module: str, function: str) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        return getattr(importlib.import_module(module), function)(path.parent)

    return read


_JSON, _ARRAYS, _TEXT, _BYTES = mutations.of_json, mutations.of_arrays, mutations.of_text, mutations.of_bytes
_PIXELS = {"png": mutations.of_png}
_RUNS, _VIDEOS = samples.runs, samples.VIDEOS
_RUN = "base/project/runs/pretrain"


def _kinds_of_tracks() -> dict[str, Reader]:
    ways = {"coco": _JSON, "youtube-vis": _JSON, "parquet": mutations.of_parquet, "tapvid": _ARRAYS}
    ways |= {"davis": mutations.of_png}
    return {
        f"tracks-{name}": Reader(f"{name}/**/*.*", ways.get(name, _TEXT), _tracks(name), samples.tracks)
        for name in exchange.WRITTEN
        if name != "parquet" or importlib.util.find_spec("pyarrow")
    }


_FOREIGN = {
    f"tracks-{name}": Reader(f"{name}/*.*", _JSON, _tracks(name), samples.tracks) for name in samples.FOREIGN
}
"""Formats that are read and not written."""

READERS: dict[str, Reader] = {
    **{
        f"picture-{one}": Reader(f"a.{one}", _PIXELS.get(one, _BYTES), _picture, samples.pictures)
        for one in samples.PICTURES
    },
    **{f"video-{one}": Reader(f"a.{one}", _BYTES, _find, samples.videos) for one in samples.VIDEOS},
    "moseg-list": Reader("moseg/cars/cars.bmf", _TEXT, lambda path: _find(path.parents[1]), samples.moseg),
    "moseg-definition": Reader(
        "moseg/cars/carsDef.dat", _TEXT, lambda path: _find(path.parents[1]), samples.moseg
    ),
    "moseg-labels": Reader(
        "moseg/cars/cars_1.pgm", _BYTES, lambda path: _find(path.parents[1]), samples.moseg
    ),
    "davis-masks": Reader(
        "DAVIS/Annotations/480p/ape/00000.png",
        mutations.of_png,
        lambda path: _find(next(one for one in path.parents if one.name == "DAVIS")),
        samples.davis,
    ),
    "vsb100-mat": Reader(
        "vsb/General_test_fullres/Groundtruth/zoo/image001.mat",
        mutations.of_mat,
        lambda path: _find(path.parents[2]),
        samples.vsb100,
        20,
    ),
    "voc-xml": Reader("VOC/VOC2007/Annotations/000001.xml", _TEXT, _split, samples.voc),
    "voc-list": Reader("VOC/VOC2007/ImageSets/Main/trainval.txt", _TEXT, _split, samples.voc),
    **_kinds_of_tracks(),
    **_FOREIGN,
    "checkpoint": Reader("step-*.safetensors", mutations.of_tensors, _resume, samples.checkpoint),
    "weights": Reader(f"{_RUN}/results/*.safetensors", mutations.of_tensors, _trunk, _RUNS),
    "status": Reader(f"{_RUN}/status.json", _JSON, _status, _RUNS),
    "events": Reader(f"{_RUN}/events.jsonl", _JSON, _events, _RUNS),
    "config": Reader(f"{_RUN}/config.toml", mutations.of_toml, _config, _RUNS),
    "snapshot-head": Reader(f"{_RUN}/snapshot/snapshot.json", _JSON, _snapshot, _RUNS),
    "snapshot-arrays": Reader(f"{_RUN}/snapshot/*.npz", _ARRAYS, _snapshot, _RUNS),
    "provenance": Reader(f"{_RUN}/provenance.json", _JSON, _provenance, _RUNS),
    "track-results": Reader("base/project/runs/*track*/results/*.npz", _ARRAYS, _results, _RUNS),
    "suggest-results": Reader("base/project/runs/*suggest*/results/*.npz", _ARRAYS, _results, _RUNS),
    "project-file": Reader("project/project.toml", mutations.of_toml, _head, samples.database),
    "database-bytes": Reader("project/annotations.sqlite", _BYTES, _project, samples.database, 500),
    "database-values": Reader("project/annotations.sqlite", None, _open_project, samples.database),
    "database-opened": Reader("project/annotations.sqlite", None, _project, samples.database, 500),
    "counts": Reader("project/cache/counts.json", _JSON, _counts, samples.database),
    "labels": Reader(
        "base/project/labels.json", _JSON, _of_project("core.project.labels", "read_labels"), _RUNS
    ),
    "saved-filters": Reader(
        "base/project/filters.json",
        _JSON,
        _of_project("core.project.saved_filters", "read_filters"),
        _RUNS,
    ),
    "versions": Reader(
        "base/project/versions.json",
        _JSON,
        _of_project("core.project.versions", "read_versions"),
        _RUNS,
    ),
    "review": Reader(
        "base/project/review.json", _JSON, _of_project("core.review.progress", "read_progress"), _RUNS
    ),
    **OF_RESULTS,
    **OF_THE_REST,
    **OF_KEPT_STATE,
}
"""Every reader by name."""
