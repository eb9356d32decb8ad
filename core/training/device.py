"""Where a job computes, and making it repeatable."""

import os

import torch
from torch import nn
from torch.utils._triton import has_triton

from core.errors import StudioError
from core.usable_cores import usable_cores


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` is the GPU where there is one.

    Raises:
        StudioError: `cuda` where torch finds no GPU.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise StudioError("There is no CUDA device; choose device cpu or auto.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def prepare(seed: int, processes: int = 1, deterministic: bool = True) -> None:
    """Seed torch, choose algorithms and precision, and use all cores, or a share if others compute too.

    OMP_NUM_THREADS, where it is set, decides the number of cores instead. On a CPU runs repeat bit for
    bit on the same machine with the same number of threads, whatever is asked.

    Args:
        deterministic: on a GPU hold cuDNN to algorithms that repeat; else it tries them all at the first
            step and takes the fastest. Our own operations add in a fixed order either way, but torch
            promises none for the rest of the backward pass (that of max pooling, for one), so runs repeat
            there up to rounding at best, which training magnifies.

    A GPU multiplies float32 in convolutions as TF32 (10 bits of mantissa, sums in float32), as torch does
    of itself and about as coarse as the half-precision that pretraining takes anyway; products of
    matrices, which make fc6 and fc7, keep all 24 bits. Caffe, the paper's framework, had no TF32. Both
    are set here so that neither torch's defaults nor another program's decide.
    """
    torch.manual_seed(seed)
    torch.backends.cudnn.conv.fp32_precision = "tf32"  # type: ignore[attr-defined]
    torch.backends.cuda.matmul.fp32_precision = "ieee"
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = not deterministic
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, usable_cores() // processes))


def compile_for_gpu(module: nn.Module) -> None:
    """Have a module compiled when it is first called, by torch.compile; its parameters keep their names.

    Raises:
        StudioError: where what compiles for a GPU is absent.
    """
    if not has_triton():
        raise StudioError("Compiling a network needs Triton and a GPU that it knows; set compiled to false.")
    module.compile()


def mixed_precision(device: torch.device, on_gpu: bool, on_cpu: bool = False) -> torch.autocast:
    """Computing in bfloat16 where it is safe, if that is wanted of this device.

    On a CPU with AVX512_BF16 or AMX a step of pretraining takes 0.57 times as long so (tiny and the
    paper's network alike); on one that has neither, longer than in float32.
    """
    wanted = on_gpu if device.type == "cuda" else on_cpu
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted)
