import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import config
from core.atomic_file import write_atomically
from core.config import setting
from core.errors import StudioError
from core.events import ClassAP, Filters, Log, Metric, Progress
from core.runs.run_folder import RunFolder, State, Status


@dataclass(frozen=True, kw_only=True)
class Example:
    rate: float = setting(0.5, "Step size")


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "run", "pretrain", Example(rate=0.25))


def test_a_run_says_what_it_runs_with_which_settings(folder):
    again = RunFolder.open(folder.path)
    assert (again.job, again.settings(Example)) == ("pretrain", Example(rate=0.25))
    assert again.status().state is State.QUEUED


def test_runs_of_a_project_are_ordered_by_name(tmp_path):
    first, second = (RunFolder.create_in(tmp_path, "track", Example()) for _ in range(2))
    assert first.name != second.name
    assert "-track-" in first.name


def test_a_run_is_made_in_an_empty_folder_only(folder, tmp_path):
    with pytest.raises(StudioError, match="already holds files"):
        RunFolder.create(folder.path, "track", Example())
    (tmp_path / "file").touch()
    with pytest.raises(StudioError, match="Cannot make the run folder"):
        RunFolder.create(tmp_path / "file", "track", Example())


def _refuse(folder):
    raise OSError(28, "No space left on device")


def test_of_a_run_that_cannot_be_made_nothing_is_left(tmp_path):
    with pytest.raises(StudioError, match="No space left on device"):
        RunFolder.create(tmp_path / "run", "track", Example(), _refuse)
    assert not list(tmp_path.iterdir())


def test_what_a_failing_disk_left_of_a_run_is_in_nobody_s_way(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda path, ignore_errors: None)  # the disk removes nothing
        with pytest.raises(StudioError, match="Cannot make"):
            RunFolder.create(tmp_path, "track", Example(), _refuse)
    assert (tmp_path / "status.json").is_file()
    assert not (tmp_path / "config.toml").exists()
    (tmp_path / "snapshot" / "1.npz").write_bytes(b"of another day")
    RunFolder.create(tmp_path, "track", Example(rate=0.1))
    assert not list((tmp_path / "snapshot").iterdir())
    assert RunFolder.open(tmp_path).settings(Example) == Example(rate=0.1)


@pytest.mark.parametrize(
    "name", ["mine.txt", "checkpoints/step-1.safetensors", "results/a.npz", "config.toml"]
)
def test_a_folder_with_anything_of_worth_is_left_alone(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("kept")
    with pytest.raises(StudioError, match="already holds files"):
        RunFolder.create(tmp_path, "track", Example())
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [Path(name).name]


def test_what_is_no_run_is_refused(tmp_path, folder):
    with pytest.raises(StudioError, match="is not a run folder"):
        RunFolder.open(tmp_path)
    (folder.path / "config.toml").write_text("job = 'pretrain'\n[settings]\nrat = 1")
    with pytest.raises(StudioError, match="Unknown setting 'rat'"):
        folder.settings(Example)


def test_a_status_comes_back(folder):
    status = Status(State.FAILED, 3, 9, "clip a", None, "The disk is full.", 12.5, 77)
    folder.write_status(status)
    assert folder.status() == status


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"state": "odd"}', '{"state": "done", "more": 1}', "[" * 100_000),
        *('{"total": "x"}', '{"error": 5}', '{"step": NaN, "total": Infinity}', '{"eta": "soon"}'),
        *('{"state": "queued", "updated": "now"}', '{"step": %s}' % ("9" * 400), '{"state": ["done"]}'),
    ],
)
def test_a_damaged_status_is_a_failed_run_that_says_so(text, folder):
    (folder.path / "status.json").write_text(text)
    assert folder.status().state is State.FAILED
    assert re.search(r"status.json is damaged \(.*\); restore it or delete it", folder.status().error)
    assert folder.status_damage() == folder.status().error
    with folder.held_lock():  # a worker that lives will replace it
        assert folder.status() == Status(State.RUNNING)


def test_a_missing_status_is_that_of_a_run_which_is_being_made(folder):
    (folder.path / "status.json").unlink()
    assert (folder.status(), folder.status_damage()) == (Status(), "")


def test_a_run_that_says_it_runs_while_nobody_holds_its_lock_was_interrupted(folder):
    folder.write_status(Status(State.RUNNING, 3, 9, eta=4.0))
    assert folder.status() == Status(State.INTERRUPTED, 3, 9)
    with folder.held_lock():
        assert folder.is_alive()
        assert folder.status().state is State.RUNNING
    assert not folder.is_alive()


def test_the_lock_of_a_killed_process_is_free(folder):
    hold = (
        "import sys; from pathlib import Path; from core.runs.run_folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).held_lock(): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(folder.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert folder.is_alive()
        holder.kill()
    with folder.held_lock():
        pass


def test_looking_at_a_deleted_run_does_not_bring_it_back(tmp_path):
    assert not RunFolder(tmp_path / "gone").is_alive()
    assert RunFolder(tmp_path / "gone").status().state is State.QUEUED
    assert not (tmp_path / "gone").exists()


EVENTS = [
    Progress(1, 3, "a"),
    Metric("loss", 1, 2.5),
    Filters(2, "f.npz"),
    ClassAP("cat", 0.5, 3),
    Log("ü\n"),
]


def test_a_reader_gets_each_event_once(folder):
    seen, offset = folder.events()
    assert (seen, offset) == ([], 0)
    for event in EVENTS:
        folder.append(event)
        new, offset = folder.events(offset)
        assert new == [event]
    assert folder.events(offset) == ([], offset)
    assert folder.events()[0] == EVENTS


@given(st.lists(st.integers(0, 400), max_size=8))
def test_a_reader_that_looks_while_bytes_arrive_gets_each_event_once(tmp_path_factory, cuts):
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    for event in EVENTS:
        folder.append(event)
    path = folder.path / "events.jsonl"
    whole = path.read_bytes()
    seen, offset = [], 0
    for size in [*sorted(cuts), len(whole)]:
        path.write_bytes(whole[:size])
        new, offset = folder.events(offset)
        seen += new
    assert seen == EVENTS


def test_a_damaged_line_is_passed_over(folder):
    folder.append(EVENTS[0])
    with open(folder.path / "events.jsonl", "ab") as file:
        file.write(b'{"event": "Metric", "na\xff\n')
    folder.append(EVENTS[1])
    assert folder.events()[0] == EVENTS[:2]


def test_a_torn_last_line_is_cut_off_before_the_next_event(folder):
    folder.append(EVENTS[0])
    with open(folder.path / "events.jsonl", "ab") as file:
        file.write(b'{"event": "Met')
    folder.drop_torn_line()
    folder.append(EVENTS[1])
    assert folder.events()[0] == EVENTS[:2]


def test_events_after_a_step_are_dropped_and_a_reader_starts_again(folder):
    events = [Log("start"), *[Metric("loss", step, step / 2) for step in range(1, 6)], Log("note")]
    for event in events:
        folder.append(event)
    _, offset = folder.events()
    folder.cut_events_after(3)
    kept = [event for event in events if getattr(event, "step", 0) <= 3]
    assert folder.events(offset)[0] == kept


def test_a_request_to_stop_is_seen_until_it_is_cleared(folder):
    assert not folder.stop_asked()
    folder.ask_stop()
    assert RunFolder(folder.path).stop_asked()
    folder.clear_control()
    assert not folder.stop_asked()


def test_a_request_to_stop_that_cannot_be_written_is_one_sentence(folder):
    (folder.path / "control").rmdir()
    (folder.path / "control").touch()
    with pytest.raises(StudioError, match=r"Cannot ask the run .* to stop .*; free space and try again"):
        folder.ask_stop()


def test_settings_that_are_no_table_are_one_sentence(folder):
    (folder.path / "config.toml").write_text("job = 'track'\nsettings = 3\n")
    with pytest.raises(StudioError, match="holds no table of settings; restore it"):
        folder.settings(Example)


def test_a_file_that_cannot_be_replaced_stays_and_leaves_no_part(tmp_path):
    (tmp_path / "a.json").mkdir()
    (tmp_path / "a.json" / "inside").touch()
    with pytest.raises(OSError, match=r"a\.json"):
        write_atomically(tmp_path / "a.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_status_is_readable_json_for_others(folder):
    folder.write_status(replace(Status(), state=State.RUNNING, step=2))
    values = json.loads((folder.path / "status.json").read_text())
    assert (values["state"], values["step"]) == ("running", 2)
    assert config.read_toml(folder.path / "config.toml")["settings"] == {"rate": 0.25}
