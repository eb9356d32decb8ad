"""Counts from the database against the trajectories that the samplers really draw."""

from collections import Counter

import numpy as np
import pytest

from core.pairs.counting import Counts, count, lost_kinds, material_words
from core.pairs.sampling import FrameGap, PairSampler
from core.pairs.split import Split
from core.pairs.training_set import build_training_set
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.clip_edits import ChooseAnnotator
from core.trajectories.extents import read_extents, read_rows
from core.trajectories.filter_text import parse
from core.trajectories.model import Flag, Kind, Origin, PointTrajectories, Review
from core.trajectories.snapshot import read_snapshot, write_snapshot
from core.trajectories.trajectory_edits import SetReview
from tests.core.pairs.conftest import make_clip, make_object


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Five clips: objects with gaps, narrow boxes, occluded, of two annotators, rejected; points too."""
    generator = np.random.default_rng(3)
    with Project.create(tmp_path_factory.mktemp("counting") / "project") as project:
        clips = []
        for place in range(5):
            objects = []
            for number in range(0 if place == 1 else 8):
                frames = np.flatnonzero(generator.random(30) < generator.choice([0.07, 0.5]))
                frames = frames if len(frames) else np.array([3])
                corner = generator.uniform(0, 100, (len(frames), 2))
                sides = generator.choice([7.999, 8.0, 8.001, 30.0], (len(frames), 2))
                one = make_object(0, frames, np.concatenate([corner, corner + sides], axis=1))
                object.__setattr__(one, "annotator", number % 2)
                one.flags[:] = generator.choice([0, Flag.OCCLUDED], len(frames), p=[0.8, 0.2])
                one.origin[:] = generator.choice([Origin.ANNOTATED, Origin.PROPAGATED], len(frames))
                objects.append(one)
            clips.append((make_clip(place, 30), objects))
        with project.writing() as connection:
            journal.perform(connection, AddClips(clips[::-1]))
            stored = store.clips(connection)
            points = {}
            for clip in stored[:4]:
                lengths = generator.integers(1, 31, 50).tolist()
                paths = [generator.uniform(0, 100, (length, 2)) for length in lengths]
                first = [int(generator.integers(0, 31 - length)) for length in lengths]
                points[clip.id] = PointTrajectories.pack(first, paths)
            journal.perform(connection, ReplacePoints(points))
            ids = [int(id) for id in store.points(connection, stored[0].id).ids[:5]]
            ids += [one.id for one in store.objects(connection, stored[0].id)[:2]]
            journal.perform(connection, SetReview(stored[0].id, tuple(ids), Review.REJECTED))
            journal.perform(connection, ChooseAnnotator(stored[2].id, 1))
        yield project


@pytest.fixture(scope="module")
def snapshot(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("snapshot")
    with project.reading() as connection:
        write_snapshot(connection, store.clips(connection), folder, project.path)
    return read_snapshot(folder)


@pytest.mark.parametrize("regime", ["obj", "tr", "objtr"])
@pytest.mark.parametrize(
    ("gap", "minimum_length"), [(FrameGap(), 10), (FrameGap(1, 2), 2), (FrameGap(3, 3), 1), (FrameGap(20), 5)]
)
def test_counts_are_the_trajectories_that_pairs_are_drawn_from(
    project, snapshot, regime, gap, minimum_length
):
    with project.reading() as connection:
        counted = count(read_extents(connection), regime, gap, minimum_length)
    whole = build_training_set(snapshot, minimum_length=minimum_length)
    sampler = PairSampler(whole, regime, gap)
    assert Counts.at_places(sampler.counts, whole.clips).by_kind == {
        kind: found for kind, found in counted.by_kind.items() if found
    }
    drawn = sampler.draw(20000, np.random.default_rng(0))
    owners = {
        int(id): (one.kind, whole.clips[place].name)
        for one in (whole.objects, whole.points)
        for id, place in zip(one.ids, one.clip, strict=True)
    }
    seen = Counter(owners[id] for id in set(drawn.trajectory.tolist()))
    expected = {(kind, name): n for kind, found in counted.by_kind.items() for name, n in found.items()}
    assert seen == expected


@pytest.mark.parametrize("line", ["length>12", "kind:object keys>3", "review:rejected,open start<8"])
def test_what_passes_a_filter_is_counted_as_it_is_drawn_from(project, snapshot, line):
    wanted, gap = parse(line), FrameGap(1, 9)
    with project.reading() as connection:
        extents = read_extents(connection).of_filter(read_rows(connection), wanted)
    counted = count(extents, "objtr", gap, 5)
    whole = build_training_set(snapshot, minimum_length=5)
    chosen = whole.of_filter(snapshot.clips, wanted)
    assert 0 < len(chosen.objects) + len(chosen.points) <= len(whole.objects) + len(whole.points)
    passed = Counts.at_places(PairSampler(chosen, "objtr", gap).counts, whole.clips).by_kind
    assert passed == {kind: found for kind, found in counted.by_kind.items() if found}


def test_an_empty_project_counts_nothing(tmp_path):
    with Project.create(tmp_path / "p") as project, project.reading() as connection:
        counted = count(read_extents(connection), "objtr", FrameGap(), 10)
    assert (counted.kinds, counted.clips, counted.words("tracks")) == ([], [], "no tracks")


COUNTS = Counts({Kind.OBJECT: {"a": 2}, Kind.POINT: {"a": 1000, "b": 234}})


def test_the_material_is_one_line():
    split = Split(("a",), ("b",), ("c", "d"))
    parts = COUNTS.of_clips(split.training), COUNTS.of_clips(split.held_out)
    assert material_words(*parts, split, "tracks") == (
        "2 object and 1,000 point tracks of 1 clip; held out: 234 point tracks of 1 clip; left out: 2 clips"
    )
    assert material_words(*parts, split, names=True).endswith(
        "held out: 234 point trajectories of 1 clip (b); left out: 2 clips (c, d)"
    )
    split = Split(("a", "b"), ("c",), ())
    words = material_words(COUNTS, COUNTS.of_clips(("c",)), split, names=True)
    assert words == (
        "2 object and 1,234 point trajectories of 2 clips (a, b); held out: no trajectories of 1 clip (c)"
    )


def test_of_many_clips_only_some_are_named():
    names = tuple(f"clip{number:03d}" for number in range(150))
    counts = Counts({Kind.OBJECT: dict.fromkeys(names, 2)})
    words = material_words(counts, Counts({}), Split(names, (), ()), names=True)
    assert words.startswith("300 object trajectories of 150 clips (clip000, clip001, ")
    assert words.endswith("clip008, clip009 and 140 more)")


def test_a_kind_that_does_not_train_is_said():
    assert lost_kinds("objtr", COUNTS.kinds, COUNTS.of_clips(("a",))) == ""
    assert lost_kinds("objtr", COUNTS.kinds, COUNTS.of_clips(("b",))).startswith(
        "All object trajectories lie in clips"
    )
    # which is refused in other words
    assert lost_kinds("objtr", COUNTS.kinds, COUNTS.of_clips(())) == ""


def test_a_kind_that_the_regime_asks_for_and_nobody_has_is_said():
    objects = Counts({Kind.OBJECT: {"a": 2}, Kind.POINT: {}})
    assert lost_kinds("objtr", objects.kinds, objects, "tracks") == (
        "There are no point tracks to train on, so the others train alone; track points first, or choose obj."
    )
    points = Counts({Kind.POINT: {"a": 2}})
    assert "densify objects first, or choose tr" in lost_kinds("objtr", points.kinds, points)
    assert lost_kinds("obj", objects.kinds, objects) == ""
    assert lost_kinds("tr", points.kinds, points) == ""
