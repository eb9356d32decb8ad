"""What a run takes of its machine: memory, and the GPU's time. Asking makes no GPU wait."""

import contextlib
import ctypes
import os
import sys

import torch

GIGABYTE = 1e9


def memory_used(device: torch.device) -> float:
    """Gigabytes (1e9 bytes): on a GPU the most that torch has held on it, else what this process holds now.

    NaN where the system does not say.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / GIGABYTE
    return _resident() / GIGABYTE


def _resident() -> float:
    """Bytes of this process in memory; where only the most so far is known, that."""
    with contextlib.suppress(OSError, ValueError, AttributeError), open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return _working_set()
    import resource  # not on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most) * (1 if sys.platform == "darwin" else 1024)


class _Counters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of Windows."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("page_faults", ctypes.c_uint32),
        ("peak_working_set", ctypes.c_size_t),
        ("working_set", ctypes.c_size_t),
        ("others", ctypes.c_size_t * 6),
    )


def _working_set() -> float:
    counters = _Counters(size=ctypes.sizeof(_Counters))
    kernel = ctypes.CDLL("kernel32")
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    known = kernel.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.size)
    return float(counters.working_set) if known else float("nan")


class GpuUse:
    """How busy a GPU is, as its driver counts: asked of NVML, the library that comes with every driver."""

    def __init__(self, device: torch.device) -> None:
        self._library: ctypes.CDLL | None = None
        self._handle = ctypes.c_void_p()
        if device.type == "cuda":
            with contextlib.suppress(OSError, AttributeError):  # no such library, or an old one
                self._find(device)

    def _find(self, device: torch.device) -> None:
        library = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
        uuid = str(torch.cuda.get_device_properties(device).uuid)
        name = (uuid if uuid.startswith("GPU-") else f"GPU-{uuid}").encode()
        if library.nvmlInit_v2() == 0:
            found = library.nvmlDeviceGetHandleByUUID(ctypes.c_char_p(name), ctypes.byref(self._handle))
            self._library = library if found == 0 else None

    def percent(self) -> float | None:
        """Per cent of the last moments, of up to a second, in which a kernel ran; None where nobody says."""
        if self._library is None:
            return None
        rates = (ctypes.c_uint * 2)()  # of the GPU, of its memory
        if self._library.nvmlDeviceGetUtilizationRates(self._handle, ctypes.byref(rates)) != 0:
            return None
        return float(rates[0])
