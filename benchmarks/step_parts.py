"""Where the time of a training step goes, by torch's profiler."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

PARTS = {
    "RoI pooling": ("RoIMaxPool",),
    "normalisation": ("_Normalise",),
    "update": ("Optimizer.step", "_fused_sgd"),
    "length of the gradient": ("foreach_norm", "linalg_vector_norm", "foreach_mul"),
    "losses": ("cross_entropy", "nll_loss", "log_softmax", "LogSoftmax", "NllLoss", "smooth_l1", "SmoothL1"),
    "convolution": ("conv",),
    "fully connected": ("linear", "addmm", "AddmmBackward", "aten::mm", "TBackward"),
    "max pooling": ("max_pool2d",),
    "ReLU and dropout": ("relu", "threshold", "Threshold", "dropout", "bernoulli"),
}
"""A part has the time of operations with one of these in their name or in that of one they are part of; of
several parts, the first."""

MATRIX = ("convolution", "fully connected")
TOP = 12
"""Operations that are listed."""


def where_time_goes(steps: Callable[[], object], count: int, device: torch.device) -> dict[str, Any]:
    """Profile so many steps: milliseconds a step by part, and the operations outside `MATRIX` that take most.

    `neither` is the part of the time outside `MATRIX`. On a GPU it is the time of its kernels.
    """
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
    with profile(activities=activities) as profiler:
        steps()
    parts: dict[str, float] = {}
    others: dict[str, float] = {}
    calls = 0
    for event, spent in _self_times(profiler, device):
        name = _part_of(event)
        parts[name] = parts.get(name, 0) + spent
        calls += event.name.startswith("aten::")
        if name not in MATRIX:
            others[f"{event.name} ({name})"] = others.get(f"{event.name} ({name})", 0) + spent
    whole = sum(parts.values())
    longest = sorted(others, key=lambda name: -others[name])[:TOP]
    return {
        "neither": round(1 - sum(parts.get(name, 0) for name in MATRIX) / whole, 3),
        "milliseconds": {name: _milliseconds(parts[name], count) for name in sorted(parts)},
        "longest_outside": {name: _milliseconds(others[name], count) for name in longest},
        "operations": round(calls / count),
    }


def _self_times(profiler: profile, device: torch.device) -> Iterator[tuple[Any, float]]:
    """Operations of the host, with the microseconds of each itself: on a GPU those of its kernels."""
    for event in profiler.events() or ():
        if event.device_type == torch.autograd.DeviceType.CPU:
            yield event, event.self_device_time_total if device.type == "cuda" else event.self_cpu_time_total


def _part_of(event: Any) -> str:
    names = []
    while event is not None:
        names.append(event.name)
        event = event.cpu_parent
    for part, words in PARTS.items():
        if any(word in name for word in words for name in names):
            return part
    return "the rest"


def _milliseconds(microseconds: float, count: int) -> float:
    return round(microseconds / 1000 / count, 3)
