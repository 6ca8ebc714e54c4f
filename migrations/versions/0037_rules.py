"""A rule says who is in a group."""

import sqlalchemy as sa
from alembic import op

revision = "rules"
down_revision = "trail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("groups", sa.Column("rule", sa.LargeBinary()))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('idp.tenants', '*', true)")  # of every tenant
    op.execute("DELETE FROM group_members WHERE kind = 'matched'")
    op.drop_column("groups", "rule")
