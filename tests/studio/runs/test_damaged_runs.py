"""A damaged run in the window: a card that says what is wrong and can be deleted; the others go on."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFrame, QLabel, QToolButton

from core.check import problems
from core.events import Metric
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs.run_folder import RunFolder, State, Status
from studio.runs.pill import JobsPill
from studio.runs.words import state_words
from studio.window.preferences import PreferencesStore
from studio.window.settings import WindowSettings
from studio.workspaces.error_card import ErrorCard
from studio.workspaces.run_list import RunList

DAMAGE = {
    "deep": ("config.toml", "x = " + "[" * 5_000, "is not a valid TOML file"),
    "text": ("config.toml", "no TOML", "is not a valid TOML file"),
    "type": (
        "config.toml",
        'job = "pretrain"\n[settings]\ninit = 7\nsteps = "many"',
        "steps must be of type int",
    ),
    "date": ("config.toml", 'job = "pretrain"\n[settings]\nsteps = 1979-05-27', "which is no setting"),
    "list": ("config.toml", "job = []", "names no job"),
    "fly": ("config.toml", 'job = "fly"', "which this program does not know"),
    "total": ("status.json", '{"state": "done", "total": "x"}', "total must be of type int, not 'x'"),
    "error": ("status.json", '{"state": "failed", "error": 5}', "error must be of type str, not 5"),
    "nan": ("status.json", '{"step": NaN, "total": Infinity}', "which is no number"),
    "now": ("status.json", '{"state": "queued", "updated": "now"}', "updated must be of type float"),
    "nested": ("status.json", "[" * 100_000, "nested too deeply"),
}


def new_run(project: Project, name: str) -> RunFolder:
    folder = RunFolder.create(
        project.runs / f"20260101T000000000-pretrain-{name}", "pretrain", PretrainConfig()
    )
    folder.append(Metric("loss", 1, 1.0))
    folder.write_status(Status(State.DONE, 1, 1, updated=1e9))
    return folder


def test_damaged_runs_are_cards_that_say_so_and_can_be_deleted(
    project: Project, follow: Any, qtbot: Any, tmp_path: Path
) -> None:
    for name, (file, text, _) in DAMAGE.items():
        (new_run(project, name).path / file).write_text(text)
    whole = new_run(project, "whole")
    with open(whole.path / "events.jsonl", "a") as file:
        for values in (
            {"event": "Metric", "name": "loss", "step": "x", "value": 1},
            {"event": "Filters", "step": 999_999, "path": 5},
            {"event": "ClassAP", "name": ["cat"], "ap": "high", "objects": 1},
        ):
            file.write(json.dumps(values) + "\n")
        file.write("[" * 5_000 + "\n" + '{"event": "Metric", "name": "loss", "step": %s}\n' % ("9" * 400))
    whole.append(Metric("loss", 2, 0.5))
    runs = follow()
    shown = RunList(runs, ("pretrain",), "none")
    qtbot.addWidget(shown)
    shown.resize(400, 800)
    shown.show()
    qtbot.waitUntil(lambda: all(followed.stamp >= 0 for followed in runs._followed))
    shown.grab()  # paints every card
    by_name = {run.name.rsplit("-")[-1]: run for run in runs.all}
    assert by_name.keys() == {*DAMAGE, "whole"}
    for name, (_, _, sentence) in DAMAGE.items():
        assert (by_name[name].state, sentence in by_name[name].status.error) == (State.FAILED, True), name
        runs.resume(by_name[name]) if by_name[name].damage else None
        assert by_name[name].state is State.FAILED
        assert state_words(by_name[name]) == "damaged"
    assert state_words(by_name["whole"]) == "damaged · done"
    card = ErrorCard(runs)
    qtbot.addWidget(card)
    card.show()
    for name in ("text", "error", "whole"):
        card.show_run(by_name[name])
        said = [label.text() for label in card.findChildren(QLabel)]
        assert (card.isVisible(), said[0]) == (True, "The run is damaged"), name
        assert DAMAGE.get(name, ("", "", "has 5 lines that this program did not write"))[2] in said[1]
    pill = JobsPill(runs, PreferencesStore(WindowSettings(tmp_path / "settings.ini")))
    qtbot.addWidget(pill)
    pill.list.show()
    rows = [frame for frame in pill.list.findChildren(QFrame) if frame.property("role") == "card"]
    assert rows
    for row in rows:
        said = [label.text() for label in row.findChildren(QLabel)]
        assert any(text.startswith("damaged") for text in said), said
        (resume,) = [button for button in row.findChildren(QToolButton) if button.text() == "Resume"]
        assert not (resume.isVisibleTo(row) and any("config.toml" in text for text in said))
    assert list(by_name["whole"].curve("loss").values) == [1.0, 0.5]
    found = problems(project)
    for name, (file, _, sentence) in DAMAGE.items():
        said = [one for one in found if f"-{name}" in one and file in one]
        assert name == "fly" or (len(said) == 1 and sentence in said[0]), name
    assert any("5 lines that this program did not write" in one for one in found)
    for name in DAMAGE:
        runs.delete(by_name[name])
    assert [run.name for run in runs.all] == [whole.name]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_pipes_and_devices_in_a_run_are_neither_waited_for_nor_read(
    project: Project, follow: Any, qtbot: Any
) -> None:
    for number, file in enumerate(("config.toml", "status.json", "notes.json", "events.jsonl")):
        for kind in ("pipe", "zero"):
            path: Path = new_run(project, f"{kind}{number}").path / file
            path.unlink(missing_ok=True)
            os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    runs = follow()
    qtbot.waitUntil(lambda: all(followed.stamp >= 0 for followed in runs._followed))
    assert len(runs.all) == 8
    for run in runs.all:
        assert ("is a pipe or a device" in run.status.error) == (int(run.name[-1]) < 2)
        runs.delete(run)
