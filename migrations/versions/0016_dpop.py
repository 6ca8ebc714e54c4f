"""Codes, tokens and grants may belong to the holder of a key."""

import sqlalchemy as sa
from alembic import op

revision = "dpop"
down_revision = "registration"
branch_labels = None
depends_on = None

_TABLES = ("authorization_codes", "access_tokens", "grants")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("jkt", sa.Text()))


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_column(table, "jkt")
