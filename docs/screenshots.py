"""Takes the pictures of the README from the real window, or with --all of every panel, dialog and menu.

    python docs/screenshots.py PROJECT [--clip NAME] [--frame N] [--theme light|dark] [--out FOLDER] [--all]

The demo's folder is such a project. Set `QT_SCALE_FACTOR=2` for a screen of 200 %.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QListWidget, QMenu, QTabBar, QWidget

from core.jobs import jobs_on_clips, jobs_over_clips
from studio import theme
from studio.app import Studio
from studio.evaluation.class_views import DETECTIONS
from studio.window.main_window import WORKSPACES
from studio.window.preferences_dialog import PreferencesDialog
from studio.window.settings import WindowSettings

ASKING = (
    *("palette", "keys", "guide", "check_project", "export_tracks", "save_overlay", "relabel", "go_to_frame"),
    *("save_version", "versions", "carry_limit", "densify_selected", "about"),
)
"""Actions that open a window of their own."""


class Camera:
    """Takes pictures of a window and of what it opens, into a folder."""

    def __init__(self, app: QApplication, studio: Studio, out: Path) -> None:
        self._app, self._studio, self._out = app, studio, out

    def wait(self, seconds: float) -> None:
        QTest.qWait(round(1000 * seconds))  # deletes what was closed, too

    def take(self, name: str, widget: QWidget | None = None) -> None:
        (widget or self._studio.window).grab().save(str(self._out / f"{name}.png"))

    def workspaces(self, every_tab: bool) -> None:
        """Each workspace, with its tabs if asked for."""
        session = self._studio.session
        assert session is not None
        for workspace in WORKSPACES:
            self._studio.window.commands[workspace].trigger()
            self.wait(3)
            if workspace == "evaluate":
                session.evaluate.choose_class("car")
                session.evaluate.views.tabs.setCurrentIndex(DETECTIONS)
                self.wait(3)
            self.take(workspace)
            tabs = self._studio.window.findChildren(QTabBar) if every_tab else ()
            for number, bar in enumerate(bar for bar in tabs if bar.isVisible()):
                for place in range(bar.count()):
                    bar.setCurrentIndex(place)
                    self.wait(1)
                    self.take(f"{workspace}-{number}-{bar.tabText(place).lower().replace(' ', '_')}")

    def windows(self) -> None:
        """Every dialog, popover, menu, and a list of a combo box."""
        studio, session = self._studio, self._studio.session
        assert session is not None
        studio.window.show_workspace("curate")
        jobs = [job.name for job in (*jobs_on_clips(), *jobs_over_clips())]
        for name in (*ASKING, *jobs):
            studio.window.commands[name].trigger()
            self.wait(1)
            self._take_opened(name)
        studio.window.commands["preferences"].trigger()
        self.wait(0.5)
        dialog = next(one for one in self._app.topLevelWidgets() if isinstance(one, PreferencesDialog))
        pages = dialog.findChild(QListWidget)
        assert pages is not None
        for place in range(pages.count()):
            pages.setCurrentRow(place)
            self.wait(0.3)
            self.take(f"window-preferences-{place}", dialog)
        dialog.close()
        row = session.tracks.filter_row
        row.fields_button.click()
        self._take_opened("filter")
        row.saved.fill()
        menu = row.saved.entries
        menu.popup(studio.window.mapToGlobal(studio.window.rect().center()))
        self._take_opened("filters")
        self._context_menus()
        backup = QFileDialog(studio.window, "Open a project folder", str(session.document.project.path))
        backup.show()
        self._take_opened("file")
        studio.imports.look_through([session.document.project.path / "sample"])
        self.wait(3)
        self._take_opened("import")
        for action in studio.window.menuBar().actions():
            menu = action.menu()
            if isinstance(menu, QMenu):
                menu.popup(studio.window.mapToGlobal(studio.window.rect().center()))
                self._take_opened(f"menu-{action.text().replace('&', '').lower()}")
        layers = session.canvas.layer_bar
        if not layers.colour_by.isVisible():  # folded away in a narrow window
            layers.fold.click()
            self._take_opened("layers")
        boxes = [box for box in studio.window.findChildren(QComboBox) if box.isVisible()]
        for number, box in enumerate(boxes):
            box.showPopup()
            self._take_opened(f"list-{number}")
        studio.window.show_workspace("curate")

    def _context_menus(self) -> None:
        """Of a track and of nothing on the canvas, of a lane and of a row of the table."""
        session = self._studio.session
        assert session is not None
        view = session.canvas.frame_view
        place = view.mapToGlobal(view.rect().center())
        for name, ask in (
            ("track", lambda: view.menu_asked.emit(place, True)),
            ("frame", lambda: view.menu_asked.emit(place, False)),
            ("lane", lambda: session.timeline.menu_asked.emit(place)),
            ("table", lambda: session.tracks.menu_asked.emit(place)),
        ):
            ask()
            self._take_opened(f"context-{name}")

    def _take_opened(self, name: str) -> None:
        self.wait(0.5)
        opened = [one for one in self._app.topLevelWidgets() if one.isVisible() and not self._is_main(one)]
        for number, one in enumerate(opened):
            self.take(f"window-{name}{f'-{number}' if number else ''}", one)
            one.close()
        self.wait(0.2)

    def _is_main(self, widget: QWidget) -> bool:
        return widget is self._studio.window


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("project", type=Path)
    parser.add_argument("--clip", default="")
    parser.add_argument("--frame", type=int, default=20)
    parser.add_argument("--theme", choices=theme.THEMES, default="light")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--size", default="1440x900", help="pixels of the window")
    parser.add_argument("--all", action="store_true", help="every panel, dialog and menu")
    words = parser.parse_args()
    words.out.mkdir(parents=True, exist_ok=True)
    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        settings = WindowSettings(Path(folder) / "settings.ini")
        settings.set_preference("theme", json.dumps(words.theme))
        studio = Studio(app, settings, Path(folder))
        camera = Camera(app, studio, words.out)
        studio.window.resize(*map(int, words.size.split("x")))
        studio.window.show()
        camera.wait(1)
        camera.take("welcome")
        if not studio.open_project(words.project) or studio.session is None:
            raise SystemExit(f"{words.project} does not open.")
        session = studio.session
        camera.wait(2)
        clips = {one.clip.name: one.clip for one in session.document.clips()}
        clip = clips.get(words.clip) or next(iter(clips.values()))
        session.view.set_clip(clip)
        session.view.set_frame(words.frame)
        camera.wait(2)
        session.view.set_selection(list(session.document.objects(clip.id))[:1])
        camera.workspaces(every_tab=words.all)
        if words.all:
            camera.windows()
        studio.window.close()


if __name__ == "__main__":
    main()
