"""Whether a person or a job made each edit, and which edit each entry of the journal is of, by index."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("edit", sa.Column("by_job", sa.Boolean, nullable=False, server_default=sa.false()))
    texts = "text LIKE 'Track % point' OR text LIKE 'Track % points' OR text LIKE 'Densify %'"
    op.execute(f"UPDATE edit SET by_job = true WHERE {texts}")
    op.create_index("ix_journal_edit_id", "journal", ["edit_id"])


def downgrade() -> None:
    raise NotImplementedError("open the backup made before the migration instead")
