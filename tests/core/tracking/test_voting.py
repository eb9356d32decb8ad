import numpy as np
import pytest

from core.tracking.voting import Search, Voter, vote, vote_at_two_sizes

SEARCH = Search(reach=2, step=1, spread=1.5, tone=8.0)


def slow_vote(colours, voters, search):
    """The same sum written out pixel by pixel; beyond its edge a voter goes on as it ends."""
    height, width = colours.shape[:2]
    colours = colours.astype(float)
    result = np.zeros((height, width))
    shifts = range(-search.reach, search.reach + 1, search.step)

    def reflected(place, size):
        return abs(place) if place < size else 2 * size - 2 - place

    for r in range(height):
        for c in range(width):
            votes = total = 0.0
            for voter in voters:
                for down in shifts:
                    for right in shifts:
                        unlike = 0.0
                        for i in (-1, 0, 1):
                            for j in (-1, 0, 1):
                                y, x = reflected(r + i, height), reflected(c + j, width)
                                v = min(max(y + down, 0), height - 1)
                                u = min(max(x + right, 0), width - 1)
                                unlike += ((colours[y, x] - voter.colours[v, u]) ** 2).sum() / 9
                        v, u = min(max(r + down, 0), height - 1), min(max(c + right, 0), width - 1)
                        weight = voter.weight[v, u] * np.exp(
                            -unlike / (2 * search.tone**2) - (down**2 + right**2) / (2 * search.spread**2)
                        )
                        votes += weight * voter.mask[v, u]
                        total += weight
            result[r, c] = votes / total
    return result


def test_the_vote_is_the_sum_it_says_it_is():
    rng = np.random.default_rng(0)
    colours = rng.integers(100, 130, (6, 7, 3)).astype(np.uint8)
    voters = [
        Voter(
            rng.integers(100, 130, (6, 7, 3)).astype(np.uint8),
            rng.random((6, 7), np.float32),
            rng.uniform(0.1, 1, (6, 7)).astype(np.float32),
        )
        for _ in range(2)
    ]
    np.testing.assert_allclose(vote(colours, voters, SEARCH), slow_vote(colours, voters, SEARCH), atol=1e-4)


@pytest.mark.parametrize("how", [vote, vote_at_two_sizes])
def test_an_outline_that_the_flow_missed_is_found_by_colour(how):
    """The object is bright; its keyframe, pulled here, is shown 2 px too far to the right."""
    frame = np.full((40, 50, 3), 60, np.uint8)
    frame[10:30, 15:35] = 180
    shifted = np.full((40, 50, 3), 60, np.uint8)
    shifted[10:30, 17:37] = 180
    mask = (shifted[..., 0] > 100).astype(np.float32)
    voter = Voter(shifted, mask, np.ones((40, 50), np.float32))
    found = how(frame, [voter], Search(reach=4, step=1, spread=3.0)) > 0.5
    truth = frame[..., 0] > 100
    assert (found != truth).sum() < 0.1 * ((mask > 0.5) != truth).sum() + 8


def test_what_resembles_nothing_still_gets_an_answer():
    frame = np.full((12, 12, 3), 255, np.uint8)
    voter = Voter(
        np.zeros((12, 12, 3), np.uint8), np.ones((12, 12), np.float32), np.ones((12, 12), np.float32)
    )
    assert np.isfinite(vote(frame, [voter], SEARCH)).all()
