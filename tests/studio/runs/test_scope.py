"""Which clips a job is offered, how long it will take, and what is remembered of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from core.datasets.clip import Clip
from core.runs.run_folder import RunFolder, State, Status
from core.tracking.config import TrackConfig
from studio.app import Studio
from studio.runs.run import Run
from studio.runs.scope import choices, seconds, words
from tests.studio.at_the_window import key


def clip(id: int, frames: int = 10, side: int = 100) -> Clip:
    files = tuple(map(str, range(frames)))
    return Clip(id=id, name=f"c{id}", dataset="frames", width=side, height=side, root=Path("/f"), files=files)


EVERY = [clip(id) for id in range(1, 6)]


@pytest.mark.parametrize(
    ("selected", "offered"),
    [
        ([], ["selected: only c2", "all: all 5 clips"]),
        ([4], ["selected: only c4", "all: all 5 clips"]),
        ([1, 2, 3], ["selected: the 3 selected clips", "shown: only c2", "all: all 5 clips"]),
        ([1, 2, 3, 4, 5], ["selected: all 5 clips", "shown: only c2"]),
    ],
)
def test_the_selected_clips_come_first_and_all_last_unless_all_are_selected(selected, offered):
    found = choices(EVERY[1], [EVERY[id - 1] for id in selected], EVERY)
    assert [f"{one.scope.value}: {one.text}" for one in found] == offered
    assert len(found[0].clips) == max(len(selected), 1)


def test_one_clip_alone_is_one_choice():
    assert [one.text for one in choices(EVERY[0], [], EVERY[:1])] == ["only c1"]
    assert choices(None, [], []) == []


def done(folder: Path, names: tuple[str, ...], began: float, ended: float, **settings) -> Run:
    """A run of tracking that was done, as the window knows it."""
    made = RunFolder.create(folder, "track", TrackConfig(**settings))
    started = f"2026-01-01T00:{int(began) // 60:02}:{int(began) % 60:02}+00:00"
    (made.path / "machines.json").write_text(json.dumps([{"started": "nonsense"}, {"started": started}]))
    run = Run("track", made.settings_as_written(), made)
    run.status, run.clips = Status(State.DONE, updated=1767225600.0 + ended), names
    return run


def test_the_time_is_that_of_earlier_runs_for_as_many_pixels(tmp_path: Path):
    settings = {"preset": "fast"}
    run = done(tmp_path / "a", ("c1", "c2"), 100, 130, **settings)
    slow = done(tmp_path / "b", ("c1",), 200, 500)
    plain = run.settings
    assert seconds("track", plain, EVERY[:4], EVERY, [slow, run]) == 60  # twice as many frames
    large = replace(clip(9), width=200, height=200)
    assert seconds("track", plain, [large], [*EVERY, large], [slow, run]) == 60  # four times the pixels
    assert seconds("track", {}, EVERY[:1], EVERY, [slow, run]) == (300 + 15) / 2  # none with these settings
    assert seconds("densify", plain, EVERY, EVERY, [slow, run]) is None
    assert seconds("track", plain, EVERY, EVERY[1:], [run]) is None  # one of its clips is gone
    assert words(EVERY[:3], 240) == "3 clips · 30 frames · about 4 min"
    assert words(EVERY[:1], None) == "1 clip · 10 frames"


def test_a_form_opens_on_what_is_selected_and_remembers_all_only_where_it_was_chosen(
    open_studio: Studio, qtbot, tmp_path: Path
):
    commands, popover = open_studio.window.commands, open_studio.session.jobs.popovers["track"]
    commands["track"].trigger()
    assert popover.start_button.text() == "Start on birds"
    assert popover._comes_to.text() == "1 clip · 12 frames"
    qtbot.keyClick(popover.clips, Qt.Key.Key_End)
    assert popover.start_button.text() == "Start on 2 clips"
    popover.hide()
    commands["track"].trigger()
    assert popover.start_button.text() == "Start on birds", "nothing was started on all"
    popover.form.editor("spacing").set_value(16)
    qtbot.keyClick(popover.clips, Qt.Key.Key_End)
    qtbot.mouseClick(popover.start_button, Qt.MouseButton.LeftButton)
    runs = open_studio.session.runs
    (run,) = runs.all
    qtbot.waitUntil(lambda: set(run.clips) == {"birds", "cars"})
    assert run.settings["spacing"] == 16
    runs.stop(run)
    qtbot.waitUntil(lambda: not runs.active())
    path = open_studio.session.document.project.path
    open_studio.close_project()
    open_studio.open_project(path)
    popover = open_studio.session.jobs.popovers["track"]
    key(qtbot, open_studio, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert popover.start_button.text() == "Start on 2 clips"
    assert popover.form.value().spacing == 16
    densify = open_studio.session.jobs.popovers["densify"]
    popover.hide()
    commands["densify"].trigger()
    assert densify.start_button.text() == "Start on birds"
    densify.hide()


def test_the_form_of_a_new_run_is_as_it_was_left_after_a_restart(open_studio: Studio, qtbot):
    form = open_studio.session.train.form
    for name, value in (("network", "tiny"), ("steps", 400)):
        form.editor(name).set_value(value)
        form.editor(name).changed.emit()
    path = open_studio.session.document.project.path
    open_studio.close_project()
    open_studio.open_project(path)
    kept = open_studio.session.train.form.value()
    assert (kept.network, kept.steps) == ("tiny", 400)
