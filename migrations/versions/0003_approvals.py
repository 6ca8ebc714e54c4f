"""The number of IDs by date."""

import sqlalchemy as sa
from alembic import op

revision = "approvals"
down_revision = "plans"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contracts", sa.Column("id_changes", sa.Text(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("contracts", "id_changes")
