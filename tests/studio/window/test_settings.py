from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from studio.window.settings import RECENT, LastView, WindowSettings


def test_what_is_remembered_comes_back_after_a_restart(tmp_path: Path):
    path = tmp_path / "settings.ini"
    before = WindowSettings(path)
    before.geometry = QByteArray(b"\x00\x01geometry")
    before.set_layout("curate", QByteArray(b"panels"))
    before.set_last_view(tmp_path / "a;b [1] ü", LastView("cars, 2", 17, "train"))
    before.set_last_folder("imports", tmp_path)
    before.sync()

    after = WindowSettings(path)
    assert after.geometry == QByteArray(b"\x00\x01geometry")
    assert after.layout("curate") == QByteArray(b"panels")
    assert after.layout("train").isEmpty()
    assert after.last_view(tmp_path / "a;b [1] ü") == LastView("cars, 2", 17, "train")
    assert after.last_view(tmp_path / "other") == LastView()
    assert after.last_folder("imports") == tmp_path


def test_recent_projects_are_latest_first_without_repeats_and_not_too_many(tmp_path: Path):
    settings = WindowSettings(tmp_path / "settings.ini")
    for number in range(RECENT + 3):
        settings.add_recent(tmp_path / str(number))
    settings.add_recent(tmp_path / "7")
    names = [one.path.name for one in settings.recent]
    assert names[:3] == ["7", "14", "13"]
    assert len(names) == len(set(names)) == RECENT
    settings.forget_recent(tmp_path / "7")
    assert [one.path.name for one in settings.recent][:2] == ["14", "13"]
    assert len(settings.recent) == RECENT - 1


def test_a_layout_can_be_forgotten(tmp_path: Path):
    settings = WindowSettings(tmp_path / "settings.ini")
    settings.set_layout("curate", QByteArray(b"panels"))
    settings.set_layout("curate", None)
    assert settings.layout("curate").isEmpty()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("recent/1/opened", "yesterday"),
        ("recent/size", "7"),
        ("{view}/frame", "seven"),
        ("{view}/frame", "-3"),
        ("{view}/frame", "9" * 5_000),
        ("{view}/form/track", "[" * 100_000),
        ("{view}/form/track", "7"),
    ],
)
def test_what_somebody_else_wrote_is_passed_over(tmp_path: Path, key: str, value: str):
    path, project = tmp_path / "settings.ini", Path("/a")
    before = WindowSettings(path)
    before.add_recent(Path("/b"))
    before.add_recent(project)
    before.set_last_view(project, LastView("a", 3))
    before.set_form(project, "track", {})
    before.sync()
    store = QSettings(str(path), QSettings.Format.IniFormat)
    (view,) = (name.removesuffix("/clip") for name in store.allKeys() if name.endswith("/clip"))
    store.setValue(key.format(view=view), value)
    store.sync()

    after = WindowSettings(path)
    assert after.last_view(project).frame in (0, 3)
    assert after.form(project, "track") == {}
    assert Path("/b") in [one.path for one in after.recent]
    after.add_recent(Path("/c"))
    assert after.recent[0].path == Path("/c")
