"""The tables of `annotations.sqlite`, for SQLite and PostgreSQL alike.

One row a trajectory of either kind; the observations of a point trajectory are packed into its row
(little-endian), those of an object trajectory are rows of their own, since masks are edited frame
by frame. `edit`, `edit_rows` and `journal` belong to `journal.py`.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from core.datasets.clip import Use

VERSION = "0004"
"""The Alembic revision that this program reads and writes."""

APPLICATION_ID = 0x41534E54
"""`PRAGMA application_id` of a project's database: "ASNT"."""

Id = BigInteger().with_variant(Integer, "sqlite")


class Blob(LargeBinary):
    """Bytes, given to the driver as they are: SQLAlchemy would wrap each value first, which both drivers
    can do without."""

    def bind_processor(self, dialect: Dialect) -> None:
        return None


class Real(Float[float]):
    """Floats, given to the driver as they are: SQLAlchemy would call `float` for each value first."""

    def bind_processor(self, dialect: Dialect) -> None:
        return None


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

root = Table(
    "root",
    metadata,
    Column("id", Id, primary_key=True),
    Column("path", Text, nullable=False),  # absolute; the one place to change when data moves
    UniqueConstraint("path"),
)

clip = Table(
    "clip",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(255), nullable=False),
    Column("dataset", String(16), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("root_id", Id, ForeignKey("root.id"), nullable=False),
    Column("files", JSON, nullable=False),
    Column("timestamps", JSON, nullable=False),
    Column("keyframes", JSON, nullable=False),
    Column("annotator", SmallInteger, nullable=False),
    Column("use", String(16), nullable=False, server_default=Use.TRAIN.value),  # `Use`
    Column("start", Integer, nullable=False, server_default="0"),
    Column("step", Integer, nullable=False, server_default="1"),
    Column("upright", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,  # the id of a clip that was taken back is never given again: runs name it
)

provenance = Table(
    "provenance",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job", String(32), nullable=False),  # track, densify, import, studio
    Column("settings", JSON, nullable=False),
    Column("code_version", String(32), nullable=False),
    Column("created", String(32), nullable=False),  # UTC, ISO 8601
)

trajectory = Table(
    "trajectory",
    metadata,
    Column("id", Id, primary_key=True),
    Column("clip_id", Id, ForeignKey("clip.id"), nullable=False),
    Column("kind", String(8), nullable=False),  # `Kind`
    Column("label", String(255), nullable=False),
    Column("review", SmallInteger, nullable=False),
    Column("annotator", SmallInteger, nullable=False),
    Column("provenance_id", Id, ForeignKey("provenance.id"), nullable=True),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("end_reason", SmallInteger, nullable=False),
    Column("xy", Blob, nullable=True),  # points: float32 (L, 2)
    Column("error", Blob, nullable=True),  # points: float32 (L,)
    Column("origin", Blob, nullable=True),  # points: uint8 (L,)
    Index(None, "clip_id", "kind", "first"),
    sqlite_autoincrement=True,  # the id of a trajectory that was taken back is never given again
)

observation = Table(
    "observation",
    metadata,
    Column("trajectory_id", Id, ForeignKey("trajectory.id"), primary_key=True, autoincrement=False),
    Column("frame", Integer, primary_key=True, autoincrement=False),
    Column("x1", Real, nullable=False),
    Column("y1", Real, nullable=False),
    Column("x2", Real, nullable=False),
    Column("y2", Real, nullable=False),
    Column("origin", SmallInteger, nullable=False),
    Column("confidence", Real, nullable=False),
    Column("mask", Blob, nullable=True),
    Column("overlap", Real, nullable=True),  # IoU of the audit, for keyframes that were audited
    Column("flags", SmallInteger, nullable=False, server_default="0"),  # `Flag`
    sqlite_with_rowid=False,
)

edit = Table(
    "edit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("text", String(255), nullable=False),
    Column("clip_id", Id, nullable=True),
    Column("state", String(16), nullable=False),  # done, undone, abandoned
    Column("rows", Integer, nullable=False),  # how many it wrote: what undoing it costs
    Column("created", String(32), nullable=False),
    Column("by_job", Boolean, nullable=False, server_default=false()),  # else by a person
    Index(None, "state"),
)

edit_rows = Table(
    "edit_rows",
    metadata,
    Column("edit_id", Id, ForeignKey("edit.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("table_name", String(32), nullable=False),
    Column("row_keys", JSON, nullable=False),
    Column("images", Blob, nullable=False),  # what the rows become when the edit is turned over
)

journal = Table(
    "journal",
    metadata,
    Column("revision", Id, primary_key=True),
    Column("edit_id", Id, ForeignKey("edit.id"), nullable=False),
    Column("action", String(8), nullable=False),  # do, follow, join, undo, redo; again: redone with a version
    Column("created", String(32), nullable=False),
    Index(None, "edit_id"),
)
