"""Errors of memory that ran out, recognised by their names, so that no library need be imported for it."""

import errno
from collections.abc import Collection

GPU, MAIN = "GPU memory", "memory"

_ON_A_GPU = ("CUDA error: out of memory", "CUDA out of memory", "STATUS_ALLOC_FAILED")
_ELSEWHERE = ("DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory")

LESS = {
    "batch": "a smaller batch",
    "network": "a smaller network",
    "short_side": "a smaller short_side",
    "rois_per_image": "fewer rois_per_image",
    "max_side": "a smaller max_side",
    "workers": "fewer workers",
}
"""Settings of jobs that decide how much memory they take, and what to ask of each."""


def memory_that_ran_out(error: BaseException) -> str:
    """`GPU` or `MAIN`, where an error says that no more of it was to be had; else nothing.

    PyTorch raises `torch.OutOfMemoryError` on a GPU, or a RuntimeError of CUDA and its libraries, and a
    RuntimeError of its allocator on a CPU; OpenCV raises its own error (-4), NumPy a MemoryError.
    """
    names, text = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}, str(error)
    if names & {"torch.OutOfMemoryError", "torch.cuda.OutOfMemoryError"}:
        return GPU
    if isinstance(error, RuntimeError) and any(words in text for words in _ON_A_GPU):
        return GPU
    if isinstance(error, RuntimeError) and any(words in text for words in _ELSEWHERE):
        return MAIN
    no_more = isinstance(error, OSError) and error.errno == errno.ENOMEM
    of_opencv = "cv2.error" in names and "Insufficient memory" in text
    return MAIN if no_more or of_opencv or isinstance(error, MemoryError) else ""


def remedy(memory: str, settings: Collection[str]) -> str:
    """What to do where a job with such settings ran out of memory: the end of a sentence."""
    less = [asked for name, asked in LESS.items() if name in settings]
    if memory == GPU and "device" in settings:
        less.append("device cpu")
    return f"run it again with {' or '.join(less)}" if less else "close other programs and run it again"
