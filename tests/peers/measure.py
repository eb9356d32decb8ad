"""What a peer's own evaluator or reader finds in an export. It imports nothing of ours.

usage: measure.py < CALLS    in an environment that has the peers; CALLS is JSON, a list of calls of the
functions below, each a list of its name and its arguments. Prints a line of JSON, what each found.
"""

import contextlib
import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def trackeval_mot(truth: str, results: str, clip: str, benchmark: str, preprocessed: str) -> dict[str, Any]:
    """Results of a tracker against a folder of ground truth, `<truth>/<clip>/gt/gt.txt`, by TrackEval.

    Its length is that of `seqinfo.ini`. `preprocessed` is 1 or 0: whether classes are treated as in MOT17.
    """
    import trackeval

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "trackers" / "me" / "data"
        data.mkdir(parents=True)
        shutil.copy(results, data / f"{clip}.txt")
        dataset = trackeval.datasets.MotChallenge2DBox.get_default_dataset_config() | {
            "GT_FOLDER": truth,
            "TRACKERS_FOLDER": str(data.parents[1]),
            "BENCHMARK": benchmark,
            "DO_PREPROC": preprocessed == "1",
            "SKIP_SPLIT_FOL": True,
            "SEQ_INFO": {clip: None},
            "PRINT_CONFIG": False,
        }
        quiet = dict.fromkeys(
            ("PRINT_CONFIG", "PRINT_RESULTS", "OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES"), False
        )
        evaluator = trackeval.Evaluator(
            trackeval.Evaluator.get_default_eval_config()
            | quiet
            | {"USE_PARALLEL": False, "BREAK_ON_ERROR": True, "TIME_PROGRESS": False}
        )
        metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(), trackeval.metrics.Identity()]
        found, _ = evaluator.evaluate([trackeval.datasets.MotChallenge2DBox(dataset)], metrics)
    scores = found["MotChallenge2DBox"]["me"][clip]["pedestrian"]
    return {
        "mota": float(scores["CLEAR"]["MOTA"]),
        "idf1": float(scores["Identity"]["IDF1"]),
        "hota": float(scores["HOTA"]["HOTA"].mean()),
        "boxes": int(scores["CLEAR"]["CLR_TP"] + scores["CLEAR"]["CLR_FN"]),
        "tracks": int(scores["Count"]["GT_IDs"]),
    }


def motmetrics(truth: str, results: str) -> dict[str, Any]:
    """Results of a tracker against a file of ground truth, by py-motmetrics."""
    import motmetrics as mm

    own = mm.io.loadtxt(truth, fmt="mot15-2D", min_confidence=1)
    theirs = mm.io.loadtxt(results, fmt="mot15-2D")
    compared = mm.utils.compare_to_groundtruth(own, theirs, "iou", distth=0.5)
    row = mm.metrics.create().compute(compared, metrics=["mota", "idf1", "num_objects"]).iloc[0]
    return {"mota": float(row["mota"]), "idf1": float(row["idf1"]), "boxes": int(row["num_objects"])}


def pycocotools(path: str) -> dict[str, Any]:
    """Annotations against themselves as detections, by the COCO API: AP of boxes, and of masks if all are."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth, found = COCO(path), {}
    detections = [{**one, "score": 1.0} for one in truth.dataset["annotations"]]
    has_masks = all(one["segmentation"] for one in detections)
    for kind in ("bbox", "segm") if has_masks else ("bbox",):
        evaluation = COCOeval(truth, truth.loadRes(json.loads(json.dumps(detections))), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        found[kind] = float(evaluation.stats[0])
    found["areas"] = [truth.annToMask(one).sum().item() for one in detections] if has_masks else []
    return found


def pycocotools_fill(path: str) -> dict[str, Any]:
    """The pixels of polygons, `{"height", "width", "polygons"}` in a file, by the COCO API."""
    from pycocotools import mask as masks

    given = json.loads(Path(path).read_text())
    size = given["height"], given["width"]
    filled = [masks.decode(masks.frPyObjects([ring], *size))[..., 0].tolist() for ring in given["polygons"]]
    return {"masks": filled}


def trackeval_youtube_vis(path: str) -> dict[str, Any]:
    """Annotations of YouTube-VIS against themselves as results, by TrackEval; AP of tracks by class."""
    import trackeval
    from pycocotools import mask as masks

    truth = json.loads(Path(path).read_text())
    results = [
        {
            **{name: one[name] for name in ("video_id", "category_id")},
            "score": 1.0,
            "segmentations": [
                runs and {**(c := masks.frPyObjects(runs, *runs["size"])), "counts": c["counts"].decode()}
                for runs in one["segmentations"]
            ],
        }
        for one in truth["annotations"]
    ]
    with tempfile.TemporaryDirectory() as scratch:
        own, theirs = (Path(scratch) / name / "youtube_vis_x" for name in ("gt", "trackers"))
        own.mkdir(parents=True)
        shutil.copy(path, own)
        (theirs / "me" / "data").mkdir(parents=True)
        (theirs / "me" / "data" / "results.json").write_text(json.dumps(results))
        config = trackeval.datasets.YouTubeVIS.get_default_dataset_config() | {
            "GT_FOLDER": f"{own.parent}/",
            "TRACKERS_FOLDER": f"{theirs.parent}/",
            "SPLIT_TO_EVAL": "x",
            "PRINT_CONFIG": False,
        }
        dataset = trackeval.datasets.YouTubeVIS(config)
        settings = trackeval.Evaluator.get_default_eval_config() | dict.fromkeys(
            ("PRINT_CONFIG", "PRINT_RESULTS", "OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES"), False
        )
        settings |= {"USE_PARALLEL": False, "BREAK_ON_ERROR": True, "TIME_PROGRESS": False}
        usual = {"USE_TIME_RANGES": False, "AREA_RANGES": [[0, 128**2], [128**2, 256**2], [256**2, 1e10]]}
        track_map = trackeval.metrics.TrackMAP({"PRINT_CONFIG": False, **usual})
        metrics = [track_map, trackeval.metrics.HOTA()]
        found, _ = trackeval.Evaluator(settings).evaluate([dataset], metrics)
    classes = found["YouTubeVIS"]["me"]["COMBINED_SEQ"]
    return {
        name: {"ap": float(one["TrackMAP"]["AP_all"].mean()), "hota": float(one["HOTA"]["HOTA"].mean())}
        for name, one in classes.items()
        if "HOTA" in one and "TrackMAP" in one
    }


def datumaro(folder: str, format: str) -> dict[str, Any]:
    """The shapes of a data set as datumaro reads them: label, track, frame, kind, numbers and attributes."""
    import datumaro as dm

    data = dm.Dataset.import_from(folder, format)
    names = data.categories()[dm.AnnotationType.label]
    shapes = [
        {
            "item": item.id,
            "type": one.type.name,
            "label": None if one.label is None else names[one.label].name,
            "track": one.attributes.get("track_id"),
            "points": np.asarray(getattr(one, "points", []), float).tolist(),
            "attributes": _flags(one),
        }
        for item in data
        for one in item.annotations
    ]
    return {"shapes": shapes, "items": len(data), "labels": [label.name for label in names]}


def _as_floats(values: Any, dtype: type = float) -> np.ndarray:
    return np.asarray(values, dtype)


def filled(folder: str, format: str, height: str, width: str) -> dict[str, Any]:
    """The polygons that datumaro reads, filled by pycocotools: item, track and compressed counts of each."""
    import datumaro as dm
    from pycocotools import mask

    found = []
    for item in dm.Dataset.import_from(folder, format):
        for one in item.annotations:
            runs = mask.merge(mask.frPyObjects([one.points], int(height), int(width)))
            head = {"item": item.id, "track": one.attributes["track_id"], **_flags(one)}
            found.append(head | {"counts": runs["counts"].decode()})
    return {"shapes": found}


def _flags(one: Any) -> dict[str, bool]:
    return {name: value for name, value in one.attributes.items() if value in (True, False)}


def datumaro_convert(source: str, format: str, folder: str, wanted: str) -> dict[str, Any]:
    """Write what datumaro reads in one format in another one, as CVAT's exports are made."""
    import datumaro as dm

    dm.Dataset.import_from(source, format).export(folder, wanted)
    return {}


CHECKS: dict[str, Callable[..., dict[str, Any]]] = {
    check.__name__: check
    for check in (
        *(trackeval_mot, motmetrics, datumaro, filled, datumaro_convert),
        *(pycocotools, pycocotools_fill, trackeval_youtube_vis),
    )
}


if __name__ == "__main__":
    logging.disable()
    for name, still_used in (("float", float), ("int", int), ("asfarray", _as_floats)):
        setattr(np, name, still_used)
    with contextlib.redirect_stdout(sys.stderr):
        found = [CHECKS[name](*words) for name, *words in json.load(sys.stdin)]
    print(json.dumps(found))
