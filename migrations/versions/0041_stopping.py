"""IDs that a planned change stops are found by when it does."""

import sqlalchemy as sa
from alembic import op

revision = "stopping"
down_revision = "planning"
branch_labels = None
depends_on = None

_STOPS = sa.text("stops_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_users_tenant_id_stops_at",
        "users",
        ["tenant_id", "stops_at"],
        unique=False,
        sqlite_where=_STOPS,
        postgresql_where=_STOPS,
    )


def downgrade() -> None:
    op.drop_index("ix_users_tenant_id_stops_at", table_name="users", sqlite_where=_STOPS, postgresql_where=_STOPS)
