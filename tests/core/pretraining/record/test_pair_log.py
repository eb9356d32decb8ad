"""Pairs drawn again, and what is known of them."""

import dataclasses
import shutil
from functools import partial

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.errors import StudioError
from core.pairs.jitter import Jitter
from core.pairs.sampling import FrameGap, PairBatch, PairSampler, TripletSampler
from core.pairs.split import split_clips
from core.pairs.training_set import build_training_set
from core.pretraining.config import PretrainConfig
from core.pretraining.record.pair_log import BUDGET, CHUNK, Chunk, PairLog, read_chunk, stride
from core.pretraining.record.pair_source import PairSource, training_sampler
from core.pretraining.record.preview import first_batches, next_batches
from core.pretraining.record.step_files import step_file
from core.runs.run_folder import RunFolder
from core.trajectories.model import Kind, ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.snapshot import ClipSnapshot, Snapshot, read_snapshot
from tests.core.jobs.test_pretrain import SMALL, write_snapshot_of

BATCH = 8


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return write_snapshot_of(tmp_path_factory.mktemp("drawn"))


def new_run(path, snapshot, **changes):
    folder = RunFolder.create(path, "pretrain", dataclasses.replace(SMALL, batch=BATCH, **changes))
    shutil.copytree(snapshot, folder.snapshot, dirs_exist_ok=True)
    return folder.path


def drawn_by_hand(snapshot, sampler, count, seed=0):
    """Batches of a sampler of the training clips, each behind the state that it is drawn from."""
    read = read_snapshot(snapshot)
    split = split_clips({content.clip.name: content.clip.use for content in read.clips}, SMALL.held_out, 0)
    whole = build_training_set(read, patch_size=100, minimum_length=SMALL.minimum_length)
    sampler = sampler(whole.of_clips(split.training), "objtr", FrameGap(5, 0))
    generator, found = np.random.default_rng(seed), []
    for _ in range(count):
        state = generator.bit_generator.state
        found.append((state, sampler.draw(BATCH, generator)))
    return found


def assert_same(ours, theirs):
    assert type(ours) is type(theirs)
    for field in dataclasses.fields(theirs):
        np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name), field.name)


def write_chunk(folder, first, done, state, steps):
    steps = np.array(steps, np.int32)
    losses = np.repeat(steps[:, None], BATCH, axis=1) + np.arange(BATCH) / 100
    Chunk(first, done, state, steps, losses, -losses).write(folder)


@pytest.mark.parametrize(
    ("changes", "sampler"),
    [
        ({"method": "association"}, PairSampler),
        ({"method": "slowfeat"}, TripletSampler),
        (
            {"method": "nce", "place_jitter": 0.1, "colour_jitter": 0.4},
            partial(TripletSampler, jitter=Jitter(0.1, 0.4), others=False),
        ),
    ],
)
def test_a_step_is_drawn_again_with_its_losses(tmp_path, snapshot, changes, sampler):
    folder = new_run(tmp_path / "run", snapshot, seed=3, **changes)
    drawn = drawn_by_hand(snapshot, sampler, 9, seed=3)
    write_chunk(folder, 1, 5, drawn[0][0], [1, 2, 3, 4, 5])
    write_chunk(folder, 6, 9, drawn[5][0], [6, 8])  # thinned: 7 and 9 are not kept
    log = PairLog(folder)
    assert log.steps.tolist() == [1, 2, 3, 4, 5, 6, 8]
    for step in log.steps.tolist():
        batch, losses, scores = log.batch(step)
        assert_same(batch, drawn[step - 1][1])
        np.testing.assert_allclose(losses, step + np.arange(BATCH) / 100)
        np.testing.assert_allclose(scores, -losses)
    for step in (0, 7, 9, 10):
        with pytest.raises(StudioError, match=f"step {step} were not recorded"):
            log.batch(step)
    assert (log.nearest(7), log.nearest(99), log.nearest(0)) == (6, 8, 1)
    assert (log.worst(2, 4), log.worst(5, 7), log.worst(9, 20)) == (4, 6, None)
    for shown, (_, theirs) in zip(next_batches(folder, 3).steps, drawn_on(snapshot, sampler), strict=True):
        assert_same(shown.drawn, theirs)


def drawn_on(snapshot, sampler):
    """Steps 10 to 12."""
    return drawn_by_hand(snapshot, sampler, 12, seed=3)[9:]


def test_clips_that_are_visited_in_turn_are_visited_again(tmp_path, snapshot):
    """Drawn from a state in the midst of it, where the decoded frames of one clip alone fit into memory."""
    read = read_snapshot(snapshot)
    large = [dataclasses.replace(one, clip=dataclasses.replace(one.clip, width=1280)) for one in read.clips]
    config = dataclasses.replace(SMALL, batch=BATCH, frame_memory=0.01)
    source = PairSource(dataclasses.replace(read, clips=tuple(large)), config)
    generator = np.random.default_rng(0)
    sampler = training_sampler(source.training_set, config)
    drawn, states = [], []
    for _ in range(120):
        states.append(generator.bit_generator.state)
        drawn.append(sampler.draw(BATCH, generator))
    assert len({int(place) for one in drawn for place in one.clip.ravel()}) == 3
    assert any(len(set(one.clip.ravel().tolist())) < 3 for one in drawn)
    for start in (119, 57, 3):
        assert_same(next(source.batches(states[start])), drawn[start])


def test_a_log_that_grows_is_read_anew(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot)
    drawn = drawn_by_hand(snapshot, PairSampler, 3)
    write_chunk(folder, 1, 2, drawn[0][0], [1, 2])
    log = PairLog(folder)
    assert log.steps.tolist() == [1, 2]
    write_chunk(folder, 1, 3, drawn[0][0], [1, 2, 3])
    assert log.steps.tolist() == [1, 2, 3]
    assert_same(log.batch(3)[0], drawn[2][1])


def test_a_run_that_recorded_nothing_or_was_damaged_says_so(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot)
    log = PairLog(folder)
    assert log.steps.tolist() == []
    assert log.nearest(1) is log.worst(1, 9) is None
    with pytest.raises(StudioError, match="not recorded"):
        log.batch(1)
    drawn = drawn_by_hand(snapshot, PairSampler, 4)
    write_chunk(folder, 1, 2, drawn[0][0], [1, 2])
    step_file(folder, "pairs", 3).write_bytes(b"PK\x03\x04 no archive")
    np.savez(step_file(folder, "pairs", 4), first=1)
    log = PairLog(folder)
    assert log.steps.tolist() == [1, 2]
    assert log.worst(1, 9) == 2
    with pytest.raises(StudioError, match="not recorded"):
        log.batch(3)
    assert_same(next_batches(folder, 1).steps[0].drawn, drawn[2][1])  # from the last that is whole


def test_a_preview_of_a_run_not_yet_begun_is_what_its_first_steps_will_see(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, seed=4)
    drawn = drawn_by_hand(snapshot, PairSampler, 3, seed=4)
    config = dataclasses.replace(SMALL, batch=BATCH, seed=4)
    for preview in (next_batches(folder, 3), first_batches(config, read_snapshot(snapshot), 3)):
        assert [step.step for step in preview.steps] == [1, 2, 3]
        for step, (_, theirs) in zip(preview.steps, drawn, strict=True):
            assert_same(step.drawn, theirs)
    (folder / "checkpoints" / "step-000002-0123456789abcdef.safetensors").touch()
    with pytest.raises(StudioError, match="did not record its pairs"):
        next_batches(folder, 1)


def test_images_have_no_pairs(tmp_path, snapshot):
    config = PretrainConfig(method="caltech101", images=tmp_path)
    with pytest.raises(StudioError, match="there are no pairs to show"):
        first_batches(config, read_snapshot(snapshot), 1)


def test_what_is_known_of_a_pair_is_what_its_trajectory_says():
    """An object 40 × 20 that moves 2 px a frame, keys at 0 and 9; a point that a person moved in frame 7."""
    frames = np.arange(10, dtype=np.int32)
    boxes = np.array([[100 + 2 * t, 50, 140 + 2 * t, 70] for t in frames], np.float32)
    origin = np.full(10, Origin.PROPAGATED, np.uint8)
    origin[[0, 9]] = Origin.ANNOTATED
    thing = ObjectTrajectory(frames, boxes, origin, np.ones(10, np.float32), (None,) * 10, id=5)
    points = PointTrajectories.pack([2], [np.array([[60.0 + t, 80.0] for t in range(8)])])
    points.ids[:], points.origin[:] = 9, Origin.LINKED
    points.origin[5] = Origin.EDITED
    files = tuple(f"{t}.png" for t in frames)
    clip = Clip(name="dog", dataset="frames", width=320, height=240, root=None, files=files, id=31)
    config = PretrainConfig(minimum_length=2, gap_shortest=1, patch_size=100)
    source = PairSource(Snapshot((ClipSnapshot(clip, points, (thing,)),), 0, ""), config)
    shifted = boxes[4] + np.float32([20, 0, 20, 0])  # half of it beyond: IoU 1 / 3
    around = np.float32([15, 30, 115, 130])  # around the point in frame 7
    drawn = PairBatch(
        clip=np.zeros((3, 2), np.int32),
        frame=np.array([[0, 4], [9, 4], [2, 7]], np.int32),
        box=np.stack([boxes[[0, 4]], [boxes[9], shifted], [around - np.float32([5, 0, 5, 0]), around]]),
        same=np.array([True, False, True]),
        trajectory=np.array([5, 5, 9]),
        flip=np.zeros(3, bool),
    )
    facts = source.facts(drawn)
    assert facts.clip == ("dog",) * 3
    assert facts.clip_id.tolist() == [31] * 3
    assert facts.kind == (Kind.OBJECT, Kind.OBJECT, Kind.POINT)
    assert facts.gap.tolist() == [4, 5, 5]
    np.testing.assert_allclose(facts.overlap, [1, 1 / 3, 1], rtol=1e-6)
    assert [[Origin(one).name for one in row] for row in facts.origin] == [
        ["ANNOTATED", "PROPAGATED"],
        ["ANNOTATED", "PROPAGATED"],
        ["LINKED", "EDITED"],
    ]


def test_every_negative_overlaps_and_every_positive_is_the_box_itself(snapshot):
    preview = first_batches(dataclasses.replace(SMALL, batch=64), read_snapshot(snapshot), 4)
    for step in preview.steps:
        np.testing.assert_allclose(step.facts.overlap[step.drawn.same], 1)
        negative = step.facts.overlap[~step.drawn.same]
        assert (negative > 0).all()
        assert (negative < 0.5).all()
        assert (step.facts.gap >= 5).all()
    overlaps, gaps = preview.overlaps(), preview.gaps()
    assert overlaps.counts.sum() == gaps.counts.sum() == 256
    assert overlaps.counts[-1] == 128  # the positive ones
    assert gaps.counts[:5].sum() == 0
    assert len(gaps.edges) == len(gaps.counts) + 1 == 13  # clips of 12 frames


def test_the_log_of_a_long_run_stays_within_its_budget(tmp_path):
    assert stride(1000, 64) == 1
    for steps, batch in ((400_000, 128), (10_000_000, 256)):
        kept = steps // stride(steps, batch)
        assert 0.5 * BUDGET < kept * batch * 8 <= BUDGET
    losses = np.zeros((CHUNK, 64), np.float32)
    state = np.random.default_rng(0).bit_generator.state
    Chunk(1, CHUNK, state, np.arange(1, CHUNK + 1), losses, losses).write(tmp_path)
    size = step_file(tmp_path, "pairs", 1).stat().st_size
    assert size < 1.08 * CHUNK * 64 * 8
    assert read_chunk(tmp_path, 1).state == state
