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
from studio.runs.first_guess import first_guess, kind_of
from studio.runs.run import Run
from studio.runs.scope import Estimate, choices, estimate, pace_of, words
from studio.window.settings import WindowSettings
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
    large = replace(clip(9), width=200, height=200)
    assert estimate("track", plain, EVERY[:4], EVERY, [slow, run]) == Estimate(60)  # twice as many frames
    assert estimate("track", plain, [large], [*EVERY, large], [slow, run]) == Estimate(
        60
    )  # four times the px
    other = estimate("track", {}, EVERY[:1], EVERY, [slow, run])  # none with these settings
    assert other == Estimate((300 + 15) / 2)
    assert estimate("identity", plain, EVERY, EVERY, [slow, run]) is None
    assert estimate("identity", plain, EVERY, EVERY[1:], [run]) is None
    assert words(EVERY[:3], Estimate(240)) == "3 clips · 30 frames · about 4 min"
    assert words(EVERY[:1], None) == "1 clip · 10 frames"


def test_without_a_run_it_is_the_pace_in_other_projects_and_without_that_a_guess_that_says_so(tmp_path: Path):
    run = done(tmp_path / "a", ("c1", "c2"), 100, 130)
    pace = pace_of(run, EVERY)
    assert pace == pytest.approx(30 / 0.2)  # ten frames of 100 x 100 px each
    assert pace_of(run, EVERY[1:]) is None  # one of its clips is gone
    plain = run.settings
    assert estimate("track", plain, EVERY[:4], EVERY, [], pace) == Estimate(60)
    assert estimate("track", plain, EVERY[:1], EVERY, [run], 9000) == Estimate(15)  # its own runs say more
    guess = estimate("track", plain, EVERY, EVERY, [])
    assert guess is not None
    assert guess.guessed
    assert words(EVERY, guess).endswith("on a first guess")


def test_a_guess_grows_with_what_there_is_to_do_and_is_not_made_of_what_the_frames_do_not_say():
    many = [clip(id, frames=1000, side=500) for id in range(1, 5)]

    def guess(job: str, **settings) -> float:
        found = first_guess(job, settings, many, {1, 2})
        assert found is not None
        return found

    assert guess("track", preset="fast") < guess("track", preset="quality") < guess("track", preset="best")
    assert guess("suggest", preset="best") < guess("track", preset="best")  # half of the clips have points
    assert guess("densify", method="flow") < guess("densify", method="flow", audit=True)
    whole, shrunk = guess("track", preset="fast"), guess("track", preset="fast", max_side=250)
    assert shrunk == pytest.approx(whole / 4, rel=0.1)
    assert first_guess("track", {"preset": "fast", "cluster": "tcp://a:1"}, many, ()) is None
    assert first_guess("track", {"preset": "fast", "flow": "raft.pt"}, many, ()) is None
    assert first_guess("identity", {}, many, ()) is None


def test_the_pace_is_kept_by_job_and_preset_and_nonsense_is_none(tmp_path: Path):
    kept = WindowSettings(tmp_path / "settings.ini")
    name = kind_of("track", {"preset": "fast"})
    assert kept.pace(name) is None
    kept.set_pace(name, 2.5)
    assert kept.pace(name) == 2.5
    assert kept.pace(kind_of("track", {"preset": "best"})) is None
    for nonsense in (-1.0, 0.0, float("nan"), float("inf")):
        kept.set_pace(name, nonsense)
        assert kept.pace(name) is None


def test_a_form_opens_on_what_is_selected_and_remembers_all_only_where_it_was_chosen(
    open_studio: Studio, qtbot, tmp_path: Path
):
    commands, popover = open_studio.window.commands, open_studio.session.jobs.popovers["track"]
    commands["track"].trigger()
    assert popover.start_button.text() == "Start on birds"
    assert popover._comes_to.text() == "1 clip · 12 frames · about 2 s on a first guess"
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
