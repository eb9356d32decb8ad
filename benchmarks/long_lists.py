"""How fast the long lists of the window are; JSON on standard output, times in milliseconds of CPU.

    python -m benchmarks.long_lists [--tracks 12500] [--rows 1000000] [--lanes 5000]

sort_filter   a table of `rows` tracks sorted by each of its columns and filtered: all of it, and what the
              thread of the window does;
impact        what rejecting half of `tracks` point tracks takes out of training, counted anew each time;
lanes         the timeline of `lanes` objects scrolled and painted at another frame.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.project.project import Project
from core.trajectories.bulk_edits import AddClips
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

FRAMES = 60


def measured(work: Callable[[int], None], times: int) -> dict[str, float]:
    taken = []
    for number in range(times):
        began = time.process_time()
        work(number)
        taken.append((time.process_time() - began) * 1000)
    return spread(taken)


def spread(taken: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(taken, (50, 95))
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1), "times": len(taken)}


def sort_filter(tracks: int) -> dict[str, dict[str, float]]:
    """Times until the table shows it, and what the thread of the window does for it."""
    from PySide6.QtCore import QEventLoop, Qt

    from core.trajectories.filter_text import parse
    from core.trajectories.track_rows import track_rows
    from studio.tables.track_model import COLUMNS, TrackModel
    from studio.tables.track_table import RowsView

    rng = np.random.default_rng(0)
    offsets = np.concatenate(([0], np.cumsum(rng.integers(5, FRAMES, tracks))))
    count, labels = int(offsets[-1]), ("", "", "", "car", "red car")
    points = PointTrajectories(
        ids=np.arange(1, tracks + 1),
        first=np.zeros(tracks, np.int32),
        offsets=offsets,
        xy=np.zeros((count, 2), np.float32),
        error=rng.exponential(1, count).astype(np.float32),
        origin=np.full(count, Origin.LINKED, np.uint8),
        end_reason=rng.integers(0, 6, tracks).astype(np.uint8),
        review=rng.integers(0, 3, tracks).astype(np.uint8),
        labels=tuple(labels[k] for k in rng.integers(0, len(labels), tracks)),
    )
    model, view, loop = TrackModel(), RowsView(), QEventLoop()
    view.setModel(model)
    view.resize(400, 600)
    view.show()
    model.set_rows(track_rows(points, []))
    is_done = [True]

    def end() -> None:
        is_done[0] = True
        loop.quit()

    model.arranged.connect(end)
    whole, window = [], []

    def timed(work: Callable[[], None]) -> None:
        is_done[0] = False
        began, spent = time.process_time(), time.thread_time()
        work()
        if not is_done[0]:
            loop.exec()
        whole.append((time.process_time() - began) * 1000)
        window.append((time.thread_time() - spent) * 1000)

    for number in range(2 * len(COLUMNS)):
        column, text = number % len(COLUMNS), "" if number % 2 else "1"
        timed(lambda column=column: model.sort(column, Qt.SortOrder.DescendingOrder))
        line = f"length>={number + 2} worst<=5,unknown review:open,accepted {text}"
        timed(lambda line=line: model.set_filter(parse(line)))
    model.close_reader()
    view.close()
    return {"whole": spread(whole), "window_thread": spread(window)}


def impact(tracks: int) -> dict[str, float]:
    from core.pairs.impact import Rules, material

    lengths = np.random.default_rng(0).integers(5, FRAMES, tracks)
    points = PointTrajectories.pack([0] * tracks, [np.zeros((n, 2)) for n in lengths])
    points.ids[:] = np.arange(1, tracks + 1)
    half = frozenset(range(1, tracks, 2))

    def work(number: int) -> None:
        counted = material(points, [], Rules())
        counted.amount(counted.among(half))
        counted.amount()

    return measured(work, 20)


def lanes(count: int, folder: Path) -> dict[str, float]:
    from studio.document import Document
    from studio.timeline.timeline import Timeline
    from studio.view_state import ViewState

    files = tuple(f"{number}.png" for number in range(FRAMES))
    clip = Clip(name="many", dataset="frames", width=64, height=48, root=folder, files=files)
    objects = []
    for number in range(count):
        frames = np.array([number % 20, 21 + number % 10, 59], np.int32)
        objects.append(
            ObjectTrajectory(
                frames=frames,
                boxes=np.tile(np.float32([5, 5, 20, 20]), (3, 1)),
                origin=np.full(3, Origin.ANNOTATED, np.uint8),
                confidence=np.ones(3, np.float32),
                masks=(None,) * 3,
            )
        )
    document = Document(Project.create(folder / "project"))
    document.perform(AddClips([(clip, objects)]))
    view = ViewState()
    view.set_clip(document.clips()[0].clip)
    timeline = Timeline(document, view)
    timeline.resize(1200, 300)
    timeline.show()
    timeline.grab()

    def work(number: int) -> None:
        view.set_frame(number % FRAMES)
        timeline.verticalScrollBar().setValue(number * count)
        timeline.grab()

    try:
        return measured(work, 20)
    finally:
        timeline.close()
        document.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tracks", type=int, default=12_500)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--lanes", type=int, default=5_000)
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    report: dict[str, object] = vars(args).copy()
    with tempfile.TemporaryDirectory() as name:
        report["sort_filter"] = sort_filter(args.rows)
        report["impact"] = impact(args.tracks)
        report["lanes"] = lanes(args.lanes, Path(name))
    application.processEvents()
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
