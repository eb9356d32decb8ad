"""One record in `JOBS` is all that a new job needs: command line, help, worker and window follow from it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView, QMenu

from core import worker
from core.cli import main
from core.jobs import JOBS
from core.runs import launch
from core.runs.run_folder import State
from tests.end_to_end.toy_job import COUNT, COUNT_CLIPS, CountConfig
from tests.end_to_end.user import User


@pytest.fixture
def user(qtbot, qapp, tmp_path):
    user = User(qtbot, qapp, tmp_path)
    user.start()
    yield user
    user.leave()


@pytest.fixture(autouse=True)
def count(monkeypatch):
    monkeypatch.setitem(JOBS, "count", COUNT)
    monkeypatch.setitem(JOBS, "count_clips", COUNT_CLIPS)


def test_no_module_of_the_window_keeps_the_jobs_that_were_there_when_it_was_imported():
    """What is frozen at import depends on who imports first, in tests as in plugins."""
    done = subprocess.run([sys.executable, "-c", _IMPORT_ALL], capture_output=True, text=True, cwd=_ROOT)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


_ROOT = Path(__file__).parents[2]

_IMPORT_ALL = """
import importlib, pkgutil, sys
from core.jobs import JOBS
from tests.end_to_end.toy_job import COUNT, COUNT_CLIPS
toys = {"count": COUNT, "count_clips": COUNT_CLIPS}
JOBS.update(toys)
import studio
for module in pkgutil.walk_packages(studio.__path__, "studio."):
    importlib.import_module(module.name)
for name in toys:
    del JOBS[name]
for name, module in sys.modules.items():
    if name.startswith(("core", "studio")):
        for key, value in vars(module).items():
            if isinstance(value, (tuple, list, set, frozenset, dict)) and any(toy in value for toy in toys):
                print(f"{name}.{key}")
"""


def test_its_command_does_it_and_prints_its_result(tmp_path, capsys):
    assert main(["count", "--up-to", "5", "--json", str(tmp_path / "out.json")]) == 0
    assert json.loads((tmp_path / "out.json").read_text()) == {"counted": 5}
    assert main(["count", "--up-to", "0"]) == 1
    assert "up_to must be at least 1" in capsys.readouterr().err


def test_the_help_lists_it_with_its_settings(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "count frames, slowly" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["count", "--help"])
    assert "Count as far as that (default: 3 frames)" in " ".join(capsys.readouterr().out.split())


def test_the_window_lists_its_runs_by_title_and_draws_what_they_report(user, tmp_path):
    assert user.studio.new_project(tmp_path / "project")
    project = user.session.document.project
    status = worker.run_job(launch.prepare(project, COUNT, CountConfig(up_to=4), ()))
    assert status.state is State.DONE
    evaluate = user.session.evaluate
    user.key("evaluate")
    user.wait(lambda: user.session.runs.for_job("count"))
    (run,) = user.session.runs.for_job("count")
    user.wait(lambda: run.state is State.DONE and len(run.curve("counted")) == 4)
    assert run.title == "Count frames"
    shown = evaluate.run_list.findChild(QListView).model()
    user.wait(lambda: shown.rowCount() == 1)
    assert "Count frames" in shown.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    evaluate.run_list.choose(run)
    assert evaluate.run_list.chosen() == [run]
    assert run.class_aps["cat"].ap == 0.5


def test_one_on_clips_has_its_button_and_form_in_curate_and_its_action_in_the_menu(user, tmp_path):
    assert user.studio.new_project(tmp_path / "project")
    button = user.session.curate.job_buttons["count_clips"]
    assert (button.text(), button.accessibleName()) == ("Count…", "Count in clips")
    commands = user.studio.window.commands
    assert not commands["count_clips"].isEnabled()  # there is no clip yet
    assert "Import clips first." in commands["count_clips"].toolTip()
    (run_menu,) = [menu for menu in user.studio.window.findChildren(QMenu) if menu.title() == "R&un"]
    assert commands["count_clips"] in run_menu.actions()
    form = user.session.jobs.popovers["count_clips"].form
    assert form.value() == CountConfig()
