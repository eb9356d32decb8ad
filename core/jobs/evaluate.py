"""The job that measures detections with VOC's average precision."""

import json
import math
from collections.abc import Generator, Sequence

import numpy as np

from core.array_file import write_arrays
from core.atomic_file import write_atomically
from core.datasets.class_list import check_known, chosen_classes, of_classes, shortened
from core.datasets.voc import CLASSES, VocImage, read_split
from core.datasets.voc_remarks import remarks_on
from core.errors import StudioError
from core.evaluation import comp4, origin
from core.evaluation.archive import write_archive
from core.evaluation.config import AUTO_CLASSES, EvaluateConfig
from core.evaluation.voc_ap import Detections, Result, evaluate_class, metric_of, metric_title, truth_of
from core.events import ClassAP, Event, Log, Progress
from core.runs.run_folder import RunFolder

_MOST_SAID = 3  # of the files of a set that have odd lines


def run(folder: RunFolder, config: EvaluateConfig) -> Generator[Event, None, None]:
    """Report class by class; leaves `results/ap.json` and the curves in `results/pr.npz`.

    The first holds `metric`, `overlap`, `year`, `set`, `ap` by class, `map` and the number of `objects` by
    class, and what is known of `core.evaluation.origin.FACTS`.
    Classes that are not VOC's are named in `classes`.
    The curves are `<class>_recall` and `<class>_precision`, (N,) float32 after each detection.

    With `archive`, the files for VOC's server are packed first, and `results/archive.json` says where and how
    many; where nothing is annotated that is all.

    Images are not opened. Of one without an annotation nobody knows what is in it, so it is left out, and
    with it what was detected there.
    """
    metric = metric_of(config.metric, config.year).name
    images = read_split(config.voc, config.year, config.set, pictures=False)
    names = _classes(config, images)
    if config.archive:
        if names != CLASSES:
            raise StudioError("VOC's server knows VOC's twenty classes alone; leave out the archive.")
        yield _packed(folder, config, images)
    truth = truth_of(of_classes(images, names), names)
    if any(image.annotated for image in images):
        for remark in remarks_on(images, config.set, names):
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
    files = comp4.files_of(config.detections, config.set, names)
    if not files:
        raise StudioError(comp4.without_files(config.detections, config.set))
    listed = {image.id for image in images}
    annotated = {image.id for image in images if image.annotated}
    classes = {}
    warnings: list[str] = []
    for number, (name, objects) in enumerate(truth.items(), start=1):
        if name in files:
            detections = comp4.read(files[name], listed, warnings.append).within(annotated)
        else:
            detections = Detections.none()
            missing = comp4.file_name(config.set, name)
            yield Log(f"There is no {missing}, so no {name} counts as found.", "warning")
        classes[name] = evaluate_class(detections, objects, metric, config.overlap)
        yield ClassAP(name, classes[name].ap, classes[name].objects)
        yield Progress(number, len(truth), "Measuring", f"class {number} of {len(truth)}")
    for warning in warnings[:_MOST_SAID]:
        yield Log(warning, "warning")
    if len(warnings) > _MOST_SAID:
        yield Log(f"{len(warnings) - _MOST_SAID} more files have such lines.", "warning")
    result = Result(metric, classes)
    _write(folder, result, config)
    absent = [name for name, each in classes.items() if each.objects == 0]
    without = f"; {config.set} has no {', '.join(absent)}, left out" if absent else ""
    yield Log(
        f"Mean AP {100 * result.mean_ap:.1f} over {len(classes) - len(absent)} classes "
        f"{metric_title(metric, config.overlap)} ({metric}){without}."
    )


def _classes(config: EvaluateConfig, images: Sequence[VocImage]) -> tuple[str, ...]:
    """Those that are chosen, which a detector that is known must have too.

    Raises:
        StudioError: it has others, or the set has objects of others alone.
    """
    made = origin.classes_of(origin.read(config.detections, config.set))
    if config.classes == AUTO_CLASSES:
        names = made or CLASSES
        check_known(images, names, config.set)
        return names
    names = chosen_classes(config.classes, images, config.set)
    if made is not None and set(made) != set(names):
        raise StudioError(
            f"{config.detections} is from a detector of the classes {shortened(made)}, not "
            f"{shortened(names)}; leave out --classes (field Classes: auto), or detect with another detector."
        )
    return names


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
        **({} if tuple(result.classes) == CLASSES else {"classes": list(result.classes)}),
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
