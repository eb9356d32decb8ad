import numpy as np

from core.datasets.tinting import tinted


def test_tinted_patches_are_rounded_and_cut_off():
    patches = np.zeros((2, 1, 2, 3), np.uint8)
    patches[:] = (100, 150, 200)
    doubled = np.concatenate([2 * np.eye(3), np.full((3, 1), -0.7)], axis=1)
    kept = np.concatenate([np.eye(3), np.zeros((3, 1))], axis=1)
    found = tinted(patches, np.stack([doubled, kept]).astype(np.float32))
    assert found[0].tolist() == [[[199, 255, 255]] * 2]
    assert found[1].tolist() == patches[1].tolist()
    assert patches[0, 0, 0].tolist() == [100, 150, 200]
