"""Learning rates as pure functions of the step, so that resuming needs no state.

`step` counts the steps already done; the first step has 0.
"""

import math
from collections.abc import Callable

from core.errors import StudioError

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


def of_new_length(
    done: int, then: int, now: int, rate_then: Callable[[int], float], rate_now: Callable[[int], float]
) -> list[str]:
    """What to say of a run that goes on with another number of steps in all.

    Args:
        done: steps done.
        then, now: steps in all, as the run was begun and as it goes on.
        rate_then, rate_now: the learning rate after so many steps, for each.

    Returns:
        A sentence; none where the run is what it would be had it been begun with `now` steps.

    Raises:
        StudioError: it has done as many already.
    """
    if now == then:
        return []
    if now <= done:
        raise StudioError(f"The run has done {done} steps already; give it more in all, or start a new run.")
    if all(rate_then(step) == rate_now(step) for step in range(done)):
        return []
    return [
        f"The run was begun for {then} steps and goes on to {now}: from step {done} on its learning rate is "
        f"that of the new length, so it does not become what {now} steps in one go would give."
    ]
