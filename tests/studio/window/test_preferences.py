"""What a person prefers holds in every project, at once, and after a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StudioError
from studio.app import Studio
from studio.window.preferences import Preferences, PreferencesStore
from studio.window.settings import WindowSettings


def test_preferences_come_back_after_a_restart(settings: WindowSettings, tmp_path: Path):
    wanted = Preferences(theme="dark", trail_length=40, workers=3, segmenter="a model, of “é”.pt")
    told: list[Preferences] = []
    before = PreferencesStore(settings)
    before.changed.connect(told.append)
    before.set(wanted)
    before.set(replace(wanted))
    settings.sync()

    after = PreferencesStore(WindowSettings(tmp_path / "settings.ini"))
    assert after.now == before.now == wanted
    assert told == [wanted]


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[", "-1", "1e400", "NaN", '"5"', "null", "9" * 5_000, "[" * 10_000]
)
def test_a_damaged_value_has_its_default_and_leaves_the_others(settings: WindowSettings, text: str):
    settings.set_preference("workers", "7")
    settings.set_preference("trail_length", text)
    assert PreferencesStore(settings).now == Preferences(workers=7)


def test_what_an_older_version_kept_holds(settings: WindowSettings):
    for name, value in (("theme", "light"), ("fill_again", False), ("jobs_at_once", 3)):
        settings._store.setValue(name, value)
    assert PreferencesStore(settings).now == Preferences(theme="light", fill_again=False, jobs_at_once=3)
    settings._store.setValue("theme", "pink")
    settings._store.setValue("jobs_at_once", "many")
    assert PreferencesStore(settings).now == Preferences(fill_again=False)


def test_what_is_out_of_range_is_refused():
    with pytest.raises(StudioError, match="mask_opacity must be at most 100"):
        Preferences(mask_opacity=101)


def test_preferences_hold_in_the_window_at_once_and_in_a_project_that_is_opened_again(
    qtbot, open_studio: Studio, small_project: Path
):
    store, session = open_studio.window.preferences, open_studio.session
    loader, view, bar = session.canvas.loader, session.view, session.canvas.layer_bar
    bar.trail.setValue(33)
    bar.opacity.setValue(70)
    assert (store.now.trail_length, store.now.mask_opacity) == (33, 70)
    store.set(replace(store.now, trail_length=5))
    assert (bar.trail.value(), bar.opacity.value(), view.layers.trail) == (5, 70, 5)

    qtbot.waitUntil(lambda: len(loader.cached) == view.clip.frames)
    store.set(replace(store.now, cache_megabytes=64))
    assert loader.cached == frozenset(range(view.clip.frames))  # small frames: all fit still
    loader.set_budget(6 * view.clip.width * view.clip.height * 4)
    assert len(loader.cached) == 6
    store.set(replace(store.now, cache_megabytes=65))
    qtbot.waitUntil(lambda: len(loader.cached) == view.clip.frames)

    backups = session.document.project.database.backups
    assert backups.megabytes == Preferences().backup_megabytes
    store.set(replace(store.now, backup_megabytes=700))
    assert backups.megabytes == 700

    track, densify = (session.jobs.popovers[job].form for job in ("track", "densify"))
    densify.editor("workers").set_value(2)
    store.set(replace(store.now, workers=4, jobs_at_once=3))
    assert (track.value().workers, densify.value().workers) == (4, 2), "unless the form says otherwise"
    assert "Default: 4." in track.editor("workers").toolTip()
    assert session.runs.queue.at_once == session.pill.list.at_once.value() == 3
    track.editor("spacing").set_value(12)
    store.set(replace(store.now, workers=5))

    open_studio.close_project()
    assert open_studio.open_project(small_project)
    session = open_studio.session
    bar = session.canvas.layer_bar
    assert (bar.trail.value(), bar.opacity.value()) == (5, 70)
    track, densify = (session.jobs.popovers[job].form for job in ("track", "densify"))
    assert (track.value().spacing, track.value().workers, densify.value().workers) == (12, 5, 2)
