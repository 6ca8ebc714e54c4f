"""Codes and grants keep the claims that were asked for by name, and the resources that were asked for."""

import sqlalchemy as sa
from alembic import op

revision = "responses"
down_revision = "devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("authorization_codes", "grants"):
        for column in ("claims", "resources"):
            op.add_column(table, sa.Column(column, sa.Text()))


def downgrade() -> None:
    for table in ("authorization_codes", "grants"):
        for column in ("resources", "claims"):
            op.drop_column(table, column)
