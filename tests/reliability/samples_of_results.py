"""Whole files that jobs leave and that the window keeps, made in an empty folder."""

import json
import pickle
from pathlib import Path

import numpy as np

RUN = "base/project/runs/pretrain"


def files(folder: Path) -> None:
    """What jobs write, without the runs they wrote it in."""
    from core.array_file import write_arrays
    from core.detection.proposal_file import Proposals

    rng = np.random.default_rng(0)
    boxes = {f"{k:06d}": np.array([[1, 2, 30, 40], [2, 3, 8, 9]], np.float32) for k in range(3)}
    Proposals.of(boxes).save(folder / "boxes.npz")
    lines = [f"{k:06d} {rng.random():.6f} 1.0 2.0 30.0 40.0" for k in range(9)]
    (folder / "comp4_det_test_car.txt").write_text("\n".join(lines))
    write_arrays(folder / "filters.npz", {"filters": rng.random((4, 3, 5, 5)).astype(np.float32)})
    curve = np.linspace(0, 1, 9, dtype=np.float32)
    write_arrays(folder / "pr.npz", {"car_recall": curve, "car_precision": curve[::-1].copy()})
    (folder / "classes.txt").write_text("# ours\ncar\n2 cat\n3: dog\n")


def proposals_of_others(folder: Path) -> None:
    """Boxes as R-CNN and Detectron kept them."""
    from scipy.io import savemat

    boxes = [np.array([[1, 1, 80, 100], [21, 11, 42, 31]], float), np.array([[5, 4, 50, 60]], float)]
    cells, names = np.empty((1, 2), object), np.empty((2, 1), object)
    for number, each in enumerate(boxes):
        cells[0, number], names[number, 0] = each, f"{number:06d}"
    savemat(folder / "boxes.mat", {"images": names, "boxes": cells}, do_compression=True)
    scores = [np.ones(len(each), np.float32) for each in boxes]
    whole = {"boxes": [each.astype(np.uint16) for each in boxes], "scores": scores, "indexes": [0, 1]}
    (folder / "boxes.pkl").write_bytes(pickle.dumps(whole, 2))


def measured(folder: Path) -> None:
    """The JSON that evaluations, probes and searches leave."""
    facts = {"mean_ap": 0.5, "overlap": 0.5, "set": "test", "year": 2007, "classes": {"car": {"ap": 0.5}}}
    (folder / "ap.json").write_text(json.dumps(facts))
    rows = [{"layer": "conv3", "classifier": "knn", "per_class": 5, "accuracies": [0.5, 0.25]}]
    probe = {"set": "caltech101", "classes": ["a", "b"], "network": "tiny", "init": "random"}
    (folder / "probe.json").write_text(json.dumps({**probe, "chance": 0.5, "results": rows}))
    step = {"trajectory": 1, "before": 2, "after": 3, "before_box": [0, 0, 9, 9], "after_box": [1, 1, 9, 9]}
    proposal = {"clip_id": 1, "what": "cut", "frame": 3, "steps": [step], "certainty": 0.9}
    one = {**proposal, "own": 0.1, "usual": 0.2, "other": 0.3}
    (folder / "proposals-1.json").write_text(json.dumps([one]))
    hidden = {"trajectory": 1, "frame": 2, "span": 3, "overlap": 0.5, "confidence": 0.5}
    (folder / "results").mkdir()
    (folder / "results" / "audit-1.json").write_text(json.dumps([hidden]))
    (folder / "results" / "1.step").write_text("12")
    (folder / "results" / "classes.json").write_text(json.dumps(["car", "cat"]))
    (folder / "results" / "memory.json").write_text(json.dumps({"stage": "x", "batch": 8, "fits": 4}))
    (folder / "notes.json").write_text(json.dumps({"name": "mine", "note": "good", "starred": True}))
    (folder / "control").mkdir()
    (folder / "control" / "waiting.json").write_text(json.dumps({"place": 1.5}))


def unfinished(folder: Path) -> None:
    """Detections of two images in two classes, of a set that is not done."""
    from core.detection.predict import Detected
    from core.detection.unfinished import Unfinished

    boxes = np.array([[1, 2, 30, 40], [2, 3, 8, 9]], np.float32)
    one = Detected(np.array([0.9, 0.5], np.float32), boxes, np.array([0.9, 0.5, 0.1], np.float32))
    Unfinished(folder, "key").keep([[one, one], [one, one]])


def preferences(folder: Path) -> None:
    from studio.window import preferences_file
    from studio.window.keys import Keys
    from studio.window.preferences import Preferences

    preferences_file.write(folder / "preferences.toml", Preferences(), Keys().with_keys("accept", ["S"]))


def matrix(folder: Path) -> None:
    """The run that fills a Table 1, as it is planned."""
    from core.matrix.config import MatrixConfig
    from core.runs.run_folder import RunFolder

    RunFolder.create(folder / "run", "table1", MatrixConfig(voc=Path("VOC"), caltech101=Path("101"), seeds=2))
