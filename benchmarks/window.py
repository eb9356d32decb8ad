"""How fast the window answers; JSON on standard output, times in milliseconds.

    python -m benchmarks.window [--points 12500] [--frames 60] [--starts 5]
    QT_SCALE_FACTOR=2 python -m benchmarks.window        as on a high-density screen

It draws a clip of 854 x 480 pixels with that many point trajectories, all in every frame, and measures

start_up      from the start of the interpreter to the first paint of the window, and until a project's
              first frame is on the canvas, each time in a process of its own;
frame_step    from `set_frame` to the end of the paint, frames decoded before, trails of 16 frames;
edit_commit   a moved point: stored in the database, and until all views of the window are painted again;
undo          taking it back, until all views are painted again.

`cpu` is the time of the window's thread alone, which other work on the machine lengthens little; `load` is
how many processes wanted a core in the minute before. Where others are at work, all other times are too long:
`quiet` is false, and a line on standard error says so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.large_project import make_project
from core.project.project import Project
from core.trajectories.observation_edits import MovePoint


def open_studio(folder: Path) -> Any:
    """The application as `main.py` builds it, with settings of its own."""
    from PySide6.QtWidgets import QApplication

    from studio.app import Studio
    from studio.window.settings import WindowSettings

    return Studio(QApplication(sys.argv[:1]), WindowSettings(folder / "settings.ini"), folder)


def wait_for(done: Callable[[], bool]) -> None:
    """Let the window run until something is so."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, timer = QEventLoop(), QTimer(interval=1)
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start()
    loop.exec()


def show_clip(studio: Any) -> Any:
    """Open the project, look at its clip, and wait for the frame; returns the session."""
    session = studio.session
    session.view.set_clip(session.document.clips()[0].clip)
    wait_for(lambda: session.canvas.frame_view.frame is not None)
    return session


def first_paint(folder: Path, began: float) -> dict[str, float]:
    """Start, in this process; `began` is when it was started, in seconds since the epoch."""
    from PySide6.QtCore import QEvent, QObject

    painted: list[float] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and not painted:
                painted.append(time.time())
            return False

    studio = open_studio(folder)
    watch = Watch()
    studio.window.installEventFilter(watch)
    studio.window.show()
    wait_for(lambda: bool(painted))
    studio.open_project(folder / "project")
    session = show_clip(studio)
    session.canvas.frame_view.repaint()
    ready = time.time()
    studio.window.close()
    return {"window": (painted[0] - began) * 1000, "first_frame": (ready - began) * 1000}


def others() -> dict[str, Any]:
    """Whether the machine is quiet enough for times to mean anything; nothing where it cannot be told."""
    if not hasattr(os, "getloadavg"):
        return {}
    load = os.getloadavg()[0]
    quiet = load < 0.25 * (os.cpu_count() or 1)
    if not quiet:
        print(
            f"Others use this machine (load {load:.1f}): trust only `cpu`, and measure again.",
            file=sys.stderr,
        )
    return {"load": round(load, 2), "quiet": quiet}


def start_up(folder: Path, starts: int) -> dict[str, Any]:
    times = []
    for _ in range(starts + 1):  # the first one fills the disk's cache and does not count
        command = [sys.executable, "-m", "benchmarks.window", "--began", str(time.time()), str(folder)]
        times.append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
    return {name: spread([one[name] for one in times[1:]]) for name in times[0]}


def frame_step(session: Any, frames: int) -> dict[str, Any]:
    canvas, view = session.canvas, session.view
    wait_for(lambda: len(canvas.loader.cached) >= min(frames, 60))
    cached = sorted(canvas.loader.cached)

    def step(number: int) -> None:
        view.set_frame(cached[number % len(cached)])
        canvas.frame_view.repaint()

    return measure(step, 3 * len(cached))


def edits(session: Any) -> dict[str, Any]:
    from PySide6.QtWidgets import QApplication

    document, clip = session.document, session.view.clip
    ids = document.points(clip.id).ids

    def move(number: int) -> None:
        document.perform(MovePoint(clip.id, int(ids[number]), 3, 100.0 + number, 50.0))
        QApplication.processEvents()

    def undo(number: int) -> None:
        document.undo()
        QApplication.processEvents()

    return {"edit_commit": measure(move, 40), "undo": measure(undo, 40)}


def stored_edit(folder: Path) -> dict[str, Any]:
    """A moved point in the document alone, without views."""
    from studio.document import Document

    document = Document(Project.open(folder / "project"))
    clip = document.clips()[0].clip
    ids = document.points(clip.id).ids

    def move(number: int) -> None:
        document.perform(MovePoint(clip.id, int(ids[number]), 3, 100.0 + number, 50.0))

    try:
        return measure(move, 40)
    finally:
        document.close()


def measure(work: Callable[[int], None], times: int) -> dict[str, Any]:
    wall, cpu = [], []
    for number in range(times):
        began, used = time.perf_counter(), time.thread_time()
        work(number)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.thread_time() - used) * 1000)
    return {"wall": spread(wall), "cpu": spread(cpu)}


def spread(values: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, (50, 95))
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1), "times": len(values)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--points", type=int, default=12500)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    parser.add_argument("folder", type=Path, nargs="?", help=argparse.SUPPRESS)
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if args.began is not None:
        print(json.dumps(first_paint(args.folder, args.began)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load = others()
        make_project(folder, 1, args.points, 0, args.frames, 0)
        report: dict[str, Any] = {"points": args.points, "frames": args.frames, **load}
        report["start_up"] = start_up(folder, args.starts)
        studio = open_studio(folder)
        report["stored_edit"] = stored_edit(folder)
        studio.window.resize(1600, 1000)
        studio.window.show()
        studio.open_project(folder / "project")
        session = show_clip(studio)
        view = session.canvas.frame_view
        report["canvas"] = [view.width(), view.height(), view.devicePixelRatioF()]
        report["frame_step"] = frame_step(session, args.frames)
        report |= edits(session)
        studio.window.close()
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
