"""A project on a PostgreSQL server: one is started for these tests, where the machine has one installed."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.cli import main
from core.datasets.clip import Use
from core.errors import StudioError
from core.file_holder import HeldError
from core.project.project import Project
from core.trajectories import integrity, journal, store
from core.trajectories.bulk_edits import FillObservations, ReplacePoints
from core.trajectories.clip_edits import ChooseUse
from core.trajectories.extents import read_extents
from core.trajectories.model import Review
from core.trajectories.observation_edits import MovePoint, SetObservation
from core.trajectories.snapshot import read_snapshot, write_snapshot
from core.trajectories.tallies import tallies
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel, SetReview, Split, Trim
from tests.core.trajectories.small_database import fill, make_object, make_points

psycopg = pytest.importorskip("psycopg", reason="the driver of PostgreSQL is absent")


class PostgreSQL:
    """A server of its own, in a folder and reached through a socket in it."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._made = 0
        # a server refuses to run as root: then it is the account that Debian's package makes
        self._as_other = (
            ["runuser", "-u", "postgres", "--"] if os.name == "posix" and os.geteuid() == 0 else []
        )
        if self._as_other:
            shutil.chown(folder, "postgres")
            folder.chmod(0o755)
        self._run("initdb", "-D", folder / "data", "-U", "anna", "--auth=trust", "--no-sync")

    def start(self) -> None:
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off"
        self._run(
            "pg_ctl", "-D", self._folder / "data", "-l", self._folder / "log", "-w", "-o", options, "start"
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._folder / "data", "-w", "-m", "immediate", "stop")

    def new_url(self) -> str:
        """Of a new, empty database."""
        self._made += 1
        name = f"tracks{self._made}"
        with psycopg.connect(
            host=str(self._folder), user="anna", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://anna@/{name}?host={self._folder}"

    def _run(self, program: str, *arguments: object) -> None:
        command = [*self._as_other, str(self._programs / program), *map(str, arguments)]
        subprocess.run(command, check=True, cwd=self._folder, stdout=subprocess.DEVNULL, timeout=240)


def programs() -> Path | None:
    """Where the newest server of this machine lies."""
    found = shutil.which("initdb")
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    newest = max(folders, key=lambda folder: int(folder.parent.name), default=None)
    return Path(found).parent if found else newest


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[PostgreSQL]:
    where = programs()
    if where is None:
        pytest.skip("no PostgreSQL server is installed")
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())  # a socket's path is short
    running = PostgreSQL(where, folder)
    running.start()
    yield running
    running.stop()
    shutil.rmtree(folder)


def everything(project: Project) -> list[object]:
    """All that is in a project, as plain values."""
    found: list[object] = []
    with project.reading() as connection:
        for clip in store.clips(connection):
            points = store.points(connection, clip.id)
            found += [clip.name, points.ids.tolist(), points.first.tolist(), points.xy.tobytes()]
            found += [points.error.tobytes(), points.origin.tobytes(), points.review.tolist(), points.labels]
            for one in store.objects(connection, clip.id):
                found += [one.id, one.label, one.review, one.frames.tolist(), one.boxes.tobytes(), one.masks]
                found += [one.origin.tolist(), one.confidence.tolist(), one.overlap.tobytes()]
                found += [one.flags.tolist()]
        found += [entry.text for entry in journal.history(connection)]
        found += [entry.state for entry in journal.history(connection)]
        found += [vars(one) for one in store.summaries(connection)]
        extents = read_extents(connection)
        found += [extents.names, extents.uses, extents.objects.tolist(), extents.sides.tolist()]
        found += [sorted(extents.points.tolist())]
        found += [journal.revision(connection), tallies(connection)[1]]
    return found


def work(project: Project) -> None:
    """Imports, jobs, edits of every kind of table, undo and redo."""
    with project.writing() as connection:
        fill(connection)
    with project.reading() as connection:
        a, b = store.clips(connection)
        first, second, *_ = store.objects(connection, a.id, a.annotator)
        point = int(store.points(connection, a.id).ids[0])
    filled = make_object(range(3, 6))
    steps = [
        SetObservation(a.id, first.id, int(first.frames[0]), np.array([1, 2, 6, 9], np.float32), None),
        Split(a.id, first.id, int(first.frames[2])),
        Trim(a.id, second.id, int(second.frames[1]), int(second.frames[-1])),
        Relabel(a.id, (second.id,), "Straße 中"),
        SetReview(a.id, (first.id, point), Review.ACCEPTED),
        MovePoint(a.id, point, 2, 3.5, 4.5),
        DeleteTrajectories(a.id, (point,)),
        ChooseUse((replace(a, use=Use.HELD_OUT), replace(b, use=Use.LEFT_OUT))),
        ReplacePoints({b.id: make_points((0, 12), (3, 5))}),
        FillObservations({a.id: {first.id: filled}}, audit={a.id: {first.id: {0: 0.5}}}),
    ]
    for step in steps:
        with project.writing() as connection:
            journal.perform(connection, step)
    for turn in (journal.undo, journal.undo, journal.undo, journal.redo, journal.undo, journal.redo):
        with project.writing() as connection:
            turn(connection)
    with project.reading() as connection:
        assert integrity.problems(connection) == []


def undo(project: Project) -> None:
    with project.writing() as connection:
        journal.undo(connection)


def test_a_project_on_a_server_holds_what_one_in_a_file_does(server, tmp_path):
    with (
        Project.create(tmp_path / "file") as in_file,
        Project.create(tmp_path / "team", server.new_url()) as team,
    ):
        work(in_file)
        work(team)
        assert everything(team) == everything(in_file)
        assert not (tmp_path / "team" / "annotations.sqlite").exists()
        for project in (in_file, team):
            (project.path / "snapshot").mkdir()
            with project.reading() as connection:
                write_snapshot(connection, store.clips(connection), project.path / "snapshot", project.path)
        there, here = (read_snapshot(project.path / "snapshot") for project in (team, in_file))
        assert there.revision == here.revision
        assert [len(clip.points) for clip in there.clips] == [len(clip.points) for clip in here.clips]
    with Project.open(tmp_path / "file") as in_file, Project.open(tmp_path / "team") as team:
        assert everything(team) == everything(in_file)


def test_others_of_the_team_open_the_same_database_one_at_a_time(server, tmp_path):
    url = server.new_url()
    with Project.create(tmp_path / "anna", url) as anna:
        with anna.writing() as connection:
            fill(connection)
        with pytest.raises(HeldError, match=r"open in another window or command; close it there \(of anna"):
            Project.create(tmp_path / "ben", url)
        assert not (tmp_path / "ben").exists()
        seen = everything(anna)
    with Project.create(tmp_path / "ben", url) as ben:
        assert everything(ben) == seen


def test_an_edit_waits_for_a_program_that_holds_a_table_and_says_who(server, tmp_path):
    url = server.new_url()
    with Project.create(tmp_path / "p", url) as project:
        with project.writing() as connection:
            fill(connection)
        before = everything(project)
        with psycopg.connect(url, application_name="by hand") as other:
            other.execute("LOCK TABLE edit")
            with (
                pytest.raises(HeldError, match=r"was not saved.*then try again \(by hand of anna, session "),
                project.writing(0.05) as connection,
            ):
                journal.perform(connection, Relabel(1, (1,), "van"))
        assert everything(project) == before
        with project.writing(0.05) as connection:
            journal.perform(connection, Relabel(1, (1,), "van"))


def test_a_command_waits_for_another_that_has_the_database(server, tmp_path, capsys):
    url = server.new_url()
    Project.create(tmp_path / "ben", url).close()
    anna = Project.create(tmp_path / "anna", url)
    closing = threading.Timer(0.5, anna.close)
    closing.start()
    assert main(["info", "--project", str(tmp_path / "ben")]) == 0
    closing.join()
    assert "Waiting up to 10 s for that." in capsys.readouterr().err


def test_a_database_of_an_older_version_gets_its_new_columns(server, tmp_path):
    with Project.create(tmp_path / "p", server.new_url()) as project:
        work(project)
        with project.writing() as connection:
            journal.undo(connection)
            for column in ("use", "start", "step", "upright"):
                connection.exec_driver_sql(f"ALTER TABLE clip DROP COLUMN {column}")
            connection.exec_driver_sql("ALTER TABLE edit DROP COLUMN by_job")
            connection.exec_driver_sql("DROP INDEX ix_journal_edit_id")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with Project.open(tmp_path / "p") as project, project.reading() as connection:
        assert {clip.name: clip.use for clip in store.clips(connection)} == dict.fromkeys("ab", Use.TRAIN)
        assert journal.redoable(connection) is not None


def test_a_failing_edit_leaves_nothing(server, tmp_path):
    with Project.create(tmp_path / "p", server.new_url()) as project:
        with project.writing() as connection:
            fill(connection)
        before = everything(project)
        with pytest.raises(StudioError, match="no longer exists"), project.writing() as connection:
            journal.perform(connection, Split(1, 999, 3))
        assert everything(project) == before


def test_a_server_that_goes_away_is_one_sentence_and_loses_no_edit(server, tmp_path):
    with Project.create(tmp_path / "p", server.new_url()) as project:
        with project.writing() as connection:
            fill(connection)
        before = everything(project)
        server.stop()
        try:
            with pytest.raises(StudioError, match=r"was not saved .* see that the server answers"):
                undo(project)
            with pytest.raises(StudioError, match="cannot be opened"):
                Project.create(tmp_path / "q", f"postgresql://anna@/none?host={tmp_path}")
        finally:
            server.start()
        with pytest.raises(StudioError, match="see that the server answers, then open the project again"):
            undo(project)  # another may have written meanwhile
    with Project.open(tmp_path / "p") as project:
        assert everything(project) == before


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://anna@host/tracks", "of mysql are not supported"),
        ("postgresql://anna:secret@host/tracks", "Leave the password out"),
        ("postgresql://anna@host/tracks?password=secret", "Leave the password out"),
        ("postgresql://anna@host/tracks?sslpassword=secret", "Leave the password out"),
        ("postgresql://anna@host/tracks?row_factory=x", "takes no 'row_factory'; leave it out"),
        ("postgresql://anna@host:port/x", "is no database; write postgresql://"),
        ("postgresql://anna@[::1/x", "is no database; write postgresql://"),
        ("tracks", "is no database; write postgresql://"),
    ],
)
def test_a_wrong_url_is_one_sentence_and_makes_nothing(tmp_path, url, sentence):
    with pytest.raises(StudioError, match=sentence):
        Project.create(tmp_path / "p", url)
    assert not (tmp_path / "p").exists()


def test_the_command_line_makes_joins_and_checks_it(server, tmp_path, capsys):
    url = server.new_url()
    frames = tmp_path / "walk"
    frames.mkdir()
    for number in range(3):
        cv2.imwrite(str(frames / f"{number}.png"), np.full((32, 40, 3), 40 * number, np.uint8))
    assert main(["import", str(frames), "--project", str(tmp_path / "anna"), "--database", url]) == 0
    assert main(["import", "--project", str(tmp_path / "ben"), "--database", url]) == 0
    capsys.readouterr()
    assert main(["info", "--project", str(tmp_path / "ben")]) == 0
    assert "walk" in capsys.readouterr().out
    assert main(["check", "--project", str(tmp_path / "ben")]) == 0
    assert main(["import", "--project", str(tmp_path / "ben"), "--database", url]) == 1
    assert "only a new project takes a database" in capsys.readouterr().err
