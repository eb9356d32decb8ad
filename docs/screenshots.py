"""Takes the pictures of the README from the real window.

    python docs/screenshots.py PROJECT [--clip NAME] [--frame N] [--theme light|dark] [--out docs/images]

The demo's folder is such a project. Set `QT_SCALE_FACTOR=2` for a screen of 200 %.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PySide6.QtWidgets import QApplication

from studio import theme
from studio.app import Studio
from studio.evaluation.class_views import DETECTIONS
from studio.window.main_window import WORKSPACES
from studio.window.settings import WindowSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("project", type=Path)
    parser.add_argument("--clip", default="")
    parser.add_argument("--frame", type=int, default=20)
    parser.add_argument("--theme", choices=theme.THEMES, default="light")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    words = parser.parse_args()
    words.out.mkdir(parents=True, exist_ok=True)
    app = QApplication([])

    def wait(seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            app.processEvents()
            time.sleep(0.01)

    with tempfile.TemporaryDirectory() as folder:
        settings = WindowSettings(Path(folder) / "settings.ini")
        settings.theme = words.theme
        studio = Studio(app, settings, Path(folder))
        studio.window.resize(1440, 900)
        studio.window.show()
        wait(1)
        studio.window.grab().save(str(words.out / "welcome.png"))
        if not studio.open_project(words.project) or studio.session is None:
            raise SystemExit(f"{words.project} does not open.")
        session = studio.session
        wait(2)
        clips = {one.clip.name: one.clip for one in session.document.clips()}
        clip = clips.get(words.clip) or next(iter(clips.values()))
        session.view.set_clip(clip)
        session.view.set_frame(words.frame)
        wait(2)
        session.view.set_selection(list(session.document.objects(clip.id))[:1])
        for workspace in WORKSPACES:
            studio.window.commands[workspace].trigger()
            wait(3)
            if workspace == "evaluate":
                session.evaluate.choose_class("car")
                session.evaluate.views.tabs.setCurrentIndex(DETECTIONS)
                wait(3)
            studio.window.grab().save(str(words.out / f"{workspace}.png"))
        studio.window.close()


if __name__ == "__main__":
    main()
