"""Are identity errors found, and by whom? JSON on standard output.

    python -m benchmarks.identity [--seeds 3] [--clips 16] [--steps 200] [--data DIR]

Swaps and drifts are planted into the true tracks of clips, one in three clips of four, and looked for with
the recipe of the job `identity` on four kinds of features: fc7 of a trunk pretrained for `steps` steps on
other clips, fc7 of one that was not trained, and appearance alone: colour histograms and grey patches. Each
seed draws its own clips to train on, to choose thresholds on and to test on. With `--data` (a folder with
`DAVIS` or `moseg_dataset`) every other real clip is tested on, too, `--plantings` times with another error;
beside the trunk of the drawn clips one is pretrained on the clips between. Thresholds are the same.

A proposal is right where it names a track of the error within three frames of it. `average_precision` is
that of the ranking by certainty; `precision`, `recall` at the threshold with the highest F1 on the clips to
choose on; `default` at the threshold that the job has. Intervals are 95 % t-intervals over the seeds.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from scipy import stats

from benchmarks.planted_errors import Planted, planted
from core import worker
from core.datasets.clip import Clip
from core.datasets.patches import PatchReader
from core.datasets.readers import find_clips, read_labels
from core.datasets.synthetic import render_clip
from core.geometry import mask_box
from core.identity.change_points import SeenTrack, find
from core.identity.config import IdentityConfig
from core.identity.embedding import beside, features
from core.identity.looks import colours
from core.identity.proposals import NEAR
from core.jobs import JOBS
from core.networks.sizes import TINY
from core.networks.weights import load_trunk
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs import launch
from core.tracking.boxes import interpolate_boxes
from core.trajectories import journal
from core.trajectories.bulk_edits import AddClips
from core.trajectories.model import ObjectTrajectory, Origin

DEFAULT = IdentityConfig(init="random")
SMALLEST = 16.0
"""Pixels of a box's shorter side; observations of less are left out."""

LONGEST = 60
"""Frames of a real clip that are used."""

LEAST = 0.05
"""Certainty from which proposals are ranked."""

Features = Callable[[np.ndarray], np.ndarray]
"""(N, S, S, 3) uint8 patches → (N, D) float32, rows of norm 1."""


@dataclass(frozen=True, eq=False)
class Material:
    """A clip with its true tracks; ids are from 1."""

    clip: Clip
    objects: tuple[ObjectTrajectory, ...]


@dataclass(frozen=True, eq=False)
class Case:
    """A clip with an error or without, its patches and those beside them, by track."""

    tracks: list[ObjectTrajectory]
    error: Planted | None
    own: list[np.ndarray]
    others: list[np.ndarray]


@dataclass(frozen=True)
class Ranked:
    """A proposal: how sure, whether it is right and is of the right kind, in which case."""

    certainty: float
    right: bool
    right_kind: bool
    case: int


# --- clips ------------------------------------------------------------------------------------


def tracks_of(labels: dict[int, np.ndarray]) -> tuple[ObjectTrajectory, ...]:
    """True tracks from label pictures by frame; between annotated ones, boxes go straight."""
    found = []
    for number in sorted(set(np.unique(np.concatenate([one.ravel() for one in labels.values()]))) - {0}):
        boxes = {frame: mask_box(one == number) for frame, one in labels.items()}
        keys = np.array([frame for frame, box in boxes.items() if box is not None], np.int32)
        given = np.array([boxes[int(frame)] for frame in keys], np.float32).reshape(-1, 4)
        frames = np.arange(keys[0], keys[-1] + 1, dtype=np.int32)
        dense = interpolate_boxes(keys, given, frames)
        keep = np.minimum(dense[:, 2] - dense[:, 0], dense[:, 3] - dense[:, 1]) >= SMALLEST
        count = int(keep.sum())
        if count >= 2:
            found.append(
                ObjectTrajectory(
                    id=len(found) + 1,
                    frames=frames[keep],
                    boxes=dense[keep].astype(np.float32),
                    origin=np.full(count, Origin.ANNOTATED, np.uint8),
                    confidence=np.ones(count, np.float32),
                    masks=(None,) * count,
                    label=str(number),
                )
            )
    return tuple(found)


def drawn(folder: Path, start: int, count: int, frames: int) -> list[Material]:
    """Clips of three creatures, 200 x 150 px, drawn into a folder from consecutive seeds."""
    found = []
    for seed in range(start, start + count):
        clip = render_clip(seed, frames=frames, width=200, height=150, objects=3)
        files = tuple(f"{seed}-{frame:03d}.jpg" for frame in range(frames))
        for file, image in zip(files, clip.frames, strict=True):
            cv2.imwrite(str(folder / file), np.ascontiguousarray(image[..., ::-1]))
        stored = Clip(name=str(seed), dataset="frames", width=200, height=150, root=folder, files=files)
        found.append(Material(stored, tracks_of(dict(enumerate(clip.labels)))))
    return found


def real(data: Path) -> list[Material]:
    """The annotated clips of a folder of data sets, at most `LONGEST` frames of each."""
    found = []
    for name in ("DAVIS", "moseg_dataset"):
        for one in find_clips(data / name).clips if (data / name).is_dir() else ():
            labels = {label.frame: label.labels for label in read_labels(one) if label.frame < LONGEST}
            if labels:
                found.append(Material(replace(one.clip, name=f"{name} {one.clip.name}"), tracks_of(labels)))
    return found


def case_of(material: Material, generator: np.random.Generator) -> Case:
    size = (material.clip.width, material.clip.height)
    tracks, error = planted(material.objects, size, generator)
    own, others = [], []
    with PatchReader([material.clip], TINY.input_size) as reader:
        for track in tracks:
            nothing = np.zeros(len(track.frames), np.int64)
            for kept, boxes in ((own, track.boxes), (others, beside(track.boxes, size))):
                kept.append(reader.read(nothing, track.frames, boxes, nothing.astype(bool)))
    return Case(tracks, error, own, others)


# --- features ---------------------------------------------------------------------------------


def greys(patches: np.ndarray) -> np.ndarray:
    """Patches of 16 x 16 grey levels about their mean; the product of two is their correlation."""
    small = np.array(
        [
            cv2.resize(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), (16, 16), interpolation=cv2.INTER_AREA)
            for patch in patches
        ],
        np.float32,
    ).reshape(len(patches), -1)
    small -= small.mean(1, keepdims=True)
    return small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)


def fc7(init: str, seed: int) -> Features:
    trunk = load_trunk(init, "tiny", torch.Generator().manual_seed(seed))
    device = torch.device("cpu")

    def of(patches: np.ndarray) -> np.ndarray:
        parts = [features(trunk, patches[k : k + 256], device) for k in range(0, len(patches), 256)]
        return np.concatenate(parts)

    return of


def pretrained(folder: Path, materials: Sequence[Material], steps: int, seed: int) -> Features:
    """fc7 of a tiny trunk, pretrained on the true tracks of clips."""
    with Project.create(folder / "project") as project:
        with project.writing() as connection:
            journal.perform(connection, AddClips([(one.clip, one.objects) for one in materials]))
        settings = PretrainConfig(regime="obj", network="tiny", head="abs", steps=steps, seed=seed)
        run = launch.prepare_at(folder / "run", JOBS["pretrain"], settings, project)
    status = worker.run_job(run, lambda event: None)
    assert status.step == steps, status.error
    return fc7(str(folder / "run"), seed)


# --- judging ----------------------------------------------------------------------------------


def ranked(cases: Sequence[Case], of: Features) -> list[Ranked]:
    """All proposals for some clips, the surest first."""
    found = []
    for number, case in enumerate(cases):
        tracks = [
            SeenTrack(track.id, track.frames, track.boxes, of(own), of(others))
            for track, own, others in zip(case.tracks, case.own, case.others, strict=True)
        ]
        for finding in find(tracks, DEFAULT.window, LEAST):
            names = {tracks[place].id for place in finding.tracks}
            error = case.error
            right = (
                error is not None
                and abs(finding.frame - error.frame) <= NEAR
                and bool(names & set(error.tracks))
            )
            whole = right and error is not None and names == set(error.tracks)
            found.append(Ranked(finding.certainty, right, whole, number))
    return sorted(found, key=lambda one: -one.certainty)


def average_precision(proposals: Sequence[Ranked], errors: int) -> float:
    """Mean over the errors of the precision at which each is first found; 0 for one that never is."""
    seen: set[int] = set()
    right = total = 0.0
    for rank, one in enumerate(proposals, start=1):
        right += one.right
        if one.right and one.case not in seen:
            seen.add(one.case)
            total += right / rank
    return total / errors


def at_threshold(proposals: Sequence[Ranked], cases: Sequence[Case], threshold: float) -> dict[str, Any]:
    """What a person who sees the proposals above a threshold gets."""
    seen = [one for one in proposals if one.certainty >= threshold]
    found = {one.case for one in seen if one.right}
    whole = {one.case for one in seen if one.right_kind}
    errors = [number for number, case in enumerate(cases) if case.error is not None]
    kinds = sorted({case.error.what for case in cases if case.error is not None})
    recalls = {}
    for kind in kinds:
        those = [n for n in errors if (error := cases[n].error) is not None and error.what == kind]
        recalls[kind] = sum(n in found for n in those) / len(those)
    return {
        "precision": sum(one.right for one in seen) / len(seen) if seen else 0.0,
        "recall": len(found) / len(errors),
        "recall_of_kinds": recalls,
        "right_edit": len(whole) / max(len(found), 1),
        "proposals_a_clip": len(seen) / len(cases),
    }


def best_threshold(proposals: Sequence[Ranked], errors: int) -> float:
    """The certainty from which F1 is highest."""
    best, threshold, right, seen = 0.0, 1.0, 0, set()
    for rank, one in enumerate(proposals, start=1):
        right += one.right
        if one.right:
            seen.add(one.case)
        precision, recall = right / rank, len(seen) / errors
        if seen and (f1 := 2 * precision * recall / (precision + recall)) > best:
            best, threshold = f1, one.certainty
    return threshold


def judged(cases: Sequence[Case], of: Features, threshold: float) -> dict[str, Any]:
    proposals, errors = ranked(cases, of), sum(case.error is not None for case in cases)
    return {
        "average_precision": average_precision(proposals, errors),
        **at_threshold(proposals, cases, threshold),
        "default": at_threshold(proposals, cases, DEFAULT.certainty),
    }


# --- the measurement --------------------------------------------------------------------------


def measure(args: argparse.Namespace, seed: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Data, recipe and what came of it."""
    materials = real(args.data) if args.data else []
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        base = 100_000 * (seed + 1)
        rng = np.random.default_rng(seed)
        chosen_on = [case_of(one, rng) for one in drawn(folder, base + 20_000, args.clips, 30)]
        tested_on = [case_of(one, rng) for one in drawn(folder, base + 40_000, args.clips, 30)]
        (folder / "drawn").mkdir()
        recipes = {
            "fc7 pretrained": pretrained(folder / "drawn", drawn(folder, base, 24, 16), args.steps, seed),
            "fc7 untrained": fc7("random", seed),
            "colours": colours,
            "greys": greys,
        }
        errors = sum(case.error is not None for case in chosen_on)
        thresholds = {name: best_threshold(ranked(chosen_on, of), errors) for name, of in recipes.items()}
        for name, of in recipes.items():
            yield "drawn", name, {"threshold": thresholds[name], **judged(tested_on, of, thresholds[name])}
        if not materials:
            return
        cases = [case_of(one, rng) for one in materials[::2] for _ in range(args.plantings)]
        (folder / "real").mkdir()
        others = pretrained(folder / "real", materials[1::2], args.steps, seed)
        for name, of in recipes.items():
            yield "real", name, judged(cases, of, thresholds[name])
        name = "fc7 pretrained on the other real clips"
        yield "real", name, judged(cases, others, thresholds["fc7 pretrained"])


def interval(values: Sequence[float]) -> dict[str, float]:
    """Mean, and half the width of its 95 % t-interval."""
    spread = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values) if len(values) > 1 else float("nan")
    return {"mean": round(float(np.mean(values)), 3), "interval": round(float(spread), 3)}


def summary(found: Sequence[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Over the seeds: each figure of each recipe, and average precision paired against the first recipe."""
    result: dict[str, Any] = {}
    first = next(iter(found[0]))
    for name in found[0]:
        figures = {
            figure: interval([one[name][figure] for one in found])
            for figure in ("average_precision", "precision", "recall", "right_edit")
        }
        figures["default"] = {
            figure: interval([one[name]["default"][figure] for one in found])
            for figure in ("precision", "recall", "proposals_a_clip")
        }
        if name != first:
            gains = [one[first]["average_precision"] - one[name]["average_precision"] for one in found]
            figures[f"gain of {first}"] = interval(gains)
        result[name] = figures
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--clips", type=int, default=16, help="drawn clips to choose on, and to test on")
    parser.add_argument("--steps", type=int, default=200, help="of pretraining")
    parser.add_argument("--data", type=Path, help="folder of DAVIS and moseg_dataset")
    parser.add_argument("--plantings", type=int, default=3, help="errors planted in each real clip, in turn")
    args = parser.parse_args()
    found: dict[str, list[dict[str, dict[str, Any]]]] = {}
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        of_seed: dict[str, dict[str, Any]] = {}
        for data, name, values in measure(args, seed):
            of_seed.setdefault(data, {})[name] = values
        for data, values in of_seed.items():
            found.setdefault(data, []).append(values)
        print(f"seed {seed}: {json.dumps(of_seed)}", file=sys.stderr)
    settings = {name: str(value) if isinstance(value, Path) else value for name, value in vars(args).items()}
    report = {
        "settings": settings,
        **{data: {"summary": summary(of), "seeds": of} for data, of in found.items()},
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
