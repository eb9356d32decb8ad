"""How a day's work feels in a large project; JSON on standard output, times in milliseconds.

    python -m benchmarks.editor [--project DIR] [--clips 80] [--points 1000000] [--objects 2500] [--starts 3]
    xvfb-run -a python -m benchmarks.editor             under a real X screen, too

It draws the project (`benchmarks.large_project`), unless it is given one, and measures on each platform:

open          from the click to the first settled paint: the clip's picture with its tracks on the canvas, and
              nothing left to draw; each time in a process of its own, which has been up for a while;
held          the longest that the window did not answer meanwhile;
clip_switch   from its choice in the list until its tracks are painted and all views have settled;
frame_step    from `set_frame` to the end of the paint, as in `benchmarks.window`;
edit, undo    a moved point: stored, and until all views are painted again;
built_ahead   what the window does meanwhile where nobody does anything, once: it builds the other workspaces;
              CPU of all, and the longest that it did not answer;
idle_cpu      per cent of one core while nobody does anything, after that;
load, quiet   as in `benchmarks.window`;
close         from the click until the window is gone; `ended`: until the process has ended, too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.large_project import make_project
from benchmarks.window import edits, frame_step, open_studio, others, spread, wait_for

SETTLED = 150
"""Milliseconds without a paint after which the window counts as settled."""

IDLE = 10.0
"""Seconds that the idle window is watched, once nothing is left to be built ahead."""


class Paints:
    """When the window was last painted, and how long it was kept from its events."""

    def __init__(self) -> None:
        from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer

        paints = self

        class Watch(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if event.type() == QEvent.Type.Paint:
                    paints.last = time.perf_counter()
                return False

        self.last = self._looked = time.perf_counter()
        self.held = 0.0
        self._watch = Watch()
        QCoreApplication.instance().installEventFilter(self._watch)  # type: ignore[union-attr]
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(self._look)

    def _look(self) -> None:
        now = time.perf_counter()
        self.held, self._looked = max(self.held, now - self._looked), now

    def settle(self, work: Callable[[], object], is_there: Callable[[], bool]) -> dict[str, float]:
        """Do something and wait until it shows and nothing is painted any more; times of it."""
        began = self._looked = time.perf_counter()
        self.held = 0.0
        self._timer.start()
        work()
        wait_for(lambda: is_there() and time.perf_counter() - self.last > SETTLED / 1000)
        self._timer.stop()
        return {"settled": 1000 * (self.last - began), "held": 1000 * self.held}


def shows(session: Any, clip_id: int) -> bool:
    """Whether a clip's picture and its tracks are on the canvas."""
    stage = session.canvas.stage
    has_tracks = len(stage.tracks.points) or stage.tracks.objects
    return bool(
        stage.clip is not None
        and stage.clip.id == clip_id
        and has_tracks
        and session.canvas.frame_view.frame is not None
    )


def watched(folder: Path, project: Path, whole: bool) -> dict[str, Any]:
    """One life of the window; `whole`: more than opening and closing."""
    studio = open_studio(folder)
    from PySide6.QtWidgets import QApplication

    from studio.app import load_session

    load_session()  # as the window does at leisure
    studio.window.resize(1600, 1000)
    studio.window.show()
    paints = Paints()
    paints.settle(lambda: None, lambda: True)

    def is_open() -> bool:
        clip = studio.session.view.clip if studio.session is not None else None
        return clip is not None and shows(studio.session, clip.id)

    found: dict[str, Any] = {"open": paints.settle(lambda: studio.begin_opening(project), is_open)}
    session = studio.session
    if whole:
        clips = [one.clip for one in session.document.clips()]
        switches = []
        for clip in clips[1:11]:
            choose = partial(session.clips.tree.look_at, session.clips.tree.rows[clip.id])
            switches.append(paints.settle(choose, partial(shows, session, clip.id)))
        found["clip_switch"] = {name: spread([one[name] for one in switches]) for name in ("settled", "held")}
        found["frame_step"] = frame_step(session, clips[0].frames)
        found |= edits(session)
        used = time.thread_time()
        ahead = paints.settle(lambda: None, lambda: not session.ahead.timer.isActive())
        found["built_ahead"] = {"cpu": round(1000 * (time.thread_time() - used), 1), "held": ahead["held"]}
        used = time.process_time()
        rest(IDLE)
        found["idle_cpu"] = round(100 * (time.process_time() - used) / IDLE, 2)
    began = time.perf_counter()
    studio.window.close()
    QApplication.processEvents()
    found["close"] = 1000 * (time.perf_counter() - began)
    found["closed_at"] = time.time()
    return found


def rest(seconds: float) -> None:
    """Let the window alone."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def on_platform(platform: str, project: Path, starts: int) -> dict[str, Any]:
    lives = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(starts):
            command = [sys.executable, "-m", "benchmarks.editor", "--life", folder, "--project", str(project)]
            command += ["--whole"] if number == starts - 1 else []
            environment = {**os.environ, "QT_QPA_PLATFORM": platform}
            out = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
            life = json.loads(out)
            life["ended"] = 1000 * (time.time() - life.pop("closed_at")) + life["close"]
            lives.append(life)
    found = {"open": spread([life["open"]["settled"] for life in lives])}
    found["held"] = spread([life["open"]["held"] for life in lives])
    found |= {name: spread([life[name] for life in lives]) for name in ("close", "ended")}
    return found | {name: value for name, value in lives[-1].items() if name not in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--project", type=Path, help="a project that is there already")
    parser.add_argument("--clips", type=int, default=80)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--objects", type=int, default=2_500)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--life", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--whole", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.life is not None:
        print(json.dumps(watched(args.life, args.project, args.whole)))
        return
    load = others()  # before this adds to it
    platforms = ["offscreen"] + (["xcb"] if os.environ.get("DISPLAY") else [])
    with tempfile.TemporaryDirectory() as name:
        project = args.project or make_project(Path(name), args.clips, args.points, args.objects, args.frames)
        megabytes = round((project / "annotations.sqlite").stat().st_size / 1e6)
        report: dict[str, Any] = {"project": str(project), "database_mb": megabytes, **load}
        for platform in platforms:
            report[platform] = on_platform(platform, project, args.starts)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
