"""Learning rates as pure functions of the step, so that resuming needs no state.

`step` counts the steps already done; the first step has 0.
"""

import math

SCHEDULES = ("cosine", "step", "constant")


def warm_up(step: int, length: int) -> float:
    """A factor that rises in `length` equal parts to 1."""
    return min(1.0, (step + 1) / length) if length > 0 else 1.0


def cosine(step: int, total: int) -> float:
    """A factor that falls from 1 at step 0 to 0 at `total` along half a cosine."""
    return 0.5 * (1 + math.cos(math.pi * min(step, total) / total))


def stepped(step: int, every: int, factor: float = 0.1) -> float:
    """A factor that is multiplied by `factor` every so many steps."""
    return factor ** (step // every)


def learning_rate(kind: str, step: int, total: int, base: float, warm_up_length: int, every: int) -> float:
    """The learning rate of a step.

    Args:
        kind: one of `SCHEDULES`; `cosine` begins to fall where the warm-up ends.
        total: steps of the whole run.
        base: the highest rate.
        warm_up_length: steps of the warm-up, which every kind begins with.
        every: for `step`, after how many steps to divide by ten.
    """
    if step < warm_up_length:
        return base * warm_up(step, warm_up_length)
    if kind == "cosine":
        return base * cosine(step - warm_up_length, max(total - warm_up_length, 1))
    if kind == "step":
        return base * stepped(step, every)
    if kind == "constant":
        return base
    raise ValueError(f"no schedule {kind!r}")
