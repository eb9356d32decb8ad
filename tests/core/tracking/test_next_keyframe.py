import numpy as np
import pytest

from core.tracking.next_keyframe import next_keyframe
from core.trajectories.model import ObjectTrajectory, Origin


def filled(frames: int, keys: list[int], confidence: dict[int, float] | None = None) -> ObjectTrajectory:
    """An object with something in every frame, that is sure by 0.5 where it was filled, or as is said."""
    origin = np.full(frames, Origin.PROPAGATED, np.uint8)
    origin[keys] = Origin.EDITED
    sure = np.array([(confidence or {}).get(frame, 0.5) for frame in range(frames)], np.float32)
    sure[keys] = 1.0
    boxes = np.tile(np.array([0, 0, 8, 8], np.float32), (frames, 1))
    return ObjectTrajectory(np.arange(frames, dtype=np.int32), boxes, origin, sure, (None,) * frames)


def plain_gain(one: ObjectTrajectory, chosen: int) -> float:
    """What a keyframe in a frame would mend, frame by frame."""
    keys = one.keyframes.tolist()

    def spread(frame: int, keys: list[int]) -> float:
        before = [frame - key for key in keys if key < frame]
        after = [key - frame for key in keys if key > frame]
        if before and after:
            return min(before) * min(after) / (min(before) + min(after))
        return float(min(before or after))

    others = [1.0 - float(one.confidence[frame]) for frame in one.frames.tolist() if frame not in keys]
    gain, evenly = 0.0, sum(others) / len(others)
    for frame in one.frames.tolist():
        if frame not in keys:
            missing = (1.0 - float(one.confidence[frame])) / 2 + evenly / 2
            if frame == chosen:
                gain += missing
            else:
                gain += missing * (1 - spread(frame, sorted([*keys, chosen])) / spread(frame, keys))
    return gain


@pytest.mark.parametrize("seed", range(20))
def test_no_frame_has_a_larger_gain_by_a_plain_loop(seed):
    generator = np.random.default_rng(seed)
    keys = sorted(generator.choice(40, generator.integers(1, 5), replace=False).tolist())
    one = filled(40, keys, dict(enumerate(generator.uniform(0.05, 1, 40).tolist())))
    found = next_keyframe(one)
    gains = {frame: plain_gain(one, frame) for frame in range(40) if frame not in keys}
    assert found.gain == pytest.approx(max(gains.values()), abs=1e-3)
    assert gains[found.frame] == pytest.approx(found.gain, abs=1e-3)
    assert found.first <= found.frame <= found.last
    assert not any(found.first <= key <= found.last for key in keys)


def test_where_all_is_equally_unsure_it_is_the_middle_of_the_longest_span():
    found = next_keyframe(filled(41, [0, 30, 40]))
    assert (found.frame, found.first, found.last) == (15, 1, 29)


def test_it_lies_nearer_to_where_the_densifier_is_unsure():
    sure = {frame: 0.95 for frame in range(1, 20)} | {frame: 0.2 for frame in range(20, 30)}
    assert 20 < next_keyframe(filled(31, [0, 30], sure)).frame < 30


def test_past_the_last_keyframe_most_is_won():
    found = next_keyframe(filled(31, [0, 15]))
    assert found.frame > 15
    assert found.last == 30


def test_without_anything_filled_there_is_none():
    assert next_keyframe(filled(3, [0, 1, 2])) is None
