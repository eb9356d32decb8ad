"""How the cases of failing calls are put in order, and what of a folder counts as another state."""

import contextlib
import os
import sqlite3
import subprocess

from tests.reliability import left_behind
from tests.reliability.cases import KINDS, Call, in_order
from tests.reliability.jobs_base import _lives_on

RUN = "20261127T145911{}-track-{}"


def test_every_call_fails_in_every_way_and_one_of_each_kind_comes_first():
    calls = [Call(what, "/a", "here:1") for what in ("openat", "write", "write", "write", "fsync")]
    cases = in_order(calls)
    assert [case.call for case in cases[:: len(KINDS)]] == [1, 2, 5, 3, 4]
    assert len({(case.call, case.kind) for case in cases}) == len(cases) == len(calls) * len(KINDS)
    assert all(case.once == ("once" in case.kind) for case in cases)


def test_what_is_drawn_for_each_run_is_no_part_of_a_role():
    paths = [f"/w/project/runs/{RUN.format(*drawn)}/a.json.{drawn[2]}.partial" for drawn in _DRAWN]
    assert len({Call.of(f"write {path}", "/w") for path in paths}) == 1
    assert Call.of("write /w/a.json", "/w") != Call.of("write /w/b.json", "/w")


_DRAWN = (("184", "5d7b", "0123abcd"), ("293", "a284", "ffffffff"))


def test_two_runs_that_are_as_good_are_one_state(tmp_path):
    states = set()
    for number, drawn in enumerate(_DRAWN):
        work = tmp_path / str(number)
        run = work / "runs" / RUN.format(*drawn)
        run.mkdir(parents=True)
        status = f'{{"state": "failed", "error": "No. {number}", "updated": 17.{number}, "pid": {number}}}'
        (run / "status.json").write_text(status)
        (run / "worker.log").write_text(drawn[0])
        states.add(left_behind.state(left_behind.contents(work)))
        (run / "status.json").write_text(status.replace("failed", "running"))
        assert left_behind.state(left_behind.contents(work)) not in states
    assert len(states) == 1


def test_a_database_is_looked_at_with_its_log_and_not_touched(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    path = work / "annotations.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        for table in ("root", "clip", "trajectory", "observation", "edit_rows"):
            connection.execute(f"CREATE TABLE {table} (id)")
        connection.execute("CREATE TABLE edit (id, text, clip_id, state, rows, by_job)")
        connection.execute("CREATE TABLE journal (revision, edit_id, action, moment)")
        connection.commit()
        before = left_behind.contents(work)
        connection.execute("INSERT INTO journal VALUES (1, 1, 'do', 'now')")
        connection.commit()
        files = {file.name: file.read_bytes() for file in work.iterdir()}
        more = left_behind.contents(work)
        assert files == {file.name: file.read_bytes() for file in work.iterdir()}
        connection.execute("UPDATE journal SET moment = 'later'")
        connection.commit()
        assert before != more == left_behind.contents(work)


def test_what_was_only_to_be_there_meanwhile_is_seen(tmp_path):
    (tmp_path / "tmp").mkdir()
    assert not left_behind.temporary(tmp_path)
    for name in ("a.json.0123abcd.partial", "tmp/associationnet-x", ".tmpAbCdEf"):
        (tmp_path / name).touch()
        assert name in left_behind.temporary(tmp_path)


def test_a_process_that_lives_on_is_seen_and_killed():
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        assert _lives_on(process.pid)
        assert process.wait() < 0
    assert not _lives_on(os.getpid() + (1 << 22))
