"""Readers of what is kept to go on from: a tracker that was stopped, its points, the window's settings."""

import contextlib
from pathlib import Path

import numpy as np

from core.runs.run_folder import RunFolder
from tests.reliability import mutations
from tests.reliability.attack import Skipped
from tests.reliability.reader import Reader

FRAMES, HEIGHT, WIDTH = 8, 72, 96


def stopped(folder: Path) -> None:
    """A run of suggestions that was stopped while it tracked, and one that had tracked its clip."""
    import cv2

    from core.datasets.clip import Clip
    from core.jobs import suggest
    from core.motion_segmentation.config import SuggestConfig
    from core.trajectories.model import PointTrajectories
    from core.trajectories.snapshot import ClipSnapshot

    rng = np.random.default_rng(1)
    ground, square = (
        cv2.GaussianBlur(rng.integers(0, 256, (*size, 3), np.uint8), (0, 0), 1.5)
        for size in ((HEIGHT, WIDTH), (24, 24))
    )
    for frame in range(FRAMES):
        ground_now = ground.copy()
        ground_now[20:44, 8 + 4 * frame : 32 + 4 * frame] = square
        cv2.imwrite(str(folder / f"{frame}.png"), ground_now)
    nothing = PointTrajectories.pack([], [])
    files = tuple(f"{frame}.png" for frame in range(FRAMES))
    clip = Clip(id=1, name="a", dataset="frames", width=WIDTH, height=HEIGHT, root=folder, files=files)
    for name, frames in (("tracking", 3), ("tracked", FRAMES)):
        run = RunFolder.create(folder / name, "suggest", SuggestConfig(preset="fast"))
        with contextlib.closing(suggest.work(run, ClipSnapshot(clip, nothing, ()))) as steps:
            for step in steps:
                if step == frames + (name == "tracked"):
                    break


def _goes_on(path: Path) -> None:
    """The run goes on to its end; a clip whose state is damaged begins again."""
    from core.datasets.clip import Clip
    from core.jobs import suggest
    from core.jobs.by_clip.results import read_points
    from core.trajectories.model import PointTrajectories
    from core.trajectories.snapshot import ClipSnapshot

    run = RunFolder(path.parents[1])
    files = tuple(f"{frame}.png" for frame in range(FRAMES))
    clip = Clip(
        id=1, name="a", dataset="frames", width=WIDTH, height=HEIGHT, root=run.path.parent, files=files
    )
    for _ in suggest.work(run, ClipSnapshot(clip, PointTrajectories.pack([], []), ())):
        pass
    points = read_points(run)[1]
    assert (points.first + points.lengths <= FRAMES).all()


def window_settings(folder: Path) -> None:
    """Settings in which a person chose everything once."""
    try:
        from studio.window.settings import LastView, WindowSettings
    except ImportError as error:
        raise Skipped(f"Qt is absent ({error})") from error

    settings = WindowSettings(folder / "settings.ini")
    for name, text in (("theme", '"dark"'), ("jobs_at_once", "2"), ("carry_confidence", "0.4")):
        settings.set_preference(name, text)
    settings.keys, settings.smoothing = '{"preset": "CVAT", "own": {"undo": ["Ctrl+U"]}}', "light"
    settings.last_export = {"format": "coco", "kinds": "objects", "reviews": "accepted"}
    settings.add_recent(Path("/a"))
    settings.add_recent(Path("/b"))
    settings.set_last_view(Path("/a"), LastView("a", 7, "train", "kind:point"))
    settings.set_form(Path("/a"), "track", {"preset": "fast"})
    settings.set_scope(Path("/a"), "track", "all")
    settings.set_last_folder("import", Path("/a"))
    settings.sync()


def _settings(path: Path) -> None:
    """All that the window asks of its settings when it opens, and that it can go on keeping them."""
    from studio.window.keys import KeyStore
    from studio.window.preferences import PreferencesStore
    from studio.window.settings import WindowSettings

    settings, project = WindowSettings(path), Path("/a")
    KeyStore(settings).now.bindings()
    PreferencesStore(settings)
    assert settings.last_view(project).frame >= 0
    assert isinstance(settings.form(project, "track"), dict)
    for asked in (settings.smoothing, settings.last_export, settings.geometry, settings.layout("train")):
        assert asked is not None
    settings.scope(project, "track"), settings.last_folder("import")
    settings.add_recent(project)
    assert settings.recent[0].path == project


_ARRAYS, _TEXT = mutations.of_arrays, mutations.of_text

OF_KEPT_STATE: dict[str, Reader] = {
    "stopped-tracker": Reader("tracking/checkpoints/1.npz", _ARRAYS, _goes_on, stopped, 50),
    "kept-points": Reader("tracked/checkpoints/1-points.npz", _ARRAYS, _goes_on, stopped, 50),
    "window-settings": Reader("settings.ini", _TEXT, _settings, window_settings, 200),
}
"""Readers by name."""
