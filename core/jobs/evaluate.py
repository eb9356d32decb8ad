"""The job that measures detections with VOC's average precision."""

import json
import math
from collections.abc import Generator, Sequence

import numpy as np

from core.array_file import write_arrays
from core.atomic_file import write_atomically
from core.datasets.voc import VocImage, read_split, remarks_on
from core.errors import StudioError
from core.evaluation import comp4, origin
from core.evaluation.archive import write_archive
from core.evaluation.config import EvaluateConfig
from core.evaluation.voc_ap import Detections, Result, evaluate_class, metric_of, metric_title, truth_of
from core.events import ClassAP, Event, Log, Progress
from core.runs.run_folder import RunFolder


def run(folder: RunFolder, config: EvaluateConfig) -> Generator[Event, None, None]:
    """Report class by class; leaves `results/ap.json` and the curves in `results/pr.npz`.

    The first holds `metric`, `overlap`, `year`, `set`, `ap` by class, `map` and the number of `objects` by
    class, and what is known of `core.evaluation.origin.FACTS`.
    The curves are `<class>_recall` and `<class>_precision`, (N,) float32 after each detection.

    With `archive`, the files for VOC's server are packed first, and `results/archive.json` says where and how
    many; where nothing is annotated that is all.

    Images are not opened. Of one without an annotation nobody knows what is in it, so it is left out, and
    with it what was detected there.
    """
    metric = metric_of(config.metric, config.year).name
    images = read_split(config.voc, config.year, config.set, pictures=False)
    if config.archive:
        yield _packed(folder, config, images)
    truth = truth_of(images)
    if any(image.annotated for image in images):
        for remark in remarks_on(images, config.set):
            yield Log(remark, "warning")
    elif config.archive:
        yield Progress(len(truth), len(truth), "Packing")
        yield Log(f"{config.set} has no annotations here, so only the server knows its AP.", "warning")
        return
    if not any(truth.values()):
        raise StudioError(
            f"The set {config.set} has no annotations here; pack its files for VOC's server (--archive) "
            "or choose another set."
        )
    files = {name: config.detections / comp4.file_name(config.set, name) for name in truth}
    if not any(path.is_file() for path in files.values()):
        pattern = comp4.file_name(config.set, "<class>")
        raise StudioError(f"{config.detections} holds no {pattern}; detect in {config.set} first.")
    listed = {image.id for image in images}
    annotated = {image.id for image in images if image.annotated}
    classes = {}
    for number, (name, objects) in enumerate(truth.items(), start=1):
        path = files[name]
        if path.is_file():
            detections = comp4.read(path, listed).within(annotated)
        else:
            detections = Detections.none()
            yield Log(f"There is no {path.name}, so no {name} counts as found.", "warning")
        classes[name] = evaluate_class(detections, objects, metric, config.overlap)
        yield ClassAP(name, classes[name].ap, classes[name].objects)
        yield Progress(number, len(truth), "Measuring", f"class {number} of {len(truth)}")
    result = Result(metric, classes)
    _write(folder, result, config)
    absent = [name for name, each in classes.items() if each.objects == 0]
    without = f"; {config.set} has no {', '.join(absent)}, left out" if absent else ""
    yield Log(
        f"Mean AP {100 * result.mean_ap:.1f} over {len(classes) - len(absent)} classes "
        f"{metric_title(metric, config.overlap)} ({metric}){without}."
    )


def _packed(folder: RunFolder, config: EvaluateConfig, images: Sequence[VocImage]) -> Log:
    archive, ids = config.archive, [image.id for image in images]
    assert archive is not None
    count = write_archive(archive, config.detections, config.year, config.set, ids)
    values = {"archive": str(archive), "images": len(ids), "detections": count}
    write_atomically(folder.results / "archive.json", json.dumps(values, indent=1).encode())
    return Log(f"Packed {count:,} detections in {len(ids):,} images of {config.set} as {archive}.")


def _write(folder: RunFolder, result: Result, config: EvaluateConfig) -> None:
    known = origin.read(config.detections, config.set)
    values = {
        **{fact: known[fact] for fact in origin.FACTS if fact in known},
        "metric": result.metric,
        "overlap": config.overlap,
        "year": config.year,
        "set": config.set,
        "ap": {name: _number(each.ap) for name, each in result.classes.items()},
        "map": _number(result.mean_ap),
        "objects": {name: each.objects for name, each in result.classes.items()},
    }
    curves = {}
    for name, each in result.classes.items():
        curves[f"{name}_recall"] = each.recall.astype(np.float32)
        curves[f"{name}_precision"] = each.precision.astype(np.float32)
    write_arrays(folder.results / "pr.npz", curves)
    write_atomically(folder.results / "ap.json", json.dumps(values, indent=1, allow_nan=False).encode())


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
