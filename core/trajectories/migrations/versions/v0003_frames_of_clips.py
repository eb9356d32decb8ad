"""Which frames of its source a clip has, and whether they are turned; in older projects all, as stored."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clip", sa.Column("start", sa.Integer, nullable=False, server_default="0"))
    op.add_column("clip", sa.Column("step", sa.Integer, nullable=False, server_default="1"))
    op.add_column("clip", sa.Column("upright", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    raise NotImplementedError("open the backup made before the migration instead")
