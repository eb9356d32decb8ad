"""No edit stores what breaks a rule, whoever brings it: it says so, and nothing is written."""

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import geometry
from core.errors import StudioError
from core.project.project import Project
from core.trajectories import integrity, journal, schema, store
from core.trajectories.bulk_edits import AddClips, AddTrajectories, FillObservations, ReplacePoints
from core.trajectories.damage import DamagedError
from core.trajectories.model import Origin
from core.trajectories.observation_edits import AddObject, MovePoint, SetObservation
from core.trajectories.tallies import tallies
from core.trajectories.trajectory_edits import Relabel
from tests.core.trajectories.small_database import contents, fill, make_clip, make_object, make_points

BOX = np.array([1, 2, 5, 6], np.float32)
FULL = np.full(60, 0xFFFFFFFF, "<u4").tobytes()
OTHER_SIZE = geometry.encode_mask(np.ones((3, 3), bool))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Not changed: every edit is refused, or taken back."""
    with Project.create(tmp_path_factory.mktemp("held") / "p") as made:
        with made.writing() as connection:
            fill(connection)
        yield made


def points(**values):
    return replace(make_points((0, 6), (2, 4)), **values)


def boxes(value, place=1):
    found = make_object(range(3))
    found.boxes[place] = value
    return found


def origins(value):
    return replace(make_object(range(3)), origin=np.array([0, value, 2], np.uint8))


BROKEN = {
    "points that are no numbers": (
        lambda: ReplacePoints({1: points(xy=np.full((10, 2), np.nan, np.float32))}),
        "has a point that is not a number",
    ),
    "points at infinity": (
        lambda: MovePoint(1, 5, 3, float("inf"), 2.0),
        "Track 5 has a point that is not a",
    ),
    "a path of another length": (
        lambda: ReplacePoints({1: points(error=np.zeros(3, np.float32))}),
        "its path holds another number",
    ),
    "frames beyond the clip": (
        lambda: ReplacePoints({1: points(first=np.array([0, 1_000_000], np.int32))}),
        "runs from frame 1000000 to 1000003, which are not all frames of its clip",
    ),
    "frames before the clip": (lambda: AddObject(1, "x", -1, BOX), "runs from frame -1 to -1"),
    "points of an unknown origin": (
        lambda: ReplacePoints({1: points(origin=np.full(10, 77, np.uint8))}),
        "points of an unknown origin",
    ),
    "an unknown review": (
        lambda: ReplacePoints({1: points(review=np.array([0, 30], np.uint8))}),
        "an unknown review, 30",
    ),
    "an unknown end": (
        lambda: ReplacePoints({1: points(end_reason=np.array([0, 30], np.uint8))}),
        "ends for an unknown reason, 30",
    ),
    "boxes without end": (
        lambda: AddTrajectories(1, make_points(), [boxes([0, 0, np.inf, 1])], "f"),
        "a box or confidence at frame 1 that is not a number",
    ),
    "boxes that are no numbers": (
        lambda: SetObservation(1, 1, 0, np.array([np.nan, 0, 1, 1]), None),
        "The box is empty",
    ),
    "boxes inside out": (
        lambda: AddTrajectories(1, make_points(), [boxes([5, 0, 4, 1])], "f"),
        "a box at frame 1 that is turned inside out",
    ),
    "an object of an unknown origin": (
        lambda: AddTrajectories(1, make_points(), [origins(9)], "f"),
        "an unknown origin, 9, at frame 1",
    ),
    "masks of another size": (
        lambda: SetObservation(1, 1, 0, BOX, OTHER_SIZE),
        "Track 1 has a mask at frame 0 that is not of its clip's size",
    ),
    "masks of lies": (lambda: AddObject(1, "x", 0, BOX, FULL), "a mask at frame 0 that is not of its clip's"),
    "masks that are cut off": (lambda: AddObject(1, "x", 0, BOX, b"\1\2\3"), "a mask at frame 0 that is not"),
    "frames in no order": (
        lambda: AddClips([(make_clip("c"), [replace(make_object([5, 1, 3]), masks=(None,) * 3)])]),
        "runs from frame 5 to 3",
    ),
    "frames of others": (
        lambda: AddClips([(make_clip("c"), [replace(make_object([3, 1, 5]), masks=(None,) * 3)])]),
        "but its observations run from 1 to 5",
    ),
    "filled frames beyond the clip": (
        lambda: FillObservations({1: {1: replace(make_object([40]), origin=np.array([2], np.uint8))}}),
        "which are not all frames of its clip",
    ),
    "a clip that is not there": (
        lambda: AddObject(77, "x", 0, BOX),
        "is of a clip that is not in the project",
    ),
    "a label that cannot be stored": (
        lambda: AddObject(1, "\ud800", 0, BOX),
        "has a label of the wrong type or",
    ),
    "a label that is too long": (lambda: AddObject(1, "x" * 256, 0, BOX), "has a label of the wrong type or"),
    "a frame of another type": (lambda: AddObject(1, "x", 0.5, BOX), "of the wrong type or size"),
    "a frame too large": (lambda: AddObject(1, "x", 2**40, BOX), "of the wrong type or size"),
    "a clip whose name has a NUL": (
        lambda: AddClips([(make_clip("c\0d"), [])]),
        "has no name that a file could",
    ),
    "a clip without a name": (lambda: AddClips([(make_clip(""), [])]), "has no name that a file could"),
    "a clip without size": (lambda: AddClips([(replace(make_clip("c"), width=0), [])]), "has a width of 0"),
    "an immense clip": (
        lambda: AddClips([(replace(make_clip("c"), width=2**17, height=2**17), [])]),
        "has frames of 131072 x 131072 pixels",
    ),
    "a clip that stands still": (
        lambda: AddClips([(replace(make_clip("c"), step=0), [])]),
        "every 0th frame",
    ),
    "a clip that starts early": (
        lambda: AddClips([(replace(make_clip("c"), start=-1), [])]),
        "starts at frame -1",
    ),
    "a clip without height": (
        lambda: AddClips([(replace(make_clip("c"), height=-3), [])]),
        "has a height of -3",
    ),
    "a clip of nobody": (
        lambda: AddClips([(replace(make_clip("c"), annotator=-1), [])]),
        "shows annotator -1",
    ),
    "an object of nobody": (lambda: AddObject(1, "x", 0, BOX, annotator=-1), "is of annotator -1"),
    "flags that nobody knows": (
        lambda: AddTrajectories(
            1, make_points(), [replace(make_object(range(3)), flags=np.full(3, 128, np.uint8))], "f"
        ),
        "an audit or flags at frame 0 that make no sense",
    ),
    "a clip with a file of no name": (
        lambda: AddClips([(replace(make_clip("c"), files=("a.png", "b\0.png")), [])]),
        "files whose names cannot be read",
    ),
    "a film with a keyframe that it lacks": (
        lambda: AddClips(
            [(replace(make_clip("c"), files=("a.mp4",), timestamps=(0, 1, 2), keyframes=(0, 3)), [])]
        ),
        "times of frames that cannot be read",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_edit_that_breaks_a_rule_writes_nothing(project, name):
    make, sentence = BROKEN[name]
    with project.reading() as connection:
        before = contents(connection), journal.revision(connection)
    with pytest.raises(StudioError, match=sentence), project.writing() as connection:
        journal.perform(connection, make())
    with project.reading() as connection:
        assert (contents(connection), journal.revision(connection)) == before


def test_what_an_older_program_left_with_a_flaw_can_be_renamed_and_deleted(connection):
    o = schema.observation.c
    flawed = schema.observation.update().where(o.trajectory_id == 1, o.frame == 1)
    connection.execute(flawed.values(x1=5.0, x2=4.0))
    (said,) = integrity.problems(connection)
    assert said == "Track 1 of a has a box at frame 1 that is turned inside out."
    journal.perform(connection, Relabel(1, (1,), "van"))
    journal.undo(connection)
    assert {one.label for one in store.some_objects(connection, [1])} == {"car"}
    journal.perform(connection, SetObservation(1, 1, 1, BOX, None))
    assert integrity.problems(connection) == []


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        ('"review": 300', "an unknown review, 300"),
        ('"label": 5', "a label of the wrong type"),
        ('"first": 99', "not all frames of its clip"),
    ],
)
def test_an_undo_whose_image_was_tampered_with_is_refused(connection, image, sentence):
    journal.perform(connection, MovePoint(1, 5, 3, 1.0, 2.0))
    (row,) = connection.exec_driver_sql("SELECT images FROM edit_rows ORDER BY edit_id DESC LIMIT 1").one()
    name, value = image.split(": ")
    text = bytes(row).decode()
    columns = text[text.index("[") + 1 : text.index("]")].replace('"', "").split(", ")
    values = json.loads(text)
    values["rows"][0][columns.index(name.strip('"'))] = json.loads(value)
    update = schema.edit_rows.update().where(schema.edit_rows.c.edit_id == 3)
    connection.execute(update.values(images=json.dumps(values).encode()))
    with pytest.raises(StudioError, match=sentence):
        journal.undo(connection)
    connection.execute(update.values(images=b"{[[["))
    with pytest.raises(
        DamagedError, match="A step of the history holds values that this program never writes"
    ):
        journal.undo(connection)


HOSTILE = {
    "clip": ["files='5'", "files='null'", "files='[['", "name=x'00ff'", "width='wide'", "step=0", "use='odd'",
             "timestamps='[1, \"a\"]'", "start=1e300"],
    "trajectory": ["review=300", "label=x'ff'", "first='no'", "last=1e999", "xy='text'", "xy=NULL",
                   "origin=x'4d'", "error=5", "end_reason=-4", "kind='odd'", "clip_id=99"],
    "observation": ["origin=77", "mask='text'", "x1='text'", "x2=1e999", "flags=900", "overlap=9"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "cell"), [(table, cell) for table, cells in HOSTILE.items() for cell in cells]
)
def test_hostile_cells_are_named_by_check_and_never_a_traceback(new_database, table, cell):
    with new_database().connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        which = "rowid=1" if table == "clip" else "id IN (1, 5)" if table == "trajectory" else "frame=1"
        connection.exec_driver_sql(f"UPDATE {table} SET {cell} WHERE {which}")
        assert integrity.problems(connection)
        for read in (
            store.clips,
            store.summaries,
            tallies,
            lambda connection: store.points(connection, 1),
            lambda connection: store.objects(connection, 1),
        ):
            with contextlib.suppress(DamagedError):
                read(connection)
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.exec_driver_sql("BEGIN")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("ALTER TABLE trajectory DROP COLUMN label", "Table trajectory has no column label"),
        ("CREATE TRIGGER t AFTER INSERT ON edit BEGIN DELETE FROM observation; END", "has a trigger 't'"),
        (
            "CREATE VIEW v AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT x FROM n",
            "has a view 'v'",
        ),
        ("DROP TABLE journal", "has no table journal"),
    ],
)
def test_a_database_that_is_not_as_this_program_makes_it_is_named(connection, statement, sentence):
    connection.exec_driver_sql(statement)
    assert sentence in integrity.problems(connection)[0]


def test_every_origin_that_is_known_is_taken(connection):
    clip = make_clip("c", Path("/x"))
    kept = replace(make_object(range(4)), origin=np.array([int(one) for one in Origin], np.uint8))
    kept = replace(kept, overlap=np.full(4, np.nan, np.float32))
    journal.perform(connection, AddClips([(clip, [kept])]))
    assert integrity.problems(connection) == []
