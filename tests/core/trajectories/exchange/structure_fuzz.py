"""JSON with parts taken out, repeated or put in the place of others."""

import copy
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange import import_tracks
from tests.bad_inputs import is_clear

STRANGE = [
    None,
    True,
    -1,
    0.5,
    1e300,
    float("nan"),
    10**25,
    "",
    "x",
    "1",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    [1, 2],
]


def mangled(content: Any, times: int) -> Iterator[Any]:
    """Copies of some JSON with one to three changes each."""
    rng = random.Random(0)
    for _ in range(times):
        changed = copy.deepcopy(content)
        for _ in range(rng.randint(1, 3)):
            _change(changed, rng)
        yield changed


def _change(content: Any, rng: random.Random) -> None:
    places = [(parent, key) for parent, key in _places(content)]
    if not places:
        return
    parent, key = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.insert(rng.randrange(len(parent) + 1), copy.deepcopy(parent[key]))
    elif kind == 2:
        other, its_key = rng.choice(places)
        parent[key] = copy.deepcopy(other[its_key])
    else:
        parent[key] = copy.deepcopy(rng.choice(STRANGE))


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(content) if isinstance(content, dict) else range(len(content))
    for key in keys:
        yield content, key
        if isinstance(content[key], dict | list):
            yield from _places(content[key])


def is_read_or_refused(format: str, write: Callable[[Any], Path], clip: Clip, content: Any) -> None:
    """Every mangled copy is refused in a clear sentence, or gives trajectories that the clip can have."""
    refusals, read = [], 0
    for changed in mangled(content, 400):
        path = write(changed)
        try:
            _, objects, _ = import_tracks(format, path, clip)
        except StudioError as error:
            refusals.append(str(error))
            continue
        read += 1
        for one in objects:
            assert np.isfinite(one.boxes).all()
            assert (one.boxes[:, 2:] > one.boxes[:, :2]).all()
            assert set(one.frames.tolist()) <= set(range(clip.frames))
            assert (np.diff(one.frames) > 0).all()
            assert all(mask is None or isinstance(mask, bytes) for mask in one.masks)
    assert read
    assert refusals
    assert [text for text in refusals if not is_clear(text)] == []
