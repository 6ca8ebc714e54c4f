"""Contracts know when their calendar next has something to do, and which reminder was the latest.

Of a contract that runs already it is found out at the first look, which 0 asks for.
"""

import sqlalchemy as sa
from alembic import op

revision = "schedule"
down_revision = "erasure"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contracts", sa.Column("reminded_on", sa.Text()))
    op.add_column("contracts", sa.Column("due_at", sa.BigInteger()))
    op.create_index("ix_contracts_due_at_id", "contracts", ["due_at", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL idp.tenants = '*'")  # the wall stands for its owner too
    op.execute("UPDATE contracts SET due_at = 0 WHERE status IN ('active', 'suspended')")


def downgrade() -> None:
    op.drop_index("ix_contracts_due_at_id", "contracts")
    op.drop_column("contracts", "due_at")
    op.drop_column("contracts", "reminded_on")
