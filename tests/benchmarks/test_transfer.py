from dataclasses import replace

import numpy as np

from benchmarks.transfer import suggested
from benchmarks.transfer.drawn import of_boxes
from benchmarks.transfer.report import tables
from benchmarks.transfer.rows import BLOCKS, FEW
from benchmarks.transfer.suggested import counted, with_suggestions
from benchmarks.transfer.worlds import world_of
from core.array_file import write_arrays
from core.tracking.config import TrackConfig
from core.trajectories.model import Review


def thing(left, width=20, review=Review.OPEN):
    boxes = np.tile(np.array([left, 10, left + width, 30], np.float32), (4, 1))
    return replace(of_boxes([0, 1, 2, 3], boxes), review=review)


def suggestion(left):
    return thing(left, review=Review.SUGGESTED)


def of_two_clips():
    frames = np.zeros((4, 60, 80, 3), np.uint8)
    clips = [(name, frames, [thing(0), thing(40)]) for name in ("one", "other")]
    return world_of("two", clips, TrackConfig(), still=frozenset(("one", "other")))


def lefts(world):
    return [[float(one.boxes[0, 0]) for one in content.objects] for content in world.contents]


FOUND = {"one": (suggestion(2), suggestion(22)), "other": (suggestion(41),)}


def test_suggestions_stand_beside_annotations_but_for_those_that_show_an_annotated_object():
    world = with_suggestions(of_two_clips(), FOUND, ["one"])
    assert lefts(world) == [[0, 40, 22], [41]]
    ids = [one.id for content in world.contents for one in content.objects]
    assert len(set(ids)) == len(ids)


def test_suggestions_alone_leave_no_annotation():
    assert lefts(with_suggestions(of_two_clips(), FOUND, ())) == [[2, 22], [41]]


def test_suggested_objects_of_the_clips_that_train_do_train():
    world = with_suggestions(of_two_clips(), FOUND, ())
    training, held_out = (world.training_set(held_out) for held_out in (False, True))
    assert sorted([len(training.objects), len(held_out.objects)]) == [1, 2]


def test_objects_and_suggestions_are_counted_by_their_best_match(tmp_path):
    J = {"one": [[0.9, 0.0], [0.6, 0.1], [0.0, 0.4]], "other": np.zeros((0, 3))}
    for name, values in J.items():
        write_arrays(tmp_path / f"{name}.npz", {"J": np.array(values), "seconds": np.array(1.5)})
    assert dict(counted(J, tmp_path)) == {
        "clips": 2,
        "objects": 5,
        "covered": 1,
        "suggested": 3,
        "right": 2,
        "cpu_seconds": 3.0,
    }


def test_the_report_pairs_what_suggestions_add_by_seed():
    rows = [f"drawn: {name}" for name in BLOCKS["suggested"].rows]
    values = dict(zip(rows, (50.0, 55.0, 58.0, 60.0), strict=True))
    found = {(row, "done", -1): {0: 1.0, 1: 1.0} for row in rows}
    for row, value in values.items():
        found[row, "held_out_accuracy", -1] = {0: 90.0, 1: 90.0}
        found[row, "fresh_drawn", -1] = {0: value, 1: value + 1}
    found |= {(suggested.ROW, name, -1): {0: 7.0} for name in suggested.FIGURES}
    written = tables(found)
    few = f"{FEW} annotated clips"
    both = f"AssociationNet-obj signed | {few} and suggestions − {few} | 2 "
    line = next(line for line in written["suggested differences"].splitlines() if both in line)
    assert line.endswith("**+ 5.0 ± 0.0** |")
    assert "50.5 (2)" in written["suggested"]
    assert written["suggested clips"].count(" 7 ") == len(suggested.FIGURES)
