"""Each clip trains, is held out or is left out; those of older projects train."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clip", sa.Column("use", sa.String(16), nullable=False, server_default="train"))


def downgrade() -> None:
    raise NotImplementedError("open the backup made before the migration instead")
