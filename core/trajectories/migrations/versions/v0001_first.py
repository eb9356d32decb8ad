"""The first version: every table of the schema as it was at release 0.1.

Written out, not taken from `schema.metadata`, so that it stays what it was when the schema moves on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "root",
        sa.Column("id", Id, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.UniqueConstraint("path", name="uq_root_path"),
    )
    op.create_table(
        "clip",
        sa.Column("id", Id, primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("dataset", sa.String(16), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("root_id", Id, sa.ForeignKey("root.id", name="fk_clip_root_id"), nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("timestamps", sa.JSON, nullable=False),
        sa.Column("keyframes", sa.JSON, nullable=False),
        sa.Column("annotator", sa.SmallInteger, nullable=False),
        sa.UniqueConstraint("name", name="uq_clip_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "provenance",
        sa.Column("id", Id, primary_key=True),
        sa.Column("job", sa.String(32), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("code_version", sa.String(32), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
    )
    provenance = sa.ForeignKey("provenance.id", name="fk_trajectory_provenance_id")
    op.create_table(
        "trajectory",
        sa.Column("id", Id, primary_key=True),
        sa.Column("clip_id", Id, sa.ForeignKey("clip.id", name="fk_trajectory_clip_id"), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("review", sa.SmallInteger, nullable=False),
        sa.Column("annotator", sa.SmallInteger, nullable=False),
        sa.Column("provenance_id", Id, provenance, nullable=True),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("end_reason", sa.SmallInteger, nullable=False),
        sa.Column("xy", sa.LargeBinary, nullable=True),
        sa.Column("error", sa.LargeBinary, nullable=True),
        sa.Column("origin", sa.LargeBinary, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trajectory_clip_id_kind_first", "trajectory", ["clip_id", "kind", "first"])
    owner = sa.ForeignKey("trajectory.id", name="fk_observation_trajectory_id")
    op.create_table(
        "observation",
        sa.Column("trajectory_id", Id, owner, primary_key=True, autoincrement=False),
        sa.Column("frame", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("x1", sa.Float, nullable=False),
        sa.Column("y1", sa.Float, nullable=False),
        sa.Column("x2", sa.Float, nullable=False),
        sa.Column("y2", sa.Float, nullable=False),
        sa.Column("origin", sa.SmallInteger, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("mask", sa.LargeBinary, nullable=True),
        sa.Column("overlap", sa.Float, nullable=True),
        sa.Column("flags", sa.SmallInteger, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "edit",
        sa.Column("id", Id, primary_key=True),
        sa.Column("text", sa.String(255), nullable=False),
        sa.Column("clip_id", Id, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
    )
    op.create_index("ix_edit_state", "edit", ["state"])
    op.create_table(
        "edit_rows",
        sa.Column(
            "edit_id",
            Id,
            sa.ForeignKey("edit.id", name="fk_edit_rows_edit_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("table_name", sa.String(32), nullable=False),
        sa.Column("row_keys", sa.JSON, nullable=False),
        sa.Column("images", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("revision", Id, primary_key=True),
        sa.Column("edit_id", Id, sa.ForeignKey("edit.id", name="fk_journal_edit_id"), nullable=False),
        sa.Column("action", sa.String(8), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("open the backup made before the migration instead")
