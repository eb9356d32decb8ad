"""How far a review is, in words."""

from math import ceil

from studio.review.queue import Queue


def counts_in_words(queue: Queue) -> str:
    """How many of all that was found the threshold leaves in the queue, and where nothing could be."""
    found, left = queue.order.undecided, len(queue.order)
    kept = f"{found - left:,} kept as {'it is' if found - left == 1 else 'they are'}"
    parts = [f"{left:,} to review, {kept}"] if found else []
    if queue.recipe.needs_points and (without := queue.clips_without_points()):
        parts.append(f"{without:,} clip{'s have' if without > 1 else ' has'} no points")
    return "; ".join(parts)


def pace_in_words(queue: Queue) -> str:
    """Such as `7 of 23, 40 s each, 11 min left`; the pace once there is one."""
    pace, left = queue.of_recipe.pace, len(queue.order)
    parts = [queue.where()]
    if pace is not None and left:
        parts += [f"{seconds(pace)} each", f"{seconds(pace * left)} left"]
    return ", ".join(parts)


def seconds(count: float) -> str:
    """A time such as `40 s`, `11 min` or `3 h`."""
    if count < 90:
        return f"{max(1, round(count))} s"
    return f"{ceil(count / 60)} min" if count < 5400 else f"{count / 3600:.1f} h"
