"""A session of edits drawn from a seed, by the core's API or by the window's document, that can be killed.

What the database holds after each edit of an undisturbed session is known (`expected`), so that whatever is
there after a disturbed one can be compared with it.
"""

import contextlib
import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from core.datasets.clip import Use
from core.errors import StudioError
from core.project.project import Project
from core.trajectories import integrity, journal, store
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.clip_edits import ChooseUse
from core.trajectories.model import Review
from core.trajectories.observation_edits import AddObject, MovePoint, SetObservation
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel, SetReview, Split, Trim
from tests.reliability.processes import Fork
from tests.studio.small_project import FRAMES, draw_points, make_project

ACTIONS = 24
"""Edits, undos and redos of a session."""

SCRIPTS = 16
"""So many different sessions there are; a round takes one of them by its seed."""

TABLES = {
    "root": "id",
    "clip": "*",
    "trajectory": "*",
    "observation": "*",
    "edit": "id, text, clip_id, state, rows, by_job",
    "edit_rows": "*",
    "journal": "revision, edit_id, action",
}
"""What of a database is compared: all but moments and places."""

DATA = {table: "*" for table in ("clip", "trajectory", "observation")}
"""What of a database a person made, without the history."""

KINDS = {
    **{"point": 0.14, "relabel": 0.08, "review": 0.08, "all": 0.05, "delete": 0.08, "split": 0.08},
    **{"trim": 0.06, "box": 0.1, "new": 0.06, "use": 0.05, "points": 0.06, "undo": 0.1, "redo": 0.06},
}
"""What edits there are, and how often."""

Told = Callable[[int], None]
"""Called with the revision once an edit is acknowledged."""


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder of its own, in memory where there is room for it: a kill loses nothing of that either."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        prefix="reliability-", dir=memory if memory.is_dir() else None
    ) as folder:
        yield Path(folder).resolve()


def make_base(folder: Path) -> Path:
    """The project that every session begins with; of 2 clips, 3 objects and 80 points."""
    return make_project(folder / "base", folder / "frames", points=40)


def copied(base: Path, target: Path) -> Path:
    """A project as it is, elsewhere, in the place of what was there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(base, target)
    return target


def digest(database: Path, tables: dict[str, str] = TABLES) -> str:
    """Of all that a database holds, as SQLite reads it."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return digest_of(connection, tables)


def digest_of(connection: sqlite3.Connection, tables: dict[str, str] = TABLES) -> str:
    content = hashlib.sha256()
    for table, columns in tables.items():
        for row in sorted(map(repr, connection.execute(f"SELECT {columns} FROM {table}"))):
            content.update(row.encode())
    return content.hexdigest()


def chosen(connection: Connection, script: int, number: int) -> journal.Edit | str:
    """The edit that comes next, or `undo` or `redo`: of what there is now, by script and number alone."""
    rng = np.random.default_rng([script, number])
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    if kind in ("undo", "redo"):
        return kind
    clips = store.clips(connection)
    if not clips:  # an edit was refused, so an undo took the clips back
        return "redo"
    clip = clips[rng.integers(len(clips))]
    points, objects = store.points(connection, clip.id), store.objects(connection, clip.id)
    ids = [*points.ids.tolist(), *(one.id for one in objects)]
    point = int(rng.integers(len(points))) if len(points) else None
    some = tuple(rng.choice(ids, min(3, len(ids)), replace=False).tolist()) if ids else ()
    corner = rng.integers(0, 30, 2)
    box = np.array([*corner, *(corner + rng.integers(2, 12, 2))], np.float32)
    frame = int(rng.integers(FRAMES))
    if kind == "points" or not ids:
        return ReplacePoints({one.id: draw_points(300 + int(rng.integers(50))) for one in clips})
    if kind == "use":
        return ChooseUse((replace(clip, use=Use.HELD_OUT if clip.use is Use.TRAIN else Use.TRAIN),))
    if kind == "new" or (kind == "box" and not objects):
        return AddObject(clip.id, f"thing {number}", frame, box)
    if kind == "box":
        return SetObservation(clip.id, objects[rng.integers(len(objects))].id, frame, box, None)
    if kind == "all":
        return SetReview(clip.id, tuple(ids), Review(int(rng.integers(3))))
    if kind == "review":
        return SetReview(clip.id, some, Review(int(rng.integers(3))))
    if kind == "relabel":
        return Relabel(clip.id, some, f"label {number}")
    if kind == "delete" or point is None:
        return DeleteTrajectories(clip.id, some[:2])
    first, id = int(points.first[point]), int(points.ids[point])
    length = int(points.offsets[point + 1] - points.offsets[point])
    if kind == "split":
        return Split(clip.id, id, first + int(rng.integers(length)))
    if kind == "trim":
        return Trim(clip.id, id, first, first + int(rng.integers(length)))
    x, y = rng.uniform(0, 40, 2).tolist()
    return MovePoint(clip.id, id, first + int(rng.integers(length)), x, y)


def by_core(project: Path, script: int, told: Told, actions: int = ACTIONS) -> None:
    """The session by the core's API; what is refused is left out."""
    with Project.open(project) as opened:
        edit_all(opened, script, told, actions)


def edit_all(opened: Project, script: int, told: Told, actions: int = ACTIONS) -> None:
    """The edits of the session in a project that is open."""
    for number in range(actions):
        with opened.reading() as connection:
            before, edit = journal.revision(connection), chosen(connection, script, number)
        with contextlib.suppress(StudioError):
            with opened.writing() as connection:
                perform(connection, edit)
                after = journal.revision(connection)
            if after > before:
                told(after)


def perform(connection: Connection, edit: journal.Edit | str) -> None:
    """Make an edit, or turn one over."""
    if isinstance(edit, str):
        getattr(journal, edit)(connection)
    else:
        journal.perform(connection, edit)


def by_document(project: Path, script: int, told: Told, actions: int = ACTIONS) -> None:
    """The session by the window's document, which stores large edits in the background."""
    from PySide6.QtCore import QCoreApplication, QEventLoop

    from studio.document import Document

    app = QCoreApplication.instance() or QCoreApplication(sys.argv[:1])
    document = Document(Project.open(project))
    document.changed.connect(lambda _: told(document.revision()))
    for number in range(actions):
        with document.project.reading() as connection:
            edit = chosen(connection, script, number)
        for clip in document.clips():
            document.points(clip.clip.id), document.objects(clip.clip.id)
        getattr(document, edit)() if isinstance(edit, str) else document.perform(edit)
        while document.busy:
            app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
    document.close()


SESSIONS = {"core": by_core, "document": by_document}


def undisturbed(base: Path, folder: Path, session: Callable[..., None], script: int) -> dict[int, str]:
    """Revision → digest of what a session leaves after each edit, and what there is before the first.

    It runs in a fork, since a session may need what a process has once, such as Qt's application.
    """
    project, out = copied(base, folder / "undisturbed"), folder / "undisturbed.json"
    database = project / "annotations.sqlite"

    def work(_: Told) -> None:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            (first,) = connection.execute("SELECT max(revision) FROM journal").fetchone()
            found = {first: digest_of(connection)}
            session(project, script, lambda revision: found.update({revision: digest_of(connection)}))
        out.write_text(json.dumps(found))

    _, code = Fork(work).wait()
    assert code == 0, f"an undisturbed session ended with {code}"
    return {int(revision): value for revision, value in json.loads(out.read_text()).items()}


def fault(project: Path, expected: dict[int, str], acknowledged: int) -> str | None:
    """What is wrong with a project after a disturbed session; None for nothing. It is opened for that.

    Args:
        acknowledged: the last revision that was.
    """
    try:
        with Project.open(project) as opened, opened.reading() as connection:
            revision = journal.revision(connection)
            problems = integrity.problems(connection)
    except StudioError as error:
        return f"it cannot be opened: {error}"
    if revision < acknowledged:
        return f"lost: revision {acknowledged} was acknowledged, {revision} is there"
    if digest(project / "annotations.sqlite") != expected.get(revision):
        return f"torn: what revision {revision} should hold differs ({acknowledged} was acknowledged)"
    return f"damaged: {problems[0]}" if problems else None
