import numpy as np

from core.tracking.composition import Composition, packed, pull, pull_nearest, unpacked


def moving(x, y, height=30, width=40):
    return np.broadcast_to(np.array([x, y], np.float32), (height, width, 2)).copy()


def test_steps_add_up_where_they_stay_within_the_frame():
    path = Composition(30, 40)
    for _ in range(3):
        path.step(moving(-2.5, 1), moving(2.5, -1))
    np.testing.assert_allclose(path.displacement[:26, 9:], moving(-7.5, 3)[:26, 9:], atol=1e-5)
    np.testing.assert_allclose(path.confidence[:26, 9:], 1)


def test_a_path_that_left_the_frame_is_not_trusted():
    path = Composition(30, 40)
    for _ in range(3):
        path.step(moving(-4, 0), moving(4, 0))
    assert (path.confidence[:, :11] == 0).all()
    assert (path.confidence[:, 12:] == 1).all()


def test_each_failed_forward_backward_test_takes_away_seven_tenths():
    path = Composition(30, 40)
    path.step(moving(0, 0), moving(0, 0.6))
    np.testing.assert_allclose(path.confidence[:29], 1)
    path.step(moving(0, 0), moving(0, 0.9))
    np.testing.assert_allclose(path.confidence[5:25], 0.3, rtol=1e-6)
    path.step(moving(0, 0), moving(0, 0.9))
    np.testing.assert_allclose(path.confidence[5:25], 0.09, rtol=1e-6)


def test_a_varying_flow_is_followed_through():
    """Stretching by 1.1 a step about the left edge: back from x in the last frame is x / 1.1²."""
    columns = np.arange(40, dtype=np.float32)
    back, out = moving(0, 0), moving(0, 0)
    back[..., 0], out[..., 0] = columns / 1.1 - columns, columns * 1.1 - columns
    path = Composition(30, 40)
    path.step(back, out)
    path.step(back, out)
    np.testing.assert_allclose(
        path.displacement[..., 0], np.tile(columns / 1.21 - columns, (30, 1)), atol=1e-4
    )


def test_pulling_a_part_is_a_part_of_pulling_all():
    rng = np.random.default_rng(0)
    field = rng.random((30, 40, 3), np.float32)
    displacement = rng.normal(scale=2, size=(30, 40, 2)).astype(np.float32)
    whole = pull(field, displacement)
    np.testing.assert_allclose(pull(field, displacement[5:20, 7:31], 7, 5), whole[5:20, 7:31], atol=1e-6)
    numbers = (field[..., 0] * 1000).astype(np.uint16)
    assert set(np.unique(pull_nearest(numbers, displacement))) <= set(np.unique(numbers)) | {0}
    np.testing.assert_array_equal(pull_nearest(numbers, moving(1, 2))[:28, :39], numbers[2:, 1:])


def test_packing_keeps_a_thirtysecond_of_a_pixel():
    field = np.random.default_rng(0).normal(scale=50, size=(9, 9, 2)).astype(np.float32)
    np.testing.assert_allclose(unpacked(packed(field)), field, atol=1 / 32)
