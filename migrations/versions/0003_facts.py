"""Where a person was at their last sign-in step, for what is decided without a browser."""

import sqlalchemy as sa
from alembic import op

revision = "facts"
down_revision = "plans"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("sessions", "grants"):
        op.add_column(table, sa.Column("whereabouts", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for table in ("grants", "sessions"):
        op.drop_column(table, "whereabouts")
