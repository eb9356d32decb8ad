"""What lets a job make the same calls in the same order each time, and not wait: no clock decides."""

import functools
import importlib.metadata
import os
import time

import cv2
import numpy as np

from core import worker
from core.events import Progress
from core.version import code_version


def warm() -> None:
    """Find out before forks what each of them would find out again: versions, tables."""
    os.environ["OMP_NUM_THREADS"] = "1"  # threads that wait for their turn take the time of others
    code_version()
    if not hasattr(importlib.metadata.version, "cache_info"):
        importlib.metadata.version = functools.cache(importlib.metadata.version)
    os.environ["LANGUAGE"] = "C"  # no files of translations are looked for
    cv2.cvtColor(np.zeros((1, 1, 3), np.uint8), cv2.COLOR_RGB2Lab)  # its tables


def steady() -> None:
    """In the fork: pauses take no time, work is not shared out, and the heartbeat beats once, at the first
    progress.

    Its thread would write whenever the clock says so, which gives the calls after it other numbers. It writes
    by the same function as at the begin and the end, and nothing that this raises reaches the job.
    """
    time.sleep = lambda seconds: None
    os.cpu_count = lambda: 1  # threads would take turns
    worker._LOOK = 3600.0
    progress = worker._Heartbeat.progress

    def progress_and_beat(beat: worker._Heartbeat, now: Progress) -> None:
        progress(beat, now)
        if not getattr(beat, "has_beaten", False):
            beat.has_beaten = True
            beat._write(beat.now)

    worker._Heartbeat.progress = progress_and_beat
